"""Formats numbers, cells and lists for people."""

from __future__ import annotations

import html
import math
from collections.abc import Iterable, Sequence
from typing import Any


def format_number(value: Any) -> str:
    """A metric: four decimals below a hundred, fewer above, thousands separated."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return str(value)
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else str(value).replace("inf", "infinite")
    if isinstance(value, int):
        return f"{value:,}"
    if abs(value) >= 1e6:
        return f"{value:.4g}" if abs(value) >= 1e15 else f"{value:,.0f}"
    if value and abs(value) < 1e-3:
        return f"{value:.2e}"
    return f"{value:.4f}" if abs(value) < 100 else f"{value:,.1f}"


def format_cell(value: float) -> str:
    """A value of the table, with up to six digits; a year keeps its four without a comma."""
    return f"{value:,.6g}" if abs(value) >= 1e4 else f"{value:.6g}"


def format_small(value: float) -> str:
    """An error or a bound: 0, 1e-9, 3.1e-12, 0.25 or infinite; nothing for not a number."""
    if not math.isfinite(value):
        return "infinite" if value > 0 else ""
    if abs(value) >= 1e-3:
        return f"{value:.3g}"
    return f"{value:.1e}".replace(".0e", "e").replace("e-0", "e-") if value else "0"


def format_size(count: int) -> str:
    """Bytes: 812 B, 4.5 kB, 12.3 MB."""
    for unit, power in (("MB", 1e6), ("kB", 1e3)):
        if count >= power:
            return f"{count / power:,.1f} {unit}"
    return f"{count} B"


def format_seconds(seconds: float) -> str:
    """23.2 µs, 138 ms, 1.2 s."""
    for unit, power in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= power:
            return f"{seconds / power:.3g} {unit}"
    return f"{seconds / 1e-6:.3g} µs"


def format_ratio(ratio: float) -> str:
    """How many times: about 6,000, about 90, 1.4; two clocks do not know more than a digit."""
    return f"about {float(f'{ratio:.1g}'):,.0f}" if ratio >= 10 else f"{ratio:.2g}"


def format_count(count: int, one: str, many: str = "") -> str:
    """1 row, 1,338 rows."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def join_items(items: Sequence[str], most: int, sign: str = ", ") -> str:
    """The first of several things, and how many more there are."""
    more = len(items) - most
    return sign.join(items[:most]) + (f" and {more:,} more" if more > 0 else "")


def shorten(text: str, longest: int = 18) -> str:
    """A name on one line, cut where it is too long."""
    text = " ".join(text.split())
    return text if len(text) <= longest else text[: longest - 1] + "…"


def escape_markdown(value: Any) -> str:
    """Text that Markdown, in a table or out of it, shows as it is."""
    text = html.escape(str(value), quote=False)
    for sign in "\\`*_[]|~":
        text = text.replace(sign, f"\\{sign}")
    return " ".join(text.split())


def format_markdown_table(names: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    head, *body = (f"| {' | '.join(map(escape_markdown, cells))} |" for cells in (names, *rows))
    return "\n".join((head, f"|{' --- |' * len(names)}", *body))
