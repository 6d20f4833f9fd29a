"""What is said where cells may mean more than their column was taken for."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.errors import DataError
from tests.data.tables import ROWS, days, plain, read_file, write


@pytest.mark.parametrize(
    "form",
    ["%d.%m.%y", "%m/%d/%y", "%d %b %Y", "%d-%b-%y", "%B %d, %Y", "%d. %m. %Y", "%Y%m%d"],
)
def test_a_date_that_is_not_taken_as_one_names_the_setting_that_takes_it(
    tmp_path: Path, form: str
) -> None:
    file = write(tmp_path, plain(d=days().dt.strftime(form).tolist()))
    (note,) = [note for note in read_file(file).notes if "'d'" in note]
    assert f"[date_format] 'd' = {form!r}" in note
    dataset = read_file(file, date_format={"d": form})
    pd.testing.assert_series_equal(dataset.frame["d"], days().rename("d"))


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ("{} kg", "numbers with 'kg'"),
        ("{}k", "numbers with 'k'"),
        ("Rs. {}", "numbers with 'Rs.'"),
        ("2021-03-{:.0f}T10:00:00[Europe/Berlin]", "may be dates"),
        ("{:.0f}.3.2021 um 10 Uhr", "may be dates"),
        ("{}-", "because of '10.5-'"),
    ],
)
def test_text_that_means_numbers_or_dates_is_said(tmp_path: Path, form: str, said: str) -> None:
    dataset = read_file(write(tmp_path, plain(a=[form.format(10.5 + i % 18) for i in range(ROWS)])))
    assert dataset.frame["a"].dtype == object
    assert any("'a'" in note and said in note for note in dataset.notes)


def test_a_mark_for_missing_in_most_rows_is_said_too(tmp_path: Path) -> None:
    cells = [str(i / 4) if i % 3 else "-" for i in range(ROWS)]
    cells[:30] = ["-"] * 30
    dataset = read_file(write(tmp_path, plain(a=cells)))
    assert any("because of '-' in lines 2, 3" in note for note in dataset.notes)


def test_words_that_only_hold_digits_are_not_said_to_be_more(tmp_path: Path) -> None:
    columns = plain(a=["s01", "s02", "t1"] * 20, b=["AB-12", "CD-7", "E 5"] * 20, c=["u v"] * 60)
    columns["c"] = [f"words {'abc'[i % 3]} and 12 more" for i in range(ROWS)]
    assert read_file(write(tmp_path, columns)).notes == ()


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y"])
def test_day_and_month_that_nothing_decides_wait_for_the_setting(tmp_path: Path, form: str) -> None:
    values = days().map(lambda day: day.replace(day=day.day % 12 + 1))
    file = write(tmp_path, plain(d=values.dt.strftime(form).tolist()))
    undecided = read_file(file)
    assert undecided.frame["d"].dtype == object
    assert any("[date_format] 'd' = " in note for note in undecided.notes)
    decided = read_file(file, date_format={"d": form})
    pd.testing.assert_series_equal(decided.frame["d"], values.rename("d"))
    assert decided.cells["d"].dates == form


@pytest.mark.parametrize("every", [2, 15])
@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y"])
def test_days_before_months_and_months_before_days_are_no_one_format(
    tmp_path: Path, form: str, every: int
) -> None:
    """To take either would turn the 5th of March into the 3rd of May in silence."""
    values = days().map(lambda day: day.replace(day=20))
    others = values.dt.strftime(form.translate(str.maketrans("dm", "md")))
    mixed = values.dt.strftime(form).where(values.index % every > 0, others)
    file = write(tmp_path, plain(d=mixed.tolist()))
    dataset = read_file(file)
    assert dataset.frame["d"].dtype == object
    (note,) = [note for note in dataset.notes if "'d'" in note]
    assert "in lines" in note and "only DD" in note and "only MM" in note
    assert every == 2 or f"[date_format] 'd' = {form!r}" in note
    with pytest.raises(DataError, match="no format has all of them") as caught:
        read_file(file, date=("d",))
    assert "[date_format] 'd' = " in caught.value.hint
    taken = read_file(file, date_format={"d": form}, fold=2) if every > 2 else None
    assert taken is None or taken.frame["d"].isna().sum() == ROWS / every


def test_words_that_look_the_same_and_are_not_are_said(tmp_path: Path) -> None:
    answers = [("Yes", "No", "yes", "no ")[i % 4] for i in range(ROWS)]
    names = ["Ann", "ann", *(f"n{i}" for i in range(2, ROWS))]  # most are met once
    columns = plain(g=["a b", "A  b", "c", "C", "d"] * 12, n=names, y=answers)
    notes = read_file(write(tmp_path, columns), fold=2).notes
    assert notes == (
        "column 'g' has categories that differ in case or spaces alone, and are not the same: "
        "'A  b' and 'a b', 'C' and 'c'",
        "column 'y' has classes that differ in case or spaces alone, and are not the same: "
        "'Yes' and 'yes', 'No' and 'no '",
    )


@pytest.mark.parametrize("odd", ["#DIV/0!", " ", True, dt.datetime(2021, 1, 1), dt.time(3, 4)])
@pytest.mark.parametrize("meant", ["number", "date"])
def test_an_odd_cell_among_typed_ones_is_said_with_its_row(
    tmp_path: Path, odd: Any, meant: str
) -> None:
    cells: list[Any] = list(days()) if meant == "date" else [i / 4 for i in range(ROWS)]
    if meant == "date" and isinstance(odd, dt.datetime):
        odd = 44197
    cells[7] = odd
    pd.DataFrame(plain(c=pd.Series(cells, dtype=object))).to_excel(tmp_path / "t.xlsx", index=False)
    dataset = read_file(tmp_path / "t.xlsx")
    assert dataset.frame["c"].dtype == object
    assert any(f"in row 9, among {meant}s" in note for note in dataset.notes)
