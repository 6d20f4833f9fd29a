"""Tables as people have them: each reads as the plain table it means, and says what was done."""

from __future__ import annotations

import datetime as dt
import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest

from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import Dataset, find_dataset, load_dataset
from pipeline.errors import ConfigError, DataError
from pipeline.manifest import WORDS
from pipeline.runtime.feeds import make_feed
from pipeline.score import batches
from tests.data.tables import plain, write

ROWS = 60


def read(file: Path, target: str = "y", **settings: Any) -> Dataset:
    config = TrainConfig(data=file, target=target, **settings)
    return load_dataset(find_dataset(config), config)


def days(rows: int = ROWS) -> pd.Series:
    rng = np.random.default_rng(2)
    offsets = pd.to_timedelta(rng.integers(0, 700, rows), unit="D")
    return pd.Series(pd.Timestamp("2021-03-04") + offsets)


@pytest.mark.parametrize(
    "form",
    [
        "%Y-%m-%dT%H:%M:%S",
        "%Y-%m-%dT00:00:00Z",
        "%Y-%m-%d 00:00:00+00:00",
        "%Y-%m-%dT02:00:00.000+02:00",
        "%Y-%m-%d 00:00:00 UTC",
        "%Y-%-m-%-d",
        "%Y/%m/%d",
        "%Y.%m.%d",
        "%d.%m.%Y",
        "%d/%m/%Y",
        "%m/%d/%Y",
        "%d-%m-%Y",
        "%m/%d/%Y 12:00 AM",
    ],
)
def test_a_date_in_any_form_is_the_date(tmp_path: Path, form: str) -> None:
    dataset = read(write(tmp_path, plain(d=days().dt.strftime(form).tolist())))
    pd.testing.assert_series_equal(dataset.frame["d"], days().rename("d"))


@pytest.mark.parametrize(
    "form",
    ["%d.%m.%y", "%m/%d/%y", "%d %b %Y", "%d-%b-%y", "%B %d, %Y", "%d. %m. %Y", "%Y%m%d"],
)
def test_a_date_that_is_not_taken_as_one_names_the_setting_that_takes_it(
    tmp_path: Path, form: str
) -> None:
    file = write(tmp_path, plain(d=days().dt.strftime(form).tolist()))
    (note,) = [note for note in read(file).notes if "'d'" in note]
    assert f"[date_format] 'd' = {form!r}" in note
    dataset = read(file, date_format={"d": form})
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
    dataset = read(write(tmp_path, plain(a=[form.format(10.5 + i % 18) for i in range(ROWS)])))
    assert dataset.frame["a"].dtype == object
    assert any("'a'" in note and said in note for note in dataset.notes)


def test_a_mark_for_missing_in_most_rows_is_said_too(tmp_path: Path) -> None:
    cells = [str(i / 4) if i % 3 else "-" for i in range(ROWS)]
    cells[:30] = ["-"] * 30
    dataset = read(write(tmp_path, plain(a=cells)))
    assert any("because of '-' in lines 2, 3" in note for note in dataset.notes)


def test_words_that_only_hold_digits_are_not_said_to_be_more(tmp_path: Path) -> None:
    columns = plain(a=["s01", "s02", "t1"] * 20, b=["AB-12", "CD-7", "E 5"] * 20, c=["u v"] * 60)
    columns["c"] = [f"words {'abc'[i % 3]} and 12 more" for i in range(ROWS)]
    assert read(write(tmp_path, columns)).notes == ()


