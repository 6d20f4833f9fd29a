"""Cells that a spreadsheet would run."""

from __future__ import annotations

import string
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from pipeline.score.formulas import escape_cells

STARTS = "=+-@＝＋－＠\t\r\n"
NUMBERS = st.floats(allow_nan=False, allow_infinity=False).map(repr) | st.integers().map(str)


@given(st.lists(st.text(STARTS + string.printable, max_size=9) | st.integers() | st.none()))
def test_no_text_begins_as_a_formula_unless_it_is_a_number(cells: list[Any]) -> None:
    for before, after in zip(cells, escape_cells(cells), strict=True):
        if after != before:
            assert after == f"'{before}"
            assert before[0] in STARTS
        elif isinstance(before, str) and before[:1] and before[0] in STARTS:
            assert before[0] in "+-"
            assert not set(before) - set("+-.,0123456789eE%")


@given(st.lists(NUMBERS))
def test_numbers_stay(cells: list[str]) -> None:
    assert escape_cells(cells) == cells
