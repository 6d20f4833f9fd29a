"""Numbers, differences and tables as the page shows them."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.compare.section import (
    MOST_ROWS,
    OPEN_ROWS,
    format_amount,
    format_difference,
    make_page_table,
    subtract_known,
)

KNOWN = st.none() | st.floats(-1e9, 1e9)


@given(KNOWN, KNOWN)
def test_a_difference_is_b_minus_a_where_both_are_known(
    older: float | None, newer: float | None
) -> None:
    found = subtract_known(older, newer)
    if older is None or newer is None:
        assert found is None
        assert format_difference(found) == ""
    else:
        assert found == newer - older
        assert format_difference(found).startswith("+") == (newer > older)


@pytest.mark.parametrize("unknown", [None, math.nan])
def test_what_nobody_measured_is_empty(unknown: float | None) -> None:
    assert format_amount(unknown) == format_difference(unknown) == ""


@given(st.integers(0, MOST_ROWS + 20), st.booleans())
def test_a_table_is_cut_off_with_its_marks_and_counts_the_rest(count: int, marked: bool) -> None:
    rows = [(f"row {k}", "") for k in range(count)]
    found = make_page_table("T", ("a", "b"), iter(rows), marks=("chosen",) if marked else ())
    kept = found.content.rows
    assert kept == tuple(rows[:MOST_ROWS])
    assert len(kept) + found.more == count
    assert len(found.content.marks) == len(kept)
    assert found.content.marks[:1] == (("chosen" if marked else "",) if count else ())
    assert found.is_short == (len(kept) <= OPEN_ROWS)
