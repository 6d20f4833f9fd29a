"""Generates edge cases: every column missing, unseen, extreme or at a threshold."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.manifest.columns import Input, Kind
from pipeline.runtime.feeds import make_feed

ROWS = 2000
"""At least this many hostile rows are made."""

LARGE = 1e30
"""Beyond float32's range (3.4e38) predict_model changes the dtype of the whole batch."""

THRESHOLDS_PER_COLUMN = 12
ANY_COLUMN = "any"


@dataclass(frozen=True)
class HostileRows:
    """Hostile rows and why each is there.

    Attributes:
        frame: the raw feature columns, (n, columns); numbers float64, text and dates as they are.
        columns: (n,) the column that was changed, or "any".
        kinds: (n,) what was done to it.
    """

    frame: pd.DataFrame
    columns: NDArray[np.object_]
    kinds: NDArray[np.object_]


@dataclass(frozen=True)
class CellChange:
    """One thing to do to one column: the value that replaces what a real row has there."""

    column: str
    kind: str
    value: object


def make_hostile_rows(
    frame: pd.DataFrame,
    inputs: Sequence[Input],
    thresholds: Mapping[str, NDArray[np.float64]],
    seed: int,
) -> HostileRows:
    """At least `ROWS` rows: real ones with one column changed, then mixtures of such changes.

    Args:
        frame: the table's own rows.
        inputs: the raw feature columns and their kinds.
        thresholds: split values of the model's trees per raw column.
        seed: makes the rows reproducible.
    """
    random = np.random.default_rng(seed)
    changes = [
        change
        for column in inputs
        for change in _changes(column, frame[column.name], thresholds.get(column.name, ()))
    ]
    rows = _loosen(frame[[i.name for i in inputs]], inputs)
    single = _apply(rows, [[c] for c in changes], random)
    mixtures = [_mixture(changes, random) for _ in range(max(200, ROWS - len(changes)))]
    mixed = _apply(rows, [*mixtures, *_all_missing(changes)], random)
    columns = [c.column for c in changes] + [ANY_COLUMN] * len(mixed)
    kinds = [c.kind for c in changes] + ["mixture"] * len(mixtures)
    kinds += ["all missing"] * (len(mixed) - len(mixtures))
    return HostileRows(
        pd.concat([single, mixed], ignore_index=True),
        np.array(columns, dtype=object),
        np.array(kinds, dtype=object),
    )


def _changes(column: Input, values: pd.Series, thresholds: Iterable[float]) -> Iterator[CellChange]:
    for kind, value in MAKERS[column.kind](values.dropna()):
        # A word that is read as missing, or as another, never reaches the model.
        if not isinstance(value, str) or make_feed(column, [value]).item() == value:
            yield CellChange(column.name, kind, value)
    if column.kind == "number":
        for value in _edges(np.array(list(thresholds), dtype=float)):
            yield CellChange(column.name, "tree threshold", value)


def _numbers(values: pd.Series) -> Iterator[tuple[str, object]]:
    low, high = float(values.min()), float(values.max())
    step = max(high - low, 1.0) / 100
    yield from (("missing", np.nan), ("minimum", low), ("maximum", high))
    yield from (("just outside", low - step), ("just outside", high + step))
    yield from (("zero", 0.0), ("zero", -0.0), ("negative", -abs(high) - 1.0))
    yield from (("whole as float", float(round(high))), ("fraction", low + step / 3))
    yield from (("very large", LARGE), ("very large", -LARGE), ("very large", 1e9 + 1))
    yield from (("very small", 1e-30), ("very small", 5e-324))


def _edges(thresholds: NDArray[np.float64]) -> Iterator[float]:
    """Values on a threshold and one unit in the last place beside it, in both precisions."""
    # Splits between present and missing stand at the largest double, outside the contract.
    thresholds = thresholds[np.abs(thresholds) <= LARGE]
    if not len(thresholds):
        return
    picks = np.linspace(0, len(thresholds) - 1, THRESHOLDS_PER_COLUMN, dtype=int)
    for threshold in thresholds[np.unique(picks)]:
        single = np.float32(threshold)
        for value in (threshold, single):
            for towards in (-np.inf, np.inf):
                yield float(np.nextafter(value, type(value)(towards)))
            yield float(value)


def _texts(values: pd.Series) -> Iterator[tuple[str, object]]:
    common = str(values.mode().iloc[0])
    yield from (("missing", np.nan), ("missing", None))
    yield from (("unseen", "never seen before"), ("unseen", "nan"), ("unseen", "None"))
    for variant in {common.upper(), common.lower(), common.title(), common.swapcase()} - {common}:
        yield "case", variant
    for variant in (f" {common}", f"{common} ", f"\t{common}\n", " "):
        yield "whitespace", variant
    for variant in ("Zoë", "東京", "é", "🙂", common + "\u200b", "x" * 5000):
        yield "unicode", variant
    for value in values.drop_duplicates().head(20):
        yield "known", value


def _booleans(values: pd.Series) -> Iterator[tuple[str, object]]:
    yield from (("known", True), ("known", False))


def _dates(values: pd.Series) -> Iterator[tuple[str, object]]:
    yield from (("minimum", values.min()), ("maximum", values.max()), ("missing", pd.NaT))
    moments = ("1969-12-31 23:59:59.999999999", "1970-01-01", "1900-02-28", "2000-02-29")
    for moment in (*moments, "2100-03-01", "1677-09-22", "2262-04-11", "2024-12-31 23:59:59"):
        yield "calendar edge", pd.Timestamp(moment)


MAKERS: Mapping[Kind, Callable[[pd.Series], Iterator[tuple[str, object]]]] = {
    "number": _numbers,
    "text": _texts,
    "boolean": _booleans,
    "date": _dates,
}


def _mixture(changes: Sequence[CellChange], random: np.random.Generator) -> list[CellChange]:
    """Two to four changes; a later one of the same column wins."""
    return [changes[i] for i in random.integers(0, len(changes), random.integers(2, 5))]


def _all_missing(changes: Sequence[CellChange]) -> list[list[CellChange]]:
    missing = [c for c in changes if c.kind == "missing"]
    return [missing] * 3 if missing else []


def _loosen(frame: pd.DataFrame, inputs: Sequence[Input]) -> pd.DataFrame:
    """Dtypes that can hold hostile values: numbers float64, text plain objects."""
    dtypes = {i.name: {"number": float, "text": object}[i.kind] for i in inputs if i.kind in _LOOSE}
    return frame.astype(dtypes)


_LOOSE = ("number", "text")


def _apply(
    rows: pd.DataFrame, changes: Sequence[Sequence[CellChange]], random: np.random.Generator
) -> pd.DataFrame:
    """One real row per list of changes, changed accordingly."""
    picked = rows.iloc[random.integers(0, len(rows), len(changes))].reset_index(drop=True)
    for column in picked.columns:
        places = {
            row: change.value
            for row, listed in enumerate(changes)
            for change in listed
            if change.column == column
        }
        if places:
            values = picked[column].astype(object).to_numpy(copy=True)
            for row, value in places.items():
                values[row] = value
            picked[column] = pd.Series(values, dtype=picked[column].dtype)
    return picked
