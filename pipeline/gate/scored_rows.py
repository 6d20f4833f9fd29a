"""Predictions beside the truth, ready for any metric."""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.automl.leaderboard_metrics import encode_labels
from pipeline.manifest import Label, Manifest
from pipeline.report import holdout
from pipeline.runtime.predictions import Predictions
from pipeline.selection.metric import Metric

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class ScoredRows:
    """Answers to n rows whose truth is known.

    Attributes:
        actual: (n,) numbers, or classes as text.
        predictions: labels (n,) of the same sort, and scores.
        labels: the classes in the order of the scores; None for regression.
    """

    actual: NDArray[Any]
    predictions: Predictions
    labels: tuple[Label, ...] | None

    def codes(self, metric: Metric) -> tuple[NDArray[Any], NDArray[Any]]:
        """Actual and predicted values as the metric's function takes them.

        Raises:
            ValueError: the metric takes probabilities, and there are none.
        """
        given = replace(metric, labels=self.labels).given(self.predictions)
        if given is None:
            raise ValueError(f"{metric.name} takes probabilities")
        return encode_labels(self.actual, self.labels), given

    def value(self, metric: Metric) -> float:
        """The metric, greater if better; not a number where it cannot be computed."""
        if not len(self.actual):
            return math.nan
        return replace(metric, labels=self.labels).value(self.actual, self.predictions)

    def at(self, places: NDArray[Any]) -> ScoredRows:
        """Some of the rows."""
        return replace(self, actual=self.actual[places], predictions=self.predictions.at(places))


def read_scored_rows(table: pd.DataFrame | None, manifest: Manifest) -> ScoredRows | None:
    """What PyCaret kept from a model while it was chosen; None if that is not known.

    A table of something else must not stop a gate.
    """
    if table is None:
        return None
    try:
        found = holdout.read_holdout({"target": manifest.target, "labels": manifest.labels}, table)
    except (KeyError, ValueError, TypeError) as err:
        log.warning("the holdout's rows that were kept cannot be used: %r", err)
        return None
    return ScoredRows(found.actual, Predictions(found.predicted, found.scores), manifest.labels)


def align_classes(
    found: Predictions, own: tuple[Label, ...], labels: tuple[Label, ...], actual: NDArray[Any]
) -> Predictions:
    """Answers of a model with other classes, as if it had these.

    A class that it lacks has probability 0. A class that only it has is always wrong: such an
    answer counts as the class after the actual one, and its probability goes to the others in
    proportion.

    Args:
        found: labels as text and scores (n, len(own)).
        own: the model's classes.
        labels: the classes that are wanted.
        actual: (n,) the true class of each row as text, one of `labels`.
    """
    wanted = tuple(map(str, labels))
    if (had := tuple(map(str, own))) == wanted:
        return found
    after = dict(zip(wanted, (*wanted[1:], wanted[0]), strict=True))
    pairs = zip(found.labels.tolist(), actual.tolist(), strict=True)
    names = [label if label in after else after[true] for label, true in pairs]
    scores = None if found.scores is None else _rearrange(found.scores, had, wanted)
    return replace(found, labels=np.array(names, dtype=str), scores=scores)


def _rearrange(
    scores: NDArray[np.float64], had: tuple[str, ...], wanted: tuple[str, ...]
) -> NDArray[np.float64]:
    place = {name: k for k, name in enumerate(had)}
    none = np.zeros(len(scores))
    found = np.column_stack([scores[:, place[n]] if n in place else none for n in wanted])
    if set(had) <= set(wanted):
        return found
    total = found.sum(axis=1, keepdims=True)
    even = np.full(found.shape, 1 / len(wanted))
    return np.divide(found, total, out=even, where=total > 0)
