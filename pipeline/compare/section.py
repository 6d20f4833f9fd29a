"""One section of the comparison, for page, text and JSON alike."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pipeline.rendering.drawing import Drawing
from pipeline.rendering.wording import format_number
from pipeline.report.result_tables import TextTable

MOST_ROWS = 100
"""Rows of a table on the page; compare.json has all of them."""
OPEN_ROWS = 15

Tile = tuple[str, str, str]
"""What it is, its value, and what to hold it against."""


@dataclass(frozen=True)
class PageTable:
    """A table of the page.

    Attributes:
        texts: CSS class that says which columns are text.
        more: rows that are left out.
    """

    title: str
    content: TextTable
    texts: str = "text1"
    more: int = 0

    @property
    def is_short(self) -> bool:
        return len(self.content.rows) <= OPEN_ROWS


@dataclass(frozen=True)
class Section:
    """One part of the comparison.

    Attributes:
        name: its key in compare.json and its place on the page.
        said: what it found, sentence by sentence.
        values: the same for other programs.
    """

    name: str
    title: str
    said: tuple[str, ...]
    tables: tuple[PageTable, ...] = ()
    values: Mapping[str, Any] = field(default_factory=dict)
    tiles: tuple[Tile, ...] = ()
    drawings: tuple[Drawing, ...] = ()


def make_page_table(
    title: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    texts: str = "text1",
    marks: Sequence[str] = (),
) -> PageTable:
    """A table for the page, cut off where it is too long."""
    found = [tuple(row) for row in rows]
    kept = tuple(found[:MOST_ROWS])
    classes = (*marks, *[""] * len(found))[: len(kept)]
    return PageTable(title, TextTable(tuple(head), kept, classes), texts, len(found) - len(kept))


def format_amount(value: float | None) -> str:
    """A number for people; nothing where nobody measured it."""
    return "" if value is None or math.isnan(value) else format_number(value)


def format_difference(value: float | None) -> str:
    """A difference for people, with its sign."""
    if value is None or math.isnan(value):
        return ""
    return f"+{format_number(value)}" if value > 0 else format_number(value)


def subtract_known(older: float | None, newer: float | None) -> float | None:
    """B minus A, where both are known."""
    return None if older is None or newer is None else newer - older
