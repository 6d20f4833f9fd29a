"""The sections as a page and as JSON."""

from __future__ import annotations

import json
import math

from pipeline.compare.page import render_comparison, render_comparison_json
from pipeline.compare.section import MOST_ROWS, Section, make_page_table
from tests.compare.conftest import Pair
from tests.report.page import Page


def test_long_tables_are_cut_off_on_the_page_and_say_so(numbers: Pair) -> None:
    a, b = numbers.runs
    table = make_page_table("Many", ("name",), [(f"row {k}",) for k in range(MOST_ROWS + 7)])
    page = Page(render_comparison(a, b, [Section("many", "Many", (), (table,))]))
    assert f"row {MOST_ROWS - 1}" in page.said
    assert f"row {MOST_ROWS}" not in page.said
    assert "and 7 more in compare.json" in page.said


def test_what_json_cannot_write_is_null(numbers: Pair) -> None:
    section = Section("odd", "Odd", (), values={"numbers": [math.nan, math.inf, 1.5]})
    assert json.loads(render_comparison_json(*numbers.runs, [section]))["odd"]["numbers"] == [
        None,
        None,
        1.5,
    ]