@pytest.mark.parametrize("odd", ["9999-12-31", "2021-02-30", "0001-01-01"])
def test_an_impossible_date_is_missing_and_said_with_its_line(tmp_path: Path, odd: str) -> None:
    texts = days().dt.strftime("%Y-%m-%d").where(lambda s: s.index != 7, odd)
    dataset = read(write(tmp_path, plain(d=texts.tolist())), fold=2)
    pd.testing.assert_series_equal(
        dataset.frame["d"], days().where(lambda s: s.index != 7).rename("d")
    )
    assert any(f"{odd!r} in line 9" in note for note in dataset.notes)


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y"])
def test_day_and_month_that_nothing_decides_wait_for_the_setting(tmp_path: Path, form: str) -> None:
    values = days().map(lambda day: day.replace(day=day.day % 12 + 1))
    file = write(tmp_path, plain(d=values.dt.strftime(form).tolist()))
    undecided = read(file)
    assert undecided.frame["d"].dtype == object
    assert any("[date_format] 'd' = " in note for note in undecided.notes)
    decided = read(file, date_format={"d": form})
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
    dataset = read(file)
    assert dataset.frame["d"].dtype == object
    (note,) = [note for note in dataset.notes if "'d'" in note]
    assert "in lines" in note and "only DD" in note and "only MM" in note
    assert every == 2 or f"[date_format] 'd' = {form!r}" in note
    with pytest.raises(DataError, match="no format has all of them") as caught:
        read(file, date=("d",))
    assert "[date_format] 'd' = " in caught.value.hint
    taken = read(file, date_format={"d": form}, fold=2) if every > 2 else None
    assert taken is None or taken.frame["d"].isna().sum() == ROWS / every


def test_words_that_look_the_same_and_are_not_are_said(tmp_path: Path) -> None:
    answers = [("Yes", "No", "yes", "no ")[i % 4] for i in range(ROWS)]
    names = ["Ann", "ann", *(f"n{i}" for i in range(2, ROWS))]  # most are met once
    columns = plain(g=["a b", "A  b", "c", "C", "d"] * 12, n=names, y=answers)
    notes = read(write(tmp_path, columns), fold=2).notes
    assert notes == (
        "column 'g' has categories that differ in case or spaces alone, and are not the same: "
        "'A  b' and 'a b', 'C' and 'c'",
        "column 'y' has classes that differ in case or spaces alone, and are not the same: "
        "'Yes' and 'yes', 'No' and 'no '",
    )


@pytest.mark.parametrize(("share", "fold"), [(0.3, 2), (0.09, 10)])
def test_dates_that_are_missing_too_often_are_refused_before_set_up(
    tmp_path: Path, share: float, fold: int
) -> None:
    texts = days(200).dt.strftime("%Y-%m-%d").where(lambda s: s.index >= share * 200)
    file = write(tmp_path, plain(200, d=[None if pd.isna(t) else t for t in texts]))
    with pytest.raises(DataError, match=rf"column 'd' has no date in {share:.1%}") as caught:
        read(file, fold=fold)
    assert "--ignore 'd'" in caught.value.hint
    assert read(file, fold=fold, ignore=["d"]).features == ("x", "g")


def test_a_few_folds_that_will_fail_are_said(tmp_path: Path) -> None:
    texts = days(200).dt.strftime("%Y-%m-%d").where(lambda s: s.index >= 6)
    file = write(tmp_path, plain(200, d=[None if pd.isna(t) else t for t in texts]))
    assert any("of the 10 folds" in note for note in read(file, fold=10).notes)


def test_a_word_of_a_typed_file_is_a_category_and_in_csv_it_is_missing(tmp_path: Path) -> None:
    frame = pd.DataFrame(plain(country=["NA", "DE", "FR"] * 20))
    frame.to_parquet(tmp_path / "t.parquet", index=False)
    frame.to_csv(tmp_path / "t.csv", index=False)
    typed, text = read(tmp_path / "t.parquet"), read(tmp_path / "t.csv")
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
    dataset = read(file)
    true, false = ("TRUE", "FALSE") if write_it == "csv" else ("True", "False")
    assert (dataset.cells["flag"].true, dataset.cells["flag"].false) == (true, false)
    assert dataset.frame["flag"].tolist()[:2] == [true, false]


def test_codes_with_leading_zeros_stay_text_and_are_said(tmp_path: Path) -> None:
    dataset = read(write(tmp_path, plain(zip=["00123", "12345"] * 30, month=[7, 12] * 30)))
    assert dataset.frame["zip"].unique().tolist() == ["00123", "12345"]
    assert not dataset.cells["zip"].whole
    assert any("'zip' is text" in note and "'00123'" in note for note in dataset.notes)
    assert read(tmp_path / "table.csv", numeric=["zip"]).frame["zip"].tolist()[0] == 123


