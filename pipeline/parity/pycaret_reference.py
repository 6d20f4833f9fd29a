"""Computes the reference predictions with PyCaret's predict_model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import causes
from pipeline.manifest import UNANSWERED
from pipeline.runtime.predictions import Predictions

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult

BESIDE = 10
"""PyCaret leaves out a date's feature where over a tenth of a batch lacks the date."""


@dataclass(frozen=True)
class PyCaretAnswers:
    """Predictions for n rows.

    Attributes:
        labels: (n,) predicted numbers (float64) or class labels (object).
        scores: (n, K) float64 probabilities in the order of the labels; None without.
        dropped: (n,) PyCaret dropped the row, which is what the labels then say.
        single: (n,) PyCaret computed in float32: the estimator, or powers before it.
        refused: (n,) PyCaret raised an error for the row's batch.
        reasons: the errors it raised.
    """

    labels: NDArray[Any]
    scores: NDArray[np.float64] | None
    single: NDArray[np.bool_]
    refused: NDArray[np.bool_]
    reasons: tuple[str, ...] = ()

    @classmethod
    def of(cls, predictions: Predictions) -> PyCaretAnswers:
        """Predictions of somebody who refuses nothing."""
        none = np.zeros(len(predictions.labels), dtype=bool)
        return cls(predictions.labels, predictions.scores, none, none)

    @property
    def dropped(self) -> NDArray[np.bool_]:
        return np.array([_is_unanswered(label) for label in self.labels], dtype=bool)

    def predictions(self) -> Predictions:
        return Predictions(self.labels, self.scores)

    def at(self, places: NDArray[np.int64] | list[int]) -> PyCaretAnswers:
        """Some of the rows."""
        picked = self.predictions().at(places)
        return PyCaretAnswers(
            picked.labels, picked.scores, self.single[places], self.refused[places], self.reasons
        )


def predict_with_pycaret(
    trained: SearchResult, rows: pd.DataFrame, single: bool | None = None
) -> PyCaretAnswers:
    """predict_model(pipeline, rows, raw_score=True, round=17), all rows as one batch.

    Args:
        trained: the model.
        rows: (n, columns).
        single: what `PyCaretAnswers.single` is for these rows, where that is known: else every step
            works on them once more.

    Raises:
        Exception: whatever PyCaret raises for such rows.
    """
    frame = rows.reset_index(drop=True)
    predicted = trained.task.predict(trained.experiment, trained.pipeline, frame.copy())
    label, *probabilities = trained.task.outputs
    names = [c for c in predicted.columns if str(c).startswith(tuple(probabilities))]
    numeric = trained.task.predicts == "numbers"
    labels = predicted[label].to_numpy(dtype=float if numeric else object)
    scores = predicted[names].to_numpy(dtype=float) if names else None
    kept = frame.index.isin(predicted.index)  # imputation by dropping leaves rows out
    return PyCaretAnswers(
        labels=labels if kept.all() else _spread(labels, kept, _missing_label(labels)),
        scores=scores if scores is None or kept.all() else _spread(scores, kept, np.nan),
        single=np.full(len(frame), _single(trained.pipeline, frame) if single is None else single),
        refused=np.zeros(len(frame), dtype=bool),
    )


def _spread(answers: NDArray[Any], kept: NDArray[np.bool_], missing: Any) -> NDArray[Any]:
    """The answers at the rows they belong to, something missing elsewhere."""
    whole = np.full((len(kept), *answers.shape[1:]), missing, dtype=answers.dtype)
    whole[kept] = answers
    return whole


def _missing_label(labels: NDArray[Any]) -> Any:
    if labels.dtype != object:
        return UNANSWERED["tensor(double)"]
    texts = len(labels) > 0 and isinstance(labels[0], str)
    return UNANSWERED["tensor(string)" if texts else "tensor(int64)"]


def _is_unanswered(label: Any) -> bool:
    nan = isinstance(label, float) and np.isnan(label)
    return bool(nan or label in UNANSWERED.values())


