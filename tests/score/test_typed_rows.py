"""Workbooks and JSON Lines row by row."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.errors import DataError
from pipeline.score.batches import read_batches


def test_lines_need_not_have_the_same_keys(tmp_path: Path) -> None:
    path = tmp_path / "t.jsonl"
    path.write_text('{"a": 1}\n\n{"b": "x", "a": null}\n')
    (batch,) = read_batches(path, ["a"])
    assert (batch.columns, batch.lines) == ({"a": [1, None], "b": [None, "x"]}, [1, 3])


def test_rows_of_a_workbook_are_counted_as_the_sheet_does(tmp_path: Path) -> None:
    import openpyxl

    book = openpyxl.Workbook()
    for row in ([], ["a", "b"], [1, None], [], [None, "x"]):
        book.active.append(row)
    book.save(tmp_path / "t.xlsx")
    (batch,) = read_batches(tmp_path / "t.xlsx", ["a"])
    assert (batch.columns, batch.lines) == ({"a": [1, None], "b": [None, "x"]}, [3, 5])
    book.active["D5"] = "beside"
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match=r"row 2 \(line 5\): got a value in column 4"):
        list(read_batches(tmp_path / "t.xlsx", ["a"]))
