"""A whole file read by its spec: what its columns decide together, and what is left out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.errors import DataError
from tests.data.tables import ROWS, plain, read_file, swapped, write


def test_amounts_with_signs_an_index_and_gaps_in_the_target(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    area, rate = rng.normal(80, 20, 200).round(1), rng.uniform(1, 5, 200).round(1)
    price = (area * 3100 + rng.normal(size=200) * 9000).round(2)
    frame = pd.DataFrame(
        {
            "Fläche": [str(v).replace(".", ",") for v in area],
            "Rate": [f"{v} %".replace(".", ",") for v in rate],
            "Land": "DE",
            "Preis": [f"{swapped(v)} €" for v in price],
        }
    )
    frame.loc[[3, 50, 120], "Preis"] = ""
    file = tmp_path / "flats.csv"
    frame.to_csv(file, sep=";")
    with pytest.raises(DataError, match="got no value in lines 5, 52 and 122") as caught:
        read_file(file, "Preis")
    assert "--drop-missing-target" in caught.value.hint
    dataset = read_file(file, "Preis", drop_missing_target=True)
    expected = pd.DataFrame({"Fläche": area, "Rate": rate, "Preis": price})
    kept = expected.drop([3, 50, 120]).reset_index(drop=True)
    pd.testing.assert_frame_equal(dataset.frame, kept)
    assert dataset.spec.ignore == ("Land", "")
    for said in ("row numbers", "'Land' is left out", "'Preis' holds", "'%'", "3 rows without"):
        assert any(said in note for note in dataset.notes), said


@pytest.mark.parametrize(
    ("separator", "beside", "setting", "expected"),
    [
        (";", None, None, 1.234),
        (",", None, None, 1234.0),
        ("\t", "1,5", None, 1.234),
        ("\t", "1.5", None, 1234.0),
        ("\t", None, ",", 1.234),
        ("\t", None, ".", 1234.0),
        ("\t", None, None, None),
    ],
)
def test_a_separator_that_may_be_either_follows_the_file_or_the_setting(
    tmp_path: Path, separator: str, beside: str | None, setting: Any, expected: float | None
) -> None:
    amounts = ["1,234", "2,500"] * 30
    columns = {"a": amounts, "g": ["u", "v"] * 30, "y": list(range(60))}
    if beside is not None:
        columns["b"] = [beside, beside[0] + beside[1] + "75"] * 30
    file = write(tmp_path, columns, separator)
    if expected is None:
        with pytest.raises(DataError, match="'1,234' may be") as caught:
            read_file(file)
        assert "decimal" in caught.value.hint
        return
    dataset = read_file(file, decimal=setting)
    assert dataset.frame["a"][0] == expected
    assert any("'a' holds numbers" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (3, "column 'k' is left out: it is 3 in every row"),
        ("same", "column 'k' is left out: it is 'same' in every row"),
        ("2020-01-01", "column 'k' is left out: it is 2020-01-01"),
        ("true", "column 'k' is left out: it is True in every row"),
        (None, "column 'k' is left out: it is empty"),
    ],
)
def test_a_column_that_says_nothing_is_left_out(tmp_path: Path, value: Any, says: str) -> None:
    file = write(tmp_path, plain(k=[value] * ROWS))
    config = TrainConfig(data=file, target="y", categorical=["k"] if value == "same" else [])
    dataset = load_dataset(find_dataset(config), config)
    assert dataset.features == ("x", "g")
    assert dataset.spec.ignore == ("k",)
    assert any(says in note for note in dataset.notes)
