"""Workbooks: cells as they are shown, and what is no table is refused."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from pipeline.errors import DataError
from pipeline.runtime.feeds import make_feed
from pipeline.score import batches
from tests.data.tables import ROWS, plain, read_file, write


def workbook(folder: Path, form: str, numbers: list[Any]) -> Path:
    """A table whose column `c` has a format of numbers."""
    file = folder / "t.xlsx"
    pd.DataFrame(plain(c=numbers)).to_excel(file, index=False)
    book = openpyxl.load_workbook(file)
    for (cell,) in book.active["D2:D61"]:
        cell.number_format = form
    book.save(file)
    return file


@pytest.mark.parametrize("form", ["0%", "0.00 %", "0.0%;[Red]-0.0%"])
def test_percents_of_a_workbook_are_what_excel_writes_to_csv(tmp_path: Path, form: str) -> None:
    shares = [round(i / 1000, 3) for i in range(ROWS)]
    texts = write(tmp_path, plain(c=[f"{i / 10}%" for i in range(ROWS)]))
    typed = read_file(workbook(tmp_path, form, shares))
    np.testing.assert_array_equal(typed.frame["c"], read_file(texts).frame["c"])
    model = typed.inputs[typed.features.index("c")]
    (batch,) = batches.read_batches(tmp_path / "t.xlsx", ["c"])
    np.testing.assert_array_equal(make_feed(model, batch.values(model)).ravel(), typed.frame["c"])


def test_numbers_shown_with_leading_zeros_are_codes_and_other_formats_are_not(
    tmp_path: Path,
) -> None:
    codes = read_file(workbook(tmp_path, "00000", list(range(ROWS))))
    assert codes.frame["c"].tolist() == [f"{i:05}" for i in range(ROWS)]
    assert read_file(workbook(tmp_path, '0" %"', list(range(ROWS)))).frame["c"].tolist()[-1] == 59
    assert (
        read_file(workbook(tmp_path, "#,##0.00 €", list(range(ROWS)))).frame["c"].tolist()[-1] == 59
    )


def test_a_first_sheet_without_a_table_names_the_others(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Data").append(["a", "y"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match=r"nothing in the first sheet \['Sheet'\]") as caught:
        read_file(tmp_path / "t.xlsx")
    assert "'Data'" in caught.value.hint
    book["Sheet"].append(["note"])
    book["Sheet"].append(["the table is behind this sheet"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="no target column 'y'") as caught:
        read_file(tmp_path / "t.xlsx")
    assert "'Data'" in caught.value.hint


def test_formulas_that_only_a_library_has_written_are_refused_by_both(tmp_path: Path) -> None:
    file = workbook(tmp_path, "General", list(range(ROWS)))
    book = openpyxl.load_workbook(file)
    book.create_sheet("Sums")["A1"] = "=SUM(t!D2:D61)"  # a sheet that nobody reads
    book.save(file)
    assert read_file(file).frame["c"].tolist() == list(range(ROWS))
    book.active["D9"] = "=D8+1"
    book.save(file)
    for attempt in (lambda: read_file(file), lambda: list(batches.read_batches(file, ["c"]))):
        with pytest.raises(DataError, match=r"formula '=D8\+1' in cell D9"):
            attempt()


def test_a_formula_without_a_result_in_a_saved_workbook_is_an_empty_cell(tmp_path: Path) -> None:
    file = workbook(tmp_path, "General", list(range(ROWS)))
    book = openpyxl.load_workbook(file)
    book.active["D9"] = '=IF(D8>99,D8,"")'
    book.calculation.fullCalcOnLoad = False  # as programs save what they have computed
    book.save(file)
    assert np.flatnonzero(read_file(file).frame["c"].isna()).tolist() == [7]


def test_a_span_of_time_is_text_to_scoring_as_well(tmp_path: Path) -> None:
    spans = [dt.timedelta(hours=i % 24, minutes=30) for i in range(ROWS)]
    file = workbook(tmp_path, "[h]:mm", spans)
    dataset = read_file(file)
    (batch,) = batches.read_batches(file, ["c"])
    column = dataset.inputs[dataset.features.index("c")]
    assert make_feed(column, batch.values(column)).ravel().tolist() == dataset.frame["c"].tolist()


def test_of_several_sheets_the_first_is_read_and_said(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "t.bin.xlsx") as book:
        pd.DataFrame(plain()).to_excel(book, sheet_name="Flats", index=False)
        pd.DataFrame({"a": [1]}).to_excel(book, sheet_name="Notes", index=False)
    dataset = read_file((tmp_path / "t.bin.xlsx").rename(tmp_path / "t.bin"))
    assert len(dataset.frame) == ROWS
    assert any("'Flats', is read, not 'Notes'" in note for note in dataset.notes)
