"""Says which columns of a table do not fit a model, and which of them are near."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from pipeline.errors import DataError
from pipeline.manifest import LABEL, SCORE
from pipeline.manifest.columns import Input

_LISTED, _CANDIDATES = 10, 1000
"""How many names a refusal says at most, and among how many it looks for one that is near."""


def make_missing_error(columns: Sequence[Input], given: Sequence[str]) -> DataError:
    """The refusal of a table that lacks some of the inputs, and what is near them."""
    import difflib

    parts, candidates = [], [str(name) for name in given[:_CANDIDATES]]
    for number, column in enumerate(columns):
        few = candidates if number < _LISTED else []
        near = difflib.get_close_matches(column.name, few, n=1)
        parts.append(f"{column.name!r} ({column.kind}{f', nearest: {near[0]!r}' if near else ''})")
    return DataError(
        f"columns missing: {', '.join(parts)}",
        hint=f"Add or rename them; there are: {list_names(given)}",
        columns=[column.name for column in columns],
    )


def make_surplus_error(surplus: Sequence[str], given: Sequence[str]) -> DataError:
    """The refusal of a table with columns that the model does not take."""
    hint = "Drop or rename them, or keep them unused: ignore_surplus, --ignore-surplus"
    if all(str(name).startswith((LABEL, SCORE)) for name in surplus):
        hint = "They are what an earlier prediction wrote: drop or rename them"
    return DataError(
        f"columns that the model does not take: {list_names(surplus)} (of {len(given)} given)",
        hint=hint,
        columns=list(surplus),
    )


def list_names(names: Collection[object]) -> str:
    """The first names, and how many more there are."""
    shown = ", ".join(repr(name) for name in list(names)[:_LISTED])
    return shown if len(names) <= _LISTED else f"{shown} and {len(names) - _LISTED} more"
