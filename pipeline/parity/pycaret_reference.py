"""What PyCaret itself answers: predict_model, and the dtypes in which it works."""

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
    from pipeline.automl.experiment import Trained

BESIDE = 10
"""PyCaret leaves out a date's feature where over a tenth of a batch lacks the date."""


@dataclass(frozen=True)
class Answers:
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
    def of(cls, predictions: Predictions) -> Answers:
        """Predictions of somebody who refuses nothing."""
        none = np.zeros(len(predictions.labels), dtype=bool)
        return cls(predictions.labels, predictions.scores, none, none)

    @property
    def dropped(self) -> NDArray[np.bool_]:
        return np.array([_unanswered(label) for label in self.labels], dtype=bool)

    def predictions(self) -> Predictions:
        return Predictions(self.labels, self.scores)

    def at(self, places: NDArray[np.int64] | list[int]) -> Answers:
        """Some of the rows."""
        picked = self.predictions().at(places)
        return Answers(
            picked.labels, picked.scores, self.single[places], self.refused[places], self.reasons
        )


def answers(trained: Trained, rows: pd.DataFrame, single: bool | None = None) -> Answers:
    """predict_model(pipeline, rows, raw_score=True, round=17), all rows as one batch.

    Args:
        trained: the model.
        rows: (n, columns).
        single: what `Answers.single` is for these rows, where that is known: else every step
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
    return Answers(
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


def _unanswered(label: Any) -> bool:
    nan = isinstance(label, float) and np.isnan(label)
    return bool(nan or label in UNANSWERED.values())


def attempted(
    trained: Trained,
    rows: pd.DataFrame,
    beside: pd.DataFrame | None = None,
    single: bool | None = None,
) -> Answers:
    """What PyCaret answers to rows as one batch, all of them refused if it raises an error.

    Args:
        trained: the model.
        rows: (n, columns).
        beside: complete rows that stand in the same batch, ten for each of `rows`: without them a
            small batch may miss a whole column, or PyCaret may leave out a date's features.
        single: as in `answers`.
    """
    batch = rows if beside is None else accompanied(rows, beside)
    try:
        return answers(trained, batch, single).at(list(range(len(rows))))
    except Exception as err:  # noqa: BLE001  what an estimator raises is the finding
        causes.raise_memory(err)
        return _refused(len(rows), f"{type(err).__name__}: {err}")


def accompanied(rows: pd.DataFrame, beside: pd.DataFrame) -> pd.DataFrame:
    """The rows, and after them complete ones, ten for each."""
    places = np.resize(np.arange(len(beside)), BESIDE * len(rows))
    return pd.concat([rows, beside.iloc[places]])


def answers_by_group(
    trained: Trained, rows: pd.DataFrame, beside: pd.DataFrame, *levels: NDArray[Any]
) -> Answers:
    """All rows as one batch; where PyCaret refuses that, one batch per group, level after level.

    Args:
        trained: the model.
        rows: (n, columns).
        beside: complete rows that fill up the groups' batches.
        levels: each (n,), the group of every row; the next level divides refused groups.
    """
    found = attempted(trained, rows)
    return _divided(trained, rows, beside, levels) if found.refused.any() else found


def _divided(
    trained: Trained, rows: pd.DataFrame, beside: pd.DataFrame, levels: Sequence[NDArray[Any]]
) -> Answers:
    groups, *finer = levels
    places = [np.flatnonzero(groups == group) for group in dict.fromkeys(groups)]
    parts = []
    for place in places:
        batch, rest = rows.iloc[place], [level[place] for level in finer]
        part = attempted(trained, batch, beside)
        parts.append(
            _divided(trained, batch, beside, rest) if part.refused.any() and rest else part
        )
    return _joined(parts, np.concatenate(places))


def _single(pipeline: Any, rows: pd.DataFrame) -> bool:
    """Whether the columns that reach the estimator are float32 to it, or powers were before it."""
    from pipeline.convert.pycaret_pipeline import computing_dtype, powers_in_single, stages

    powers = False
    for step, x in stages(pipeline, rows):
        powers |= powers_in_single(step, x)
    return powers or computing_dtype(x) == np.float32  # the last is what the estimator reads


def _refused(count: int, reason: str) -> Answers:
    return Answers(
        labels=np.full(count, None, dtype=object),
        scores=None,
        single=np.zeros(count, dtype=bool),
        refused=np.ones(count, dtype=bool),
        reasons=(reason,),
    )


def _joined(parts: list[Answers], places: NDArray[np.int64]) -> Answers:
    """Batches put back into the order of the rows."""
    order = np.argsort(places, kind="stable")
    width = next((p.scores.shape[1] for p in parts if p.scores is not None), 0)
    empty = [np.full((len(p.labels), width), np.nan) for p in parts]
    scores = [e if p.scores is None else p.scores for e, p in zip(empty, parts, strict=True)]
    return Answers(
        labels=np.concatenate([p.labels.astype(object) for p in parts])[order],
        scores=np.concatenate(scores)[order] if width else None,
        single=np.concatenate([p.single for p in parts])[order],
        refused=np.concatenate([p.refused for p in parts])[order],
        reasons=tuple(dict.fromkeys(r for p in parts for r in p.reasons)),
    )
