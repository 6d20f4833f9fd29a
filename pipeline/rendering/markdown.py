"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pipeline.rendering.wording import markdown


def grid(names: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    """A table in Markdown."""
    head, *body = (f"| {' | '.join(map(markdown, cells))} |" for cells in (names, *rows))
    return "\n".join((head, f"|{' --- |' * len(names)}", *body))