@pytest.mark.parametrize("cell", [" 007", "007 ", "\t007"])
def test_codes_with_spaces_beside_them_are_codes(tmp_path: Path, cell: str) -> None:
    dataset = read(write(tmp_path, plain(c=[cell, "12"] * 30)))
    assert dataset.frame["c"].tolist()[:2] == [cell, "12"]
    assert any("'c' is text" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("column", "says"), [("z", "not a column of table.csv"), ("y", "the target")]
)
def test_a_format_of_dates_for_no_column_of_dates_is_refused(
    tmp_path: Path, column: str, says: str
) -> None:
    file = write(tmp_path, plain(d=days().dt.strftime("%d.%m.%y").tolist()))
    with pytest.raises(ConfigError, match=f"date_format: got '{column}', which is .*{says}"):
        read(file, date_format={column: "%d.%m.%y"})


def test_codes_beside_numbers_of_a_workbook_are_text_too(tmp_path: Path) -> None:
    zips = [f"0{1000 + i}" if i % 5 == 0 else 10000 + i for i in range(ROWS)]
    pd.DataFrame(plain(zip=zips)).to_excel(tmp_path / "t.xlsx", index=False)
    dataset = read(tmp_path / "t.xlsx")
    assert dataset.frame["zip"].tolist() == list(map(str, zips))
    assert any("'zip' is text" in note for note in dataset.notes)


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
    dataset = read(tmp_path / "t.xlsx")
    assert dataset.frame["c"].dtype == object
    assert any(f"in row 9, among {meant}s" in note for note in dataset.notes)


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
    typed = read(workbook(tmp_path, form, shares))
    np.testing.assert_array_equal(typed.frame["c"], read(texts).frame["c"])
    model = typed.inputs[typed.features.index("c")]
    (batch,) = batches.read_batches(tmp_path / "t.xlsx", ["c"])
    np.testing.assert_array_equal(make_feed(model, batch.values(model)).ravel(), typed.frame["c"])


def test_numbers_shown_with_leading_zeros_are_codes_and_other_formats_are_not(
    tmp_path: Path,
) -> None:
    codes = read(workbook(tmp_path, "00000", list(range(ROWS))))
    assert codes.frame["c"].tolist() == [f"{i:05}" for i in range(ROWS)]
    assert read(workbook(tmp_path, '0" %"', list(range(ROWS)))).frame["c"].tolist()[-1] == 59
    assert read(workbook(tmp_path, "#,##0.00 €", list(range(ROWS)))).frame["c"].tolist()[-1] == 59


