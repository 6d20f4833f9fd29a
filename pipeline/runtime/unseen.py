"""Counts values that the model has never seen, column by column.

Standard library and numpy only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from pipeline.errors import DataError
from pipeline.manifest import Warned
from pipeline.manifest.columns import Input, Known
from pipeline.runtime.grammar import NAT
from pipeline.runtime.table_columns import Tensor, column_values, format_value
from pipeline.runtime.values import lacks_value

What = Literal["category", "missing", "range", "no date"]
SHOWN = 3
"""Examples of each column."""

_SAID: Mapping[What, str] = {
    "category": "a category that training never saw",
    "missing": "no value, which training always had",
    "range": "a value outside the range of training",
    "no date": "no date of the calendar or none from 1678 to 2261, read as missing",
}


@dataclass(frozen=True)
class Unseen:
    """Rows of one column that training had nothing like.

    Attributes:
        what: an unseen category; missing where training had no gap; out of training's range; or
            no date, and so read as missing.
        row: the first of them, counted from 1.
        line: the line of the file on which it starts, where there is a file of lines.
        examples: up to three different ones; none for missing values.
    """

    column: str
    what: What
    count: int
    row: int
    line: int | None = None
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        place = f"row {self.row}" if self.line is None else f"row {self.row} (line {self.line})"
        rows = "1 row has" if self.count == 1 else f"{self.count} rows have"
        examples = f": {', '.join(self.examples)}" if self.examples else ""
        first = "" if self.count == 1 else "first "
        return f"column {self.column!r}: {rows} {_SAID[self.what]} ({first}{place}){examples}"


class UnseenError(DataError):
    """A table holds what the model has never seen, and that was not to be."""


class Tally:
    """Counts over the batches of a table, in the order of the model's inputs."""

    def __init__(self, inputs: Sequence[Input]) -> None:
        self._inputs = inputs
        self._categories = {
            column.name: frozenset(column.known.categories)
            for column in inputs
            if column.known is not None and column.known.categories is not None
        }
        self._found: dict[tuple[str, What], Unseen] = {}

    @property
    def found(self) -> tuple[Unseen, ...]:
        """What was counted so far."""
        places = {column.name: place for place, column in enumerate(self._inputs)}
        return tuple(sorted(self._found.values(), key=lambda one: places[one.column]))

    def add(
        self,
        columns: Mapping[str, Any],
        tensors: Mapping[str, Tensor],
        first: int = 0,
        lines: Sequence[int] = (),
    ) -> None:
        """Count some rows.

        Args:
            columns: the values of each input, as `pipeline.runtime.feeds.make_feed` takes them.
            tensors: (N, 1) what it made of them.
            first: number of rows before these.
            lines: of each row, where the table is a file of lines.
        """
        for column in self._inputs:
            tensor = tensors[column.name].reshape(-1)
            for what, flags, show in self._flagged(column, tensor, columns[column.name]):
                places = np.flatnonzero(flags)
                if not places.size:
                    continue
                start = int(places[0])
                one = Unseen(
                    column.name,
                    what,
                    int(places.size),
                    first + start + 1,
                    lines[start] if len(lines) else None,
                    _examples(places, show),
                )
                before = self._found.get((column.name, what))
                self._found[column.name, what] = _together(before, one) if before else one

    def refuse(self) -> None:
        """Raise if anything was counted.

        Raises:
            UnseenError: with every column, count, first row and examples.
        """
        if self.found:
            said = "".join(f"\n  {one}" for one in self.found)
            raise UnseenError(
                f"the table holds what the model has never seen{said}",
                hint="Correct those cells, or score all the same with --unseen warn",
                unseen=self.found,
            )

    def _flagged(
        self, column: Input, tensor: Tensor, given: Any
    ) -> Iterator[tuple[What, Tensor, Callable[[int], str] | None]]:
        """Which rows are of which kind, and how to show one."""
        gaps = find_gaps(column, tensor)
        odd = np.zeros(len(gaps), dtype=bool)
        if column.kind == "date" and column.cells is not None and gaps.any():
            values = column_values(column, given)
            for place in np.flatnonzero(gaps):
                odd[place] = not lacks_value(values[place], column.cells)
            yield "no date", odd, lambda place: _format(values[place])
        for warned, flags in flag_values(column, tensor, gaps, self._categories.get(column.name)):
            if warned == "missing":
                yield "missing", flags & ~odd, None
            elif warned == "unseen":
                yield "category", flags, lambda place: format_value(tensor[place])
            else:
                yield "range", flags, lambda place: _value(column, tensor[place])


def flag_values(
    column: Input, tensor: Tensor, gaps: Tensor, categories: frozenset[str] | None = None
) -> Iterator[tuple[Warned, Tensor]]:
    """Which values of a column training never saw: (N,) bool of each kind that there may be.

    Args:
        column: whose `known` decides.
        tensor: (N,) its values.
        gaps: (N,) those that are missing.
        categories: those of `known`, where they are at hand as a set.
    """
    known = column.known
    if known is None:
        return
    if not known.missing:
        yield "missing", gaps
    if known.categories is not None:
        yield "unseen", _strange(tensor.tolist(), categories or frozenset(known.categories))
    elif known.minimum is not None:
        yield "range", _outside(tensor, known, gaps)


def _strange(texts: Sequence[str], categories: frozenset[str]) -> Tensor:
    strange = set(texts) - categories - {""}
    if not strange:
        return np.zeros(len(texts), dtype=bool)
    return np.fromiter((text in strange for text in texts), dtype=bool, count=len(texts))


def find_gaps(column: Input, tensor: Tensor) -> Tensor:
    """(N,) which values of a column are missing."""
    if column.kind == "number":
        return np.isnan(tensor)
    if column.kind == "boolean":
        return np.zeros(len(tensor), dtype=bool)
    return np.asarray(tensor == (NAT if column.kind == "date" else ""), dtype=bool)


def _outside(tensor: Tensor, known: Known, gaps: Tensor) -> Tensor:
    return ((tensor < known.minimum) | (tensor > known.maximum)) & ~gaps


def _examples(places: Tensor, show: Callable[[int], str] | None) -> tuple[str, ...]:
    if show is None:
        return ()
    found: dict[str, None] = {}
    for place in places[:1000]:  # different ones are soon found, or there are none
        found[show(int(place))] = None
        if len(found) == SHOWN:
            break
    return tuple(found)


def _format(value: Any) -> str:
    return str(value) if isinstance(value, np.datetime64) else format_value(value)


def _value(column: Input, value: Any) -> str:
    if column.kind == "date":
        return str(np.datetime64(int(value), "ns").astype("datetime64[s]"))
    return f"{float(value):.15g}"


def _together(before: Unseen, one: Unseen) -> Unseen:
    examples = tuple(dict.fromkeys(before.examples + one.examples))[:SHOWN]
    return replace(before, count=before.count + one.count, examples=examples)
