"""The wall-clock budget: what people write, and a clock that only goes forward."""

from __future__ import annotations

import math
import time
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.automl.deadline import (
    LEAST,
    MOST,
    SEARCH_SHARE,
    Deadline,
    format_duration,
    parse_duration,
)
from pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("30m", 1800), ("2h", 7200), ("45", 45), (" 1.5H ", 5400), ("0.5m", 30)],
)
def test_a_duration_is_read_as_people_write_it(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@given(st.integers(int(LEAST), int(MOST)))
def test_a_duration_that_is_shown_reads_back_the_same(seconds: int) -> None:
    assert parse_duration(format_duration(seconds)) == seconds


@pytest.mark.parametrize(
    "text",
    ["", "m", "30 m", "-5m", "1e3", "1d", "30min", "inf", "nan", "1_000", "0x10", "٣", "1h30m"],
)
def test_anything_else_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected a duration such as 90s, 30m or 2h"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0", "0.5s", "0h", "169h", "999999999h"])
def test_a_duration_out_of_bounds_is_refused_with_the_bounds(text: str) -> None:
    with pytest.raises(UsageError, match=r"expected 1s to 168h"):
        parse_duration(text)


@given(st.text(max_size=12))
def test_no_text_gives_anything_but_seconds_within_the_bounds_or_a_usage_error(text: str) -> None:
    try:
        assert LEAST <= parse_duration(text) <= MOST
    except UsageError as err:
        assert err.exit_code == 2


def test_the_search_has_its_share_of_the_budget() -> None:
    deadline = Deadline(100.0, started=time.monotonic() - 50)
    assert math.isclose(deadline.search_until - deadline.started, 100 * SEARCH_SHARE)
    assert deadline.search_remaining() <= 100 * SEARCH_SHARE - 50
    assert Deadline(10.0, started=time.monotonic() - 60).search_remaining() < 0


def test_a_deadline_cannot_be_moved() -> None:
    with pytest.raises(FrozenInstanceError):
        Deadline(10.0).seconds = 20.0  # type: ignore[misc]
