"""Cells become numbers, text, booleans or dates of one column, whatever file they stand in."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import pandas as pd
import pytest

from pipeline.errors import DataError
from pipeline.manifest.columns import WORDS
from tests.data.tables import ROWS, days, plain, read_file, write


@pytest.mark.parametrize("odd", ["9999-12-31", "2021-02-30", "0001-01-01"])
def test_an_impossible_date_is_missing_and_said_with_its_line(tmp_path: Path, odd: str) -> None:
    texts = days().dt.strftime("%Y-%m-%d").where(lambda s: s.index != 7, odd)
    dataset = read_file(write(tmp_path, plain(d=texts.tolist())), fold=2)
    pd.testing.assert_series_equal(
        dataset.frame["d"], days().where(lambda s: s.index != 7).rename("d")
    )
    assert any(f"{odd!r} in line 9" in note for note in dataset.notes)


def test_a_word_of_a_typed_file_is_a_category_and_in_csv_it_is_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame(plain(country=["NA", "DE", "FR"] * 20))
    frame.to_parquet(tmp_path / "t.parquet", index=False)
    frame.to_csv(tmp_path / "t.csv", index=False)
    typed, text = read_file(tmp_path / "t.parquet"), read_file(tmp_path / "t.csv")
    assert typed.frame["country"].tolist() == frame["country"].tolist()
    assert typed.cells["country"].missing == tuple(word for word in WORDS if word != "NA")
    assert text.frame["country"].isna().sum() == 20
    assert text.cells["country"].missing == WORDS


@pytest.mark.parametrize("write_it", ["csv", "parquet"])
def test_booleans_with_gaps_are_spelled_as_the_file_does(tmp_path: Path, write_it: str) -> None:
    file = write(tmp_path, plain(flag=["TRUE", "FALSE", ""] * 20))
    if write_it == "parquet":
        pd.read_csv(file).to_parquet(tmp_path / "t.parquet")
        file = tmp_path / "t.parquet"
    dataset = read_file(file)
    true, false = ("TRUE", "FALSE") if write_it == "csv" else ("True", "False")
    assert (dataset.cells["flag"].true, dataset.cells["flag"].false) == (true, false)
    assert dataset.frame["flag"].tolist()[:2] == [true, false]


def test_codes_with_leading_zeros_stay_text_and_are_said(tmp_path: Path) -> None:
    dataset = read_file(write(tmp_path, plain(zip=["00123", "12345"] * 30, month=[7, 12] * 30)))
    assert dataset.frame["zip"].unique().tolist() == ["00123", "12345"]
    assert not dataset.cells["zip"].whole
    assert any("'zip' is text" in note and "'00123'" in note for note in dataset.notes)
    assert read_file(tmp_path / "table.csv", numeric=["zip"]).frame["zip"].tolist()[0] == 123


@pytest.mark.parametrize("cell", [" 007", "007 ", "\t007"])
def test_codes_with_spaces_beside_them_are_codes(tmp_path: Path, cell: str) -> None:
    dataset = read_file(write(tmp_path, plain(c=[cell, "12"] * 30)))
    assert dataset.frame["c"].tolist()[:2] == [cell, "12"]
    assert any("'c' is text" in note for note in dataset.notes)


def test_codes_beside_numbers_of_a_workbook_are_text_too(tmp_path: Path) -> None:
    zips = [f"0{1000 + i}" if i % 5 == 0 else 10000 + i for i in range(ROWS)]
    pd.DataFrame(plain(zip=zips)).to_excel(tmp_path / "t.xlsx", index=False)
    dataset = read_file(tmp_path / "t.xlsx")
    assert dataset.frame["zip"].tolist() == list(map(str, zips))
    assert any("'zip' is text" in note for note in dataset.notes)


def test_cells_of_other_types_are_text_or_refused(tmp_path: Path) -> None:
    times = [dt.time(i % 24, 30) for i in range(ROWS)]
    pd.DataFrame(plain(at=times)).to_excel(tmp_path / "t.xlsx", index=False)
    assert read_file(tmp_path / "t.xlsx").frame["at"].tolist()[:2] == ["00:30:00", "01:30:00"]
    records = [{"n": 10**400 if i == 3 else i, "y": i + 0.5} for i in range(ROWS)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, records)))
    with pytest.raises(DataError, match="infinite or too large numbers in line 4"):
        read_file(tmp_path / "t.jsonl")
