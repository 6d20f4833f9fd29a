"""One meaning per cell: numbers, dates and words as people write them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.manifest.columns import Cells
from pipeline.runtime.grammar import NAT, SPACES, parse_day, parse_number, spell_text, spell_value

GERMAN = Cells(decimal=",", thousands=(".",), signs=("€", "%"))
SWISS = Cells(thousands=("'", "\u2019"), signs=("CHF",))
SPACED = Cells(decimal=",", thousands=tuple(SPACES))


@pytest.mark.parametrize(
    ("text", "cells", "expected"),
    [
        ("1.5", Cells(), 1.5),
        (" 1e3 ", Cells(), 1000.0),
        ("1,5", Cells(), None),
        ("1_000", Cells(), None),
        ("٣", Cells(), None),
        ("nan", Cells(), None),
        ("248.000,12 €", GERMAN, 248000.12),
        ("-€ 5", GERMAN, -5.0),
        ("€ -5", GERMAN, -5.0),
        ("3,4 %", GERMAN, 3.4),
        ("12", GERMAN, 12.0),
        ("1.23", GERMAN, None),
        ("1.2345", GERMAN, None),
        ("1234.567", GERMAN, None),
        ("0.123", GERMAN, None),
        ("-000.123", GERMAN, None),
        ("0,5", GERMAN, 0.5),
        ("CHF 1'234.50", SWISS, 1234.5),
        ("1'234\u2019567", SWISS, None),
        ("1\u202f234\u202f567,5", SPACED, 1234567.5),
        ("1\u2009234,5", SPACED, 1234.5),
        ("- -5", GERMAN, None),
        ("€", GERMAN, None),
        ("", GERMAN, None),
    ],
)
def test_numbers(text: str, cells: Cells, expected: float | None) -> None:
    assert parse_number(text, cells) == expected


@given(
    st.decimals(-(10**9), 10**9, places=2),
    st.sampled_from([(",", "."), (".", ","), (",", " "), (".", "'"), (",", "\u202f")]),
    st.sampled_from(["", "{} €", "${}", "{} %", "EUR {}"]),
)
def test_a_number_written_with_separators_and_signs_is_that_number(
    value, marks: tuple[str, str], form: str
) -> None:
    decimal, thousands = marks
    swap = {",": thousands, ".": decimal}
    text = "".join(swap.get(c, c) for c in f"{value:,.2f}")
    cells = Cells(decimal=decimal, thousands=(thousands,), signs=("€", "$", "%", "EUR"))
    assert parse_number(form.format(text) if form else text, cells) == float(value)


@pytest.mark.parametrize(
    ("text", "form", "expected"),
    [
        ("2021-03-04", "", "2021-03-04"),
        ("2021-03-04T05:06:07.123456789Z", "", "2021-03-04T05:06:07.123456789"),
        ("2021-03-04 00:00:00+02:00", "", "2021-03-03T22:00"),
        ("2021-03-04T00:00-0130", "", "2021-03-04T01:30"),
        ("2021/3/4", "%Y/%m/%d", "2021-03-04"),
        ("04.03.2021 17:30", "%d.%m.%Y", "2021-03-04T17:30"),
        ("3/14/2021 12:05 AM", "%m/%d/%Y", "2021-03-14T00:05"),
        ("14/03/2021", "%d/%m/%Y", "2021-03-14"),
        ("2021-03-14", "%d/%m/%Y", "2021-03-14"),
        ("14 Mar 2021 01:02", "%d %b %Y %H:%M", "2021-03-14T01:02"),
        ("14.03.21 +0200", "%d.%m.%y %z", "2021-03-13T22:00"),
    ],
)
def test_dates(text: str, form: str, expected: str) -> None:
    assert parse_day(text, Cells(dates=form)) == pd.Timestamp(expected).value


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("2021-02-30", ""),
        ("9999-12-31", ""),
        ("1500-01-01", ""),
        ("2021-01-01T24:00", ""),
        ("31.02.2021", "%d.%m.%Y"),
        ("13/13/2021", "%d/%m/%Y"),
        ("30 Feb 2021", "%d %b %Y"),
        ("14 Mar 9999", "%d %b %Y"),
    ],
)
def test_what_is_written_as_a_date_and_is_none_is_missing(text: str, form: str) -> None:
    assert parse_day(text, Cells(dates=form)) == NAT


@pytest.mark.parametrize("text", ["", "now", "2021", "14.03.2021", "2021-3-4", "2021-03-04 Z", "٢"])
def test_what_is_no_date(text: str) -> None:
    assert parse_day(text, Cells()) is None
    assert parse_day(text, Cells(dates="%d %b %Y")) is None


@given(
    st.datetimes(datetime(1678, 1, 2), datetime(2261, 12, 30)),
    st.integers(-14 * 60, 14 * 60),
)
def test_a_date_is_the_nanosecond_that_pandas_reads(moment: datetime, minutes: int) -> None:
    text = moment.replace(tzinfo=timezone(timedelta(minutes=minutes))).isoformat()
    assert parse_day(text, Cells()) == pd.Timestamp(text).value
    assert parse_day(moment.strftime("%d.%m.%Y %H:%M:%S.%f"), Cells(dates="%d.%m.%Y")) == (
        np.datetime64(moment, "ns").astype(int)
    )


def test_words_and_typed_values_in_a_text_column() -> None:
    cells = Cells(true="TRUE", false="FALSE")
    assert [spell_text(t, cells) for t in ("True", "false", "x")] == ["TRUE", "FALSE", "x"]
    assert spell_text("True", Cells()) == "True"
    assert [spell_value(v, cells) for v in (True, False, 12, 12.0, 1.5)] == [
        *("TRUE", "FALSE", "12", "12", "1.5")
    ]
    assert spell_value(True, Cells()) is None
    assert spell_value(12, Cells(whole=False)) is None
    assert spell_value(datetime(2021, 1, 2, 1, tzinfo=UTC), cells) == "2021-01-02T01:00:00"
    assert spell_value(date(2021, 1, 2), cells) == "2021-01-02"
