"""Kinds of columns: what the values show, what the spec declares, what neither can hold."""

from __future__ import annotations

import logging
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.config.train_config import TrainConfig
from pipeline.data import column_types
from pipeline.data.cells import ParsedColumn
from pipeline.data.column_types import DATE, column_kind
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.data.source import open_source
from pipeline.errors import DataError
from pipeline.manifest.columns import Input, Kind
from tests.data.tables import write


def column(folder: Path, values: list[object], kind: Kind | None = None) -> pd.Series:
    return read(folder, values, kind).values


def read(folder: Path, values: list[object], kind: Kind | None = None) -> ParsedColumn:
    source = open_source(write(folder, {"c": values, "other": range(len(values))}))
    return column_types.type_column(source.read(["c"])["c"], kind, source)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2], "number"),
        ([1.5, None], "number"),
        ([" 1.5 ", "2 "], "number"),
        (["a", "1"], "text"),
        (["true", "False"], "boolean"),
        (["true", None], "text"),
        (["2020-01-31", None], "date"),
        (["2020-01-31 10:00", "2020-01-31T10:00:00.5"], "date"),
        (["2020-01-31", "soon"], "text"),
        (["2020-02-31", "2020-01-31"], "text"),
        (["2020-01-31T10:00:00Z", "2020-01-31T10:00:00+02:00"], "date"),
        (["31.01.2020", "01/31/2020"], "text"),
        (["20:15", "10:00"], "text"),
        (["9999-12-31", "2020-01-01"], "text"),
    ],
)
def test_undeclared_columns_take_the_kind_their_values_show(
    tmp_path: Path, values: list[object], kind: Kind
) -> None:
    assert column_kind(column(tmp_path, values)) == kind


calendar = r"-[01][0-9]-[0-3][0-9](?:[T ][0-2][0-9]:[0-6][0-9](?::[0-6][0-9](?:\.[0-9]{1,9})?)?)?"
dates = st.tuples(st.integers(1678, 2261).map(str), st.from_regex(calendar, fullmatch=True))


@settings(deadline=None)
@given(dates.map("".join))
def test_a_date_is_the_same_nanosecond_to_training_and_to_scoring(text: str) -> None:
    from pipeline.data.column_types import parse_timestamps
    from pipeline.runtime.feeds import CellError, make_feed

    assert re.fullmatch(DATE, text)
    date = parse_timestamps(pd.Series([text]))[0]
    try:
        expected = make_feed(Input("d", "date"), [text])[0, 0]
    except CellError:
        assert pd.isna(date)
    else:
        assert date.value == expected


@pytest.mark.parametrize(
    ("kind", "values", "expected"),
    [
        ("number", [1, 2], [1, 2]),
        ("number", ["1", None], [1.0, np.nan]),
        ("number", [None, None], [np.nan, np.nan]),
        ("text", ["01", "1.0"], ["01", "1.0"]),
        ("text", ["true", None], ["true", np.nan]),
        ("text", ["2020-01-01", None], ["2020-01-01", np.nan]),
        ("text", ["1,5", "2"], ["1,5", "2"]),
        ("boolean", ["true", "FALSE"], [True, False]),
        ("boolean", ["TrUe", "fAlSe"], [True, False]),
        ("boolean", [1, 0], [True, False]),
        ("date", ["2020-01-01", None], [pd.Timestamp("2020-01-01"), pd.NaT]),
        ("date", [None, None], [pd.NaT, pd.NaT]),
    ],
)
def test_declared_columns_take_the_declared_kind(
    tmp_path: Path, kind: Kind, values: list[object], expected: list[object]
) -> None:
    got = column(tmp_path, values, kind)
    assert column_kind(got) == kind or got.isna().all()
    pd.testing.assert_series_equal(got, pd.Series(expected, name="c", dtype=got.dtype))


