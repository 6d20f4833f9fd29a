"""Verifies the masks of a graph that warns, against what scoring counts in Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.runtime.masks import flag_rows, pack_flags

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pipeline.manifest.columns import Input
    from pipeline.runtime.scorer import Scorer


def count_wrong_warnings(scorer: Scorer, tables: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many rows were held against Python's warnings, and how many of them differ in a bit.

    Args:
        scorer: of a graph that warns.
        tables: columns of rows; the limits of each column are tried in a row of the first.

    Raises:
        DataError: a row cannot be fed to the graph.
    """
    manifest, rows, wrong = scorer.manifest, 0, 0
    feeds = [scorer.feeds(table) for table in tables]
    for tensors in (*feeds, make_limit_rows(manifest.inputs, feeds[0])):
        found, expected = scorer.run_masks(tensors), flag_rows(manifest.inputs, tensors)
        differs = [
            (found[mask.name] != pack_flags(expected[mask.warns])).any(axis=1)
            for mask in manifest.warnings
        ]
        rows += len(differs[0])
        wrong += int(np.count_nonzero(np.logical_or.reduce(differs)))
    return {"warning_rows": rows, "warning_failures": wrong}


def expect_masks(scorer: Scorer, table: Mapping[str, Any]) -> dict[str, list[list[int]]]:
    """The words of each mask by row, as Python has them.

    Raises:
        DataError: a row cannot be fed to the graph.
    """
    manifest = scorer.manifest
    flags = flag_rows(manifest.inputs, scorer.feeds(table))
    return {mask.name: pack_flags(flags[mask.warns]).tolist() for mask in manifest.warnings}


def make_limit_rows(inputs: Sequence[Input], tensors: Mapping[str, Any]) -> dict[str, Any]:
    """The first row again and again, each time with another limit of one column, or beside it."""
    changes = [(each.name, value) for each in inputs for value in _limits(each)]
    rows = {
        name: np.repeat(tensor[:1], len(changes) + 1, axis=0) for name, tensor in tensors.items()
    }
    for row, (name, value) in enumerate(changes):
        rows[name][row, 0] = value
    return rows


def _limits(column: Input) -> Iterator[Any]:
    known = column.known
    if known is None:
        return
    if column.kind == "number":
        yield from (np.nan, 0.0, -0.0)
    if column.kind == "text":
        for text in ("", *(known.categories or ())[:1]):
            yield from (text, f"{text} ", text.swapcase())
    for end in (known.minimum, known.maximum):
        if end is None:
            continue
        if column.kind == "number":
            yield from (
                np.nextafter(float(end), -np.inf),
                float(end),
                np.nextafter(float(end), np.inf),
            )
        else:
            yield from (int(end) - 1, int(end), int(end) + 1)
