"""Prepares each fold once for all models that are cross-validated on it.

PyCaret fits the whole preprocessing again for every model on every fold, which takes longer than
most models do; its own cache does not reach the copies that a cross-validation makes. A step that
draws from numpy's global generator is the one thing that could tell the difference; PyCaret seeds
those that it makes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from functools import partial
from pickle import PicklingError
from typing import Any
from unittest.mock import patch
from weakref import WeakKeyDictionary

Table = tuple[Any, ...]
"""Rows and their targets, as frame and series or as PyCaret has them."""

MOST_BYTES = 256 * 2**20
"""Tables that one process keeps; what would exceed that is prepared again each time."""
LARGEST_BYTES = MOST_BYTES // 16
"""Raw rows of a fold; where few folds could be kept, not even their contents are looked at."""


@dataclass(frozen=True)
class PreparedFold:
    """What fitting the steps before the model leaves behind.

    Attributes:
        steps: name and fitted step, without the model.
        table: the rows that the model is fitted on, and their targets.
        columns: the raw names that PyCaret's pipeline writes down.
    """

    steps: list[tuple[str, Any]]
    table: Table
    columns: list[str] | None


@dataclass
class FoldCache:
    """Results by the contents of all that they depend on.

    Attributes:
        room: bytes of tables that may still be put here.
        fitted: by steps, rows and targets.
        transformed: by the same, and the rows and targets to be transformed.
        owners: for pipelines with steps from here, their key in `fitted` and those steps.
    """

    room: int = MOST_BYTES
    fitted: dict[str, PreparedFold] = field(default_factory=dict)
    transformed: dict[tuple[str, str], Table] = field(default_factory=dict)
    owners: WeakKeyDictionary[Any, tuple[str, list[Any]]] = field(default_factory=WeakKeyDictionary)

    def fit(self, pipeline: Any, raw: Table, params: Any, fit: Callable[..., Any]) -> Any:
        """As PyCaret's `Pipeline._fit`: fits all steps before the model.

        Returns:
            Rows and targets after those steps, and the arguments for fitting the model.
        """
        *before, (last, model) = pipeline.steps
        key = None
        if before and model != "passthrough" and _size(raw) <= LARGEST_BYTES:
            key = None if _for_steps(before, params) else _contents(before, raw)
        if key is None:
            return fit(pipeline, *raw, params)
        if key not in self.fitted:
            *table, for_model = fit(pipeline, *raw, params)
            if self._takes(tuple(table)):
                found = PreparedFold(pipeline.steps[:-1], tuple(table), pipeline._feature_names_in)
                self.fitted[key] = deepcopy(found)
                self._owned(pipeline, key)
            return *table, for_model
        mine = deepcopy(self.fitted[key])
        pipeline.steps = [*mine.steps, (last, model)]
        pipeline._feature_names_in = mine.columns
        self._owned(pipeline, key)
        return *mine.table, params.get(last, {})

    def transform(
        self, transform: Callable[..., Any], pipeline: Any, *raw: Any, **which: bool
    ) -> Any:
        """As PyCaret's `_full_transform`: rows and targets after the steps before the model."""
        key, steps = self.owners.get(pipeline, ("", []))
        same = all(mine is step for mine, (_, step) in zip(steps, pipeline.steps, strict=False))
        rows = _contents(raw) if key and same and which == {"with_final": False} else None
        if rows is None:
            return transform(pipeline, *raw, **which)
        if (key, rows) not in self.transformed:
            table = transform(pipeline, *raw, **which)
            if not self._takes(table):
                return table
            self.transformed[key, rows] = table
        return deepcopy(self.transformed[key, rows])

    def _takes(self, table: Table) -> bool:
        """Whether there is room for a table, which is then taken."""
        size = _size(table)
        fits = size <= self.room
        self.room -= size * fits
        return fits

    def _owned(self, pipeline: Any, key: str) -> None:
        self.owners[pipeline] = (key, [step for _, step in pipeline.steps[:-1]])


@contextmanager
def cache_preparation(cache: FoldCache | None = None) -> Iterator[FoldCache]:
    """Let PyCaret's pipelines take over what an equal one has fitted or transformed before.

    Equal are those whose steps before the model, rows and targets have equal contents. Everyone
    gets a copy. Forked workers have the shelf as it was, and then each its own.
    """
    from pycaret.internal import pipeline as theirs

    cache = FoldCache() if cache is None else cache
    fit, transform = theirs.Pipeline._fit, theirs.Pipeline._memory_full_transform.fget

    def _fit(self: Any, rows: Any = None, targets: Any = None, params: Any = None) -> Any:
        return cache.fit(self, (rows, targets), params or {}, fit)

    def _memory_full_transform(self: Any) -> Any:
        original = transform(self)
        if original is theirs._noop_transform:  # what is scored has been transformed before
            return original
        return partial(cache.transform, original)

    with (
        patch.object(theirs.Pipeline, "_fit", _fit),
        patch.object(theirs.Pipeline, "_memory_full_transform", property(_memory_full_transform)),
    ):
        yield cache


def _for_steps(before: Sequence[tuple[str, Any]], params: Mapping[str, Any]) -> bool:
    """Whether the call has arguments for other steps than the model."""
    return any(value for name, _ in before for value in params.get(name, {}).values())


def _contents(*parts: Any) -> str | None:
    """A hash of everything in the parts; None where something cannot be hashed."""
    import joblib

    try:
        return joblib.hash(parts)  # type: ignore[no-any-return]
    except (PicklingError, TypeError, AttributeError):  # such as a lambda in a custom step
        return None


def _size(table: Table) -> int:
    """Bytes of rows and targets, less the objects that they point to."""
    import numpy as np

    return int(
        sum(
            np.sum(p.memory_usage()) if hasattr(p, "memory_usage") else np.asarray(p).nbytes
            for p in table
        )
    )
