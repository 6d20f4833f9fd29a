"""One value is what Python, numpy or pandas say that it is, or is refused."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.manifest.columns import Cells, Input, Known
from pipeline.runtime.grammar import NAT
from pipeline.runtime.values import (
    LARGEST,
    UnfitError,
    is_plain_text,
    lacks_value,
    read_text,
    to_boolean,
    to_nanoseconds,
    to_number,
    to_text,
)

NUMBER, DATE, BOOLEAN = Input("n", "number"), Input("d", "date"), Input("b", "boolean")
MISSING = [None, math.nan, np.float32("nan"), np.datetime64("NaT"), pd.NA, pd.NaT, ""]


@pytest.mark.parametrize("value", MISSING)
def test_what_pandas_takes_for_missing_is_missing(value: Any) -> None:
    assert pd.isna(value) or value == ""
    assert lacks_value(value, None)
    assert math.isnan(to_number(value, NUMBER))
    assert to_nanoseconds(value, DATE) == NAT
    with pytest.raises(UnfitError):
        to_boolean(value, BOOLEAN)


@pytest.mark.parametrize("value", [0, False, 0.0, " ", "NA", "nan", np.int8(0), [], b""])
def test_nothing_else_is(value: Any) -> None:
    assert not lacks_value(value, None)
    assert lacks_value(value, Cells(missing=("NA", "nan"))) == (value in ("NA", "nan"))


@given(st.integers() | st.floats() | st.decimals(allow_nan=False) | st.booleans())
def test_a_number_is_what_float_makes_of_it_up_to_the_largest(value: Any) -> None:
    try:
        expected = float(value)
    except OverflowError:
        expected = math.inf
    if abs(expected) > LARGEST:
        with pytest.raises(UnfitError, match="finite"):
            to_number(value, NUMBER)
    else:
        np.testing.assert_equal(to_number(value, NUMBER), expected)


@given(st.dates(date(1678, 1, 1), date(2261, 12, 31)), st.integers(-14, 14))
def test_a_date_is_what_pandas_makes_of_it_in_utc(day: date, hours: int) -> None:
    moment = datetime(day.year, day.month, day.day, 12)
    assert to_nanoseconds(day, DATE) == pd.Timestamp(day).value
    assert to_nanoseconds(day.isoformat(), DATE) == pd.Timestamp(day).value
    zoned = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    expected = pd.Timestamp(zoned).tz_convert(UTC).value
    assert to_nanoseconds(zoned, DATE) == to_nanoseconds(pd.Timestamp(zoned), DATE) == expected


@pytest.mark.parametrize(
    "value", [date(1600, 1, 1), np.datetime64("2300-01-01"), datetime(1, 1, 1)]
)
def test_a_date_that_nanoseconds_cannot_hold_is_refused_or_missing(value: Any) -> None:
    with pytest.raises(UnfitError, match="between 1678 and 2261"):
        to_nanoseconds(value, DATE)
    assert to_nanoseconds(value, Input("d", "date", Cells())) == NAT


@given(st.text(max_size=10))
def test_text_stays_itself_or_cannot_be_written_everywhere(text: str) -> None:
    column = Input("t", "text")
    try:
        assert to_text(text, column) == text
    except UnfitError:
        assert "\0" in text or any("\ud800" <= c <= "\udfff" for c in text)
        assert not is_plain_text(text)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (12, "12"),
        (12.0, "12"),
        (np.int64(12), "12"),
        (Decimal("12.0"), "12"),
        (1.5, "1.5"),
        (True, "yes"),
    ],
)
def test_a_typed_value_of_a_text_column_is_spelled_as_the_column_spells_it(
    value: Any, expected: str
) -> None:
    assert to_text(value, Input("t", "text", Cells(true="yes", false="no"))) == expected
    with pytest.raises(UnfitError):
        to_text(value, Input("t", "text"))


def test_codes_with_leading_zeros_take_no_numbers() -> None:
    with pytest.raises(UnfitError, match="leading zeros"):
        to_text(12, Input("t", "text", Cells(whole=False)))


@pytest.mark.parametrize(
    ("known", "expected"), [(("12",), "12"), (("12", "12.0"), "12.0"), ((), "12.0")]
)
def test_12_0_is_12_where_training_knew_nothing_but_12(
    known: tuple[str, ...], expected: str
) -> None:
    column = Input("t", "text", Cells(), Known(categories=known))
    assert read_text("12.0", column) == expected