@pytest.mark.parametrize(
    ("kind", "values", "says"),
    [
        ("number", [1, "oops", 3, "oops"], "'oops' in lines 3 and 5, expected numbers"),
        ("number", [1, " ", 3], "' ' in line 3, expected numbers"),
        ("number", ["0x10", 2], "'0x10' in line 2"),
        ("number", ["1_000", 2], "'1_000' in line 2"),
        ("number", ["٣", 2], "'٣' in line 2"),
        ("number", ["true", "false"], "'true', 'false' in lines 2 and 3, expected numbers"),
        ("boolean", ["true", None], "an empty cell in line 3, expected true or false"),
        ("boolean", ["yes", "no"], "'yes', 'no' in lines 2 and 3, expected true or false"),
        ("boolean", [1, 2], "'2' in line 3, expected true or false"),
        ("date", ["2020-01-01", "1 Feb 2020"], "'1 Feb 2020' in line 3, expected dates"),
        ("date", ["2020-01-01", "2020-02-30"], "'2020-02-30' in line 3, expected dates"),
        ("date", ["2020-01-01", "1500-01-01"], "from 1678 to 2261"),
        ("date", [20200101, 20200102], "expected dates as YYYY-MM-DD"),
        (None, ["1,234", "2,500"], "'1,234' may be 1.234 or 1234, and no cell decides"),
        ("date", ["01/02/2020", "03/04/2020"], "may be DD/MM/YYYY or MM/DD/YYYY"),
    ],
)
def test_values_the_kind_cannot_hold_are_named_with_their_lines(
    tmp_path: Path, kind: Kind | None, values: list[object], says: str
) -> None:
    with pytest.raises(DataError) as caught:
        column(tmp_path, values, kind)
    assert says in str(caught.value)
    assert "column 'c'" in str(caught.value)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ([*range(30), "?"], "'?' in line 32"),
        ([*range(30), *["?"] * 20], "'?' in lines 32, 33"),
        (["1,5", "2,25", "3", "k.A."], "'k.A.' in line 5"),
        (["$58.48", "$3", "-"], "'-' in line 4"),
        (["58 %", "3 €"], "'58 %', '3 €'"),
        (["58 %", "0.58"], "'58 %' in line 2"),
        (["31.12.2020", "1.1.2021", "soon"], "'soon' in line 4"),
        ([*range(9), "1" + " " * 50_000 + "x"], "in line 11"),
        (["2020-01-01", "2020-01-02", "unknown"], "'unknown' in line 4"),
    ],
)
def test_what_makes_text_of_numbers_or_dates_is_said(
    tmp_path: Path, values: list[object], says: str
) -> None:
    got = read(tmp_path, values)
    assert column_kind(got.values) == "text"
    (note,) = got.notes
    assert "column 'c' is taken as text because of" in note
    assert says in note


@pytest.mark.parametrize(
    "values",
    [
        ["red", "green", "5"],
        ["s1", "s2", "s3"],
        ["A", "B", "1", "2", "C"],
        ["12:30", "13:45"],
        [" " * 50_000 + "a", "b" + " " * 50_000],
        ["3rd", "2nd"],
    ],
)
def test_text_that_is_text_is_not_remarked_on(tmp_path: Path, values: list[object]) -> None:
    got = read(tmp_path, values)
    assert column_kind(got.values) == "text"
    assert not got.notes


def test_kinds_that_the_values_show_are_said(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    numbers = {f"n{i}": list(range(40)) for i in range(12)}
    table = {**numbers, "word": ["a", "b"] * 20, "day": ["2020-01-01", "2020-01-02"] * 20}
    target = [i % 2 for i in range(40)]
    file = tmp_path / "t.csv"
    pd.DataFrame({**table, "y": target}).to_csv(file, index=False)
    config = TrainConfig(data=file, target="y", task="classification", numeric=("n0",))
    with caplog.at_level(logging.INFO):
        load_dataset(find_dataset(config), config)
    numbered = ", ".join(f"n{i}" for i in range(1, 11))
    assert f"columns: numbers: {numbered}, 1 more; text: word; dates: day" in caplog.text