def test_a_first_sheet_without_a_table_names_the_others(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.create_sheet("Data").append(["a", "y"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match=r"nothing in the first sheet \['Sheet'\]") as caught:
        read(tmp_path / "t.xlsx")
    assert "'Data'" in caught.value.hint
    book["Sheet"].append(["note"])
    book["Sheet"].append(["the table is behind this sheet"])
    book.save(tmp_path / "t.xlsx")
    with pytest.raises(DataError, match="no target column 'y'") as caught:
        read(tmp_path / "t.xlsx")
    assert "'Data'" in caught.value.hint


def test_formulas_that_only_a_library_has_written_are_refused_by_both(tmp_path: Path) -> None:
    file = workbook(tmp_path, "General", list(range(ROWS)))
    book = openpyxl.load_workbook(file)
    book.create_sheet("Sums")["A1"] = "=SUM(t!D2:D61)"  # a sheet that nobody reads
    book.save(file)
    assert read(file).frame["c"].tolist() == list(range(ROWS))
    book.active["D9"] = "=D8+1"
    book.save(file)
    for attempt in (lambda: read(file), lambda: list(batches.read_batches(file, ["c"]))):
        with pytest.raises(DataError, match=r"formula '=D8\+1' in cell D9"):
            attempt()


def test_a_formula_without_a_result_in_a_saved_workbook_is_an_empty_cell(tmp_path: Path) -> None:
    file = workbook(tmp_path, "General", list(range(ROWS)))
    book = openpyxl.load_workbook(file)
    book.active["D9"] = '=IF(D8>99,D8,"")'
    book.calculation.fullCalcOnLoad = False  # as programs save what they have computed
    book.save(file)
    assert np.flatnonzero(read(file).frame["c"].isna()).tolist() == [7]


def test_a_span_of_time_is_text_to_scoring_as_well(tmp_path: Path) -> None:
    spans = [dt.timedelta(hours=i % 24, minutes=30) for i in range(ROWS)]
    file = workbook(tmp_path, "[h]:mm", spans)
    dataset = read(file)
    (batch,) = batches.read_batches(file, ["c"])
    column = dataset.inputs[dataset.features.index("c")]
    assert make_feed(column, batch.values(column)).ravel().tolist() == dataset.frame["c"].tolist()


def test_a_table_whose_columns_tell_nothing_is_refused_before_set_up(tmp_path: Path) -> None:
    file = write(tmp_path, {"a": ["u"] * ROWS, "b": [None] * ROWS, "y": list(range(ROWS))})
    with pytest.raises(DataError, match="no column to predict 'y' from"):
        read(file)


def swapped(value: float) -> str:
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


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
        read(file, "Preis")
    assert "--drop-missing-target" in caught.value.hint
    dataset = read(file, "Preis", drop_missing_target=True)
    expected = pd.DataFrame({"Fläche": area, "Rate": rate, "Preis": price})
    kept = expected.drop([3, 50, 120]).reset_index(drop=True)
    pd.testing.assert_frame_equal(dataset.frame, kept)
    assert dataset.spec.ignore == ("Land", "")
    for said in ("row numbers", "'Land' is left out", "'Preis' holds", "'%'", "3 rows without"):
        assert any(said in note for note in dataset.notes), said


@pytest.mark.parametrize(
    ("write_one", "marks"),
    [
        (swapped, (",", ".")),
        (lambda v: f"{v:,.2f}", (".", ",")),
        (lambda v: f"${v:,.2f}", (".", ",")),
        (lambda v: f"{v:,.2f}".replace(",", "'"), (".", "'")),
        (lambda v: f"CHF {v:,.2f}".replace(",", "\u2019"), (".", "\u2019")),
        (lambda v: f"{v:,.2f} kr".replace(",", " ").replace(" kr", " SEK"), (".", " ")),
    ],
)
def test_each_way_to_write_amounts_is_read_and_kept(
    tmp_path: Path, write_one: Callable[[float], str], marks: tuple[str, str]
) -> None:
    values = np.random.default_rng(1).uniform(0, 1e7, ROWS).round(2)
    dataset = read(write(tmp_path, plain(a=[write_one(v) for v in values]), "\t"))
    np.testing.assert_array_equal(dataset.frame["a"], values)
    cells = dataset.cells["a"]
    assert cells.decimal == marks[0]
    assert marks[1] in cells.thousands


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
            read(file)
        assert "decimal" in caught.value.hint
        return
    dataset = read(file, decimal=setting)
    assert dataset.frame["a"][0] == expected
    assert any("'a' holds numbers" in note for note in dataset.notes)


@pytest.mark.parametrize("start", [0, 1])
def test_row_numbers_of_pandas_are_dropped_and_other_unnamed_columns_are_not(
    tmp_path: Path, start: int
) -> None:
    frame = pd.DataFrame(plain())
    frame.index += start
    frame.to_csv(tmp_path / "t.csv")
    assert read(tmp_path / "t.csv").features == ("x", "g")
    frame.index = frame.index * 2
    frame.to_csv(tmp_path / "t.csv")
    with pytest.raises(DataError, match="no name for column 1"):
        read(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("separator", "mark"), [(";", "."), (",", ","), ("\t", ".")], ids=["points", "commas", "tab"]
)
def test_no_thousands_begin_with_a_zero(tmp_path: Path, separator: str, mark: str) -> None:
    values = np.random.default_rng(3).uniform(-3, 3, ROWS).round(3)
    cells = [f"{value:.3f}".replace(".", mark) for value in values]
    dataset = read(write(tmp_path, plain(a=cells), separator))
    np.testing.assert_array_equal(dataset.frame["a"], values)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_row_numbers_of_several_savings_are_dropped_whatever_the_file(
    tmp_path: Path, form: str
) -> None:
    frame, file = pd.DataFrame(plain()), tmp_path / f"t.{form}"
    frame.to_csv(tmp_path / "once.csv")
    again = pd.read_csv(tmp_path / "once.csv")
    again.to_csv(file) if form == "csv" else again.to_parquet(file)
    dataset = read(file)
    assert dataset.features == ("x", "g")
    assert any("left out" in note for note in dataset.notes)


def test_every_format_gives_the_same_frame(tmp_path: Path) -> None:
    columns = plain(
        d=days().dt.strftime("%Y-%m-%d").tolist(),
        b=[True, False] * 30,
        i=range(ROWS),
        gaps=[None if i == 3 else "pq"[i % 2] for i in range(ROWS)],
        holes=[None if i == 5 else i * 1.5 for i in range(ROWS)],
    )
    frame = pd.DataFrame(columns)
    csv = read(write(tmp_path, columns))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress((tmp_path / "table.csv").read_bytes()))
    typed = frame.assign(d=pd.to_datetime(frame["d"]))
    typed.to_excel(tmp_path / "t.xlsx", index=False)
    typed.to_parquet(tmp_path / "t.parquet", index=False)
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    lines = "\n".join(map(json.dumps, records))
    (tmp_path / "t.jsonl").write_text(lines)
    for name in ("t.csv.gz", "t.xlsx", "t.parquet", "t.jsonl"):
        other = read(tmp_path / name)
        pd.testing.assert_frame_equal(other.frame, csv.frame, check_dtype=name != "t.xlsx")
        assert other.cells == csv.cells, name
        assert [c.known for c in other.inputs] == [c.known for c in csv.inputs]


def test_of_several_sheets_the_first_is_read_and_said(tmp_path: Path) -> None:
    with pd.ExcelWriter(tmp_path / "t.bin.xlsx") as book:
        pd.DataFrame(plain()).to_excel(book, sheet_name="Flats", index=False)
        pd.DataFrame({"a": [1]}).to_excel(book, sheet_name="Notes", index=False)
    dataset = read((tmp_path / "t.bin.xlsx").rename(tmp_path / "t.bin"))
    assert len(dataset.frame) == ROWS
    assert any("'Flats', is read, not 'Notes'" in note for note in dataset.notes)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('{"a": 1, "y": [1]}', "line 1: column 'y' holds a nested value"),
        ('{"a": 1, "y": 2}\n[1]', "line 2: got '[1]', expected one JSON object"),
        ('[{"a": 1, "y": 2}]', "expected one JSON object"),
    ],
)
def test_json_that_is_no_table_is_refused(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "t.jsonl").write_text(text)
    with pytest.raises(DataError, match=r"t\.jsonl, line") as caught:
        read(tmp_path / "t.jsonl")
    assert says in str(caught.value)


