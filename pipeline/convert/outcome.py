"""What an estimator computes, before PyCaret's labels are put on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.graph import Graph
from pipeline.convert.tensor import DOUBLE, INT64, Tensor
from pipeline.errors import ConversionError


@dataclass(frozen=True)
class Regression:
    """values: (N, 1) double."""

    values: Tensor


@dataclass(frozen=True)
class Classification:
    """What a classifier answers.

    Attributes:
        label: (N,) int64, position of the predicted class in `classes`.
        classes: (K,) the estimator's own `classes_`.
        probabilities: (N, K) double in the order of `classes`; None without predict_proba.
        scores: decision_function as scikit-learn shapes it, but always 2-D: (N, 1) for two
            classes, else (N, K); None where the estimator has none.
    """

    label: Tensor
    classes: NDArray[Any]
    probabilities: Tensor | None = None
    scores: Tensor | None = None


Outcome = Regression | Classification


def binary_probabilities(graph: Graph, positive: Tensor) -> Tensor:
    """(N, 1) probability of the second class -> (N, 2)."""
    return graph.concat([1.0 - positive, positive])


def positive_label(condition: Tensor) -> Tensor:
    """(N, 1) bool, true for the second of two classes -> (N,) int64."""
    return condition.cast(INT64).reshape(-1)


def normalised(probabilities: Tensor) -> Tensor:
    """Rows divided by their sum: (N, K) -> (N, K)."""
    return probabilities / probabilities.sum()


def spread(outcome: Classification, classes: NDArray[Any]) -> Tensor:
    """A member's probabilities over the ensemble's classes: (N, k) -> (N, K), absent ones zero.

    Raises:
        ConversionError: the member has no probabilities.
    """
    if outcome.probabilities is None:
        raise ConversionError("expected a member with predict_proba, got one without")
    if len(outcome.classes) == len(classes):
        return outcome.probabilities
    placed = np.zeros((len(outcome.classes), len(classes)))
    placed[np.arange(len(outcome.classes)), np.searchsorted(classes, outcome.classes)] = 1.0
    return outcome.probabilities @ placed.astype(DOUBLE)