def try_batch(
    trained: SearchResult,
    rows: pd.DataFrame,
    beside: pd.DataFrame | None = None,
    single: bool | None = None,
) -> PyCaretAnswers:
    """What PyCaret answers to rows as one batch, all of them refused if it raises an error.

    Args:
        trained: the model.
        rows: (n, columns).
        beside: complete rows that stand in the same batch, ten for each of `rows`: without them a
            small batch may miss a whole column, or PyCaret may leave out a date's features.
        single: as in `predict_with_pycaret`.
    """
    batch = rows if beside is None else add_companions(rows, beside)
    try:
        return predict_with_pycaret(trained, batch, single).at(list(range(len(rows))))
    except Exception as err:  # noqa: BLE001  what an estimator raises is the finding
        causes.raise_if_memory(err)
        return _refuse_all(len(rows), f"{type(err).__name__}: {err}")


def add_companions(rows: pd.DataFrame, beside: pd.DataFrame) -> pd.DataFrame:
    """The rows, and after them complete ones, ten for each."""
    places = np.resize(np.arange(len(beside)), BESIDE * len(rows))
    return pd.concat([rows, beside.iloc[places]])


def predict_by_group(
    trained: SearchResult, rows: pd.DataFrame, beside: pd.DataFrame, *levels: NDArray[Any]
) -> PyCaretAnswers:
    """All rows as one batch; where PyCaret refuses that, one batch per group, level after level.

    Args:
        trained: the model.
        rows: (n, columns).
        beside: complete rows that fill up the groups' batches.
        levels: each (n,), the group of every row; the next level divides refused groups.
    """
    found = try_batch(trained, rows)
    return _divide(trained, rows, beside, levels) if found.refused.any() else found


def _divide(
    trained: SearchResult, rows: pd.DataFrame, beside: pd.DataFrame, levels: Sequence[NDArray[Any]]
) -> PyCaretAnswers:
    groups, *finer = levels
    places = [np.flatnonzero(groups == group) for group in dict.fromkeys(groups)]
    parts = []
    for place in places:
        batch, rest = rows.iloc[place], [level[place] for level in finer]
        part = try_batch(trained, batch, beside)
        parts.append(_divide(trained, batch, beside, rest) if part.refused.any() and rest else part)
    return _join(parts, np.concatenate(places))


def _single(pipeline: Any, rows: pd.DataFrame) -> bool:
    """Whether the columns that reach the estimator are float32 to it, or powers were before it."""
    from pipeline.convert.pycaret_pipeline import choose_dtype, powers_in_single, run_stages

    powers = False
    for step, x in run_stages(pipeline, rows):
        powers |= powers_in_single(step, x)
    return powers or choose_dtype(x) == np.float32  # the last is what the estimator reads


def _refuse_all(count: int, reason: str) -> PyCaretAnswers:
    return PyCaretAnswers(
        labels=np.full(count, None, dtype=object),
        scores=None,
        single=np.zeros(count, dtype=bool),
        refused=np.ones(count, dtype=bool),
        reasons=(reason,),
    )


def _join(parts: list[PyCaretAnswers], places: NDArray[np.int64]) -> PyCaretAnswers:
    """Batches put back into the order of the rows."""
    order = np.argsort(places, kind="stable")
    width = next((p.scores.shape[1] for p in parts if p.scores is not None), 0)
    empty = [np.full((len(p.labels), width), np.nan) for p in parts]
    scores = [e if p.scores is None else p.scores for e, p in zip(empty, parts, strict=True)]
    return PyCaretAnswers(
        labels=np.concatenate([p.labels.astype(object) for p in parts])[order],
        scores=np.concatenate(scores)[order] if width else None,
        single=np.concatenate([p.single for p in parts])[order],
        refused=np.concatenate([p.refused for p in parts])[order],
        reasons=tuple(dict.fromkeys(r for p in parts for r in p.reasons)),
    )
