"""Numbers and names are written so that people can read them and Markdown cannot misread them."""

from __future__ import annotations

import math

import pytest

from pipeline.rendering import wording


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.8471, "0.8471"),
        (2639.4219, "2,639.4"),
        (22242036.0805, "22,242,036"),
        (1.0, "1.0000"),
        (0.0, "0.0000"),
        (1e-7, "1.00e-07"),
        (3, "3"),
        (1338, "1,338"),
        (1e30, "1e+30"),
        (math.nan, "not a number"),
        (-math.inf, "-infinite"),
        ("text", "text"),
    ],
)
def test_metrics_are_short(value: float | str, text: str) -> None:
    assert wording.format_number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1e-9, "1e-9"),
        (8.09e-14, "8.1e-14"),
        (0.25, "0.25"),
        (1.0, "1"),
        (math.inf, "infinite"),
        (math.nan, ""),
    ],
)
def test_errors_show_their_magnitude(value: float, text: str) -> None:
    assert wording.format_small(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(2009.0, "2009"), (15.96, "15.96"), (63770.42801, "63,770.4")]
)
def test_cells_keep_their_digits(value: float, text: str) -> None:
    assert wording.format_cell(value) == text


def test_sizes_and_counts_have_units() -> None:
    assert [wording.format_size(n) for n in (812, 4522, 12_300_000)] == [
        "812 B",
        "4.5 kB",
        "12.3 MB",
    ]
    assert [wording.format_count(n, "leaf", "leaves") for n in (1, 2000)] == [
        "1 leaf",
        "2,000 leaves",
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(2.34e-5, "23.4 µs"), (0.1379, "138 ms"), (2.314, "2.31 s"), (1e-3, "1 ms"), (5e-7, "0.5 µs")],
)
def test_durations_have_units(seconds: float, text: str) -> None:
    assert wording.format_seconds(seconds) == text


@pytest.mark.parametrize(
    ("ratio", "text"), [(5896.2, "about 6,000"), (87.4, "about 90"), (1.44, "1.4"), (0.52, "0.52")]
)
def test_ratios_say_no_more_than_two_clocks_know(ratio: float, text: str) -> None:
    assert wording.format_ratio(ratio) == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("<b>", "&lt;b&gt;"),
        ("a|b", "a\\|b"),
        ("*x* `y` [z]", "\\*x\\* \\`y\\` \\[z\\]"),
        ("two\nlines", "two lines"),
    ],
)
def test_markdown_shows_names_as_they_are(name: str, text: str) -> None:
    assert wording.escape_markdown(name) == text
