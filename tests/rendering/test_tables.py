"""Tables of an artifact folder, read again by pandas."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.rendering.tables import write_table

TABLE = pd.DataFrame(
    {
        "text": ["a", None, "<b> ü 🙂", "1"],
        "number": [0.1, np.nan, -1e300, 5e-324],
        "mixed": [1, "two", None, 3.5],
        "whole": [1, 2, 3, 2**53],
        7: [True, False, True, False],
    }
)


def test_json_is_what_mlflow_shows_as_a_table(tmp_path: Path) -> None:
    write_table(tmp_path / "t.json", TABLE)
    split = json.loads((tmp_path / "t.json").read_text(encoding="utf-8"))
    found = pd.DataFrame(split["data"], columns=split["columns"])
    assert list(found.columns) == list(TABLE.columns)
    assert found["text"].tolist() == TABLE["text"].tolist()
    np.testing.assert_allclose(found["number"], TABLE["number"], rtol=1e-14)
    assert found["whole"].tolist() == TABLE["whole"].tolist()


def test_parquet_keeps_numbers_and_makes_text_of_what_is_mixed(tmp_path: Path) -> None:
    write_table(tmp_path / "t.parquet", TABLE)
    found = pd.read_parquet(tmp_path / "t.parquet")
    assert list(found.columns) == list(map(str, TABLE.columns))
    np.testing.assert_array_equal(found["number"], TABLE["number"])
    assert found["mixed"].tolist() == ["1", "two", None, "3.5"]
    assert found["7"].dtype == bool


@pytest.mark.parametrize("suffix", ["json", "parquet"])
def test_a_table_without_rows_is_one(tmp_path: Path, suffix: str) -> None:
    write_table(tmp_path / f"t.{suffix}", TABLE.head(0))
    assert (tmp_path / f"t.{suffix}").stat().st_size