@pytest.mark.parametrize("name", ['height 5"', "back\\slash", "tab\t", "ü"])
def test_json_is_known_whatever_its_first_name(tmp_path: Path, name: str) -> None:
    lines = "\n".join(json.dumps({name: i % 7, "y": i}) for i in range(ROWS))
    (tmp_path / "t.jsonl").write_text(f"{{}}\n{lines}")
    assert read(tmp_path / "t.jsonl", drop_missing_target=True).features == (name,)


def test_json_that_is_too_deep_is_refused_with_its_line(tmp_path: Path) -> None:
    deep = '{"a": ' + "[" * 100_000 + "]" * 100_000 + "}"
    (tmp_path / "t.jsonl").write_text('{"a": 1, "y": 2}\n' + deep)
    with pytest.raises(DataError, match="line 2: got"):
        read(tmp_path / "t.jsonl")


def test_cells_of_other_types_are_text_or_refused(tmp_path: Path) -> None:
    times = [dt.time(i % 24, 30) for i in range(ROWS)]
    pd.DataFrame(plain(at=times)).to_excel(tmp_path / "t.xlsx", index=False)
    assert read(tmp_path / "t.xlsx").frame["at"].tolist()[:2] == ["00:30:00", "01:30:00"]
    records = [{"n": 10**400 if i == 3 else i, "y": i + 0.5} for i in range(ROWS)]
    (tmp_path / "t.jsonl").write_text("\n".join(map(json.dumps, records)))
    with pytest.raises(DataError, match="infinite or too large numbers in line 4"):
        read(tmp_path / "t.jsonl")
