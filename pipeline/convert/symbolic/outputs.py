"""What an estimator computes, before PyCaret's labels are applied."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.functions.float64 import sum_in_order
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, INT64, Tensor
from pipeline.errors import ConversionError


@dataclass(frozen=True)
class Regression:
    """What a regressor answers.

    Attributes:
        values: (N, 1) double.
        dtype: float32 or float64, in which the original answers: whatever adds its answers up
            does that in it.
    """

    values: Tensor
    dtype: np.dtype[Any] = DOUBLE

    @classmethod
    def of(cls, values: Tensor) -> Regression:
        """Values as they are computed, in the original's dtype."""
        return cls(values.cast(DOUBLE), values.dtype)


@dataclass(frozen=True)
class Classification:
    """What a classifier answers.

    Attributes:
        label: (N,) int64, position of the predicted class in `classes`.
        classes: (K,) the estimator's own `classes_`.
        probabilities: (N, K) double in the order of `classes`; None without predict_proba.
        scores: decision_function as scikit-learn shapes it, but always 2-D: (N, 1) for two
            classes, else (N, K); None where the estimator has none.
        dtype: float32 or float64, in which the original has its probabilities.
    """

    label: Tensor
    classes: NDArray[Any]
    probabilities: Tensor | None = None
    scores: Tensor | None = None
    dtype: np.dtype[Any] = DOUBLE


Outcome = Regression | Classification


def common_dtype(outcomes: Sequence[Outcome]) -> np.dtype[Any]:
    """The dtype in which NumPy adds these answers up: float32 where all are that."""
    return np.result_type(*(outcome.dtype for outcome in outcomes))


def stack_binary_probabilities(graph: Graph, positive: Tensor) -> Tensor:
    """(N, 1) probability of the second class -> (N, 2)."""
    return graph.concat([1.0 - positive, positive])


def label_positive(condition: Tensor) -> Tensor:
    """(N, 1) bool, true for the second of two classes -> (N,) int64."""
    return condition.cast(INT64).reshape(-1)


def normalize_rows(probabilities: Tensor) -> Tensor:
    """Rows divided by their sum: (N, K) -> (N, K)."""
    return probabilities / probabilities.sum()


def spread_over_classes(outcome: Classification, classes: NDArray[Any]) -> Tensor:
    """A member's probabilities over the ensemble's classes: (N, k) -> (N, K), absent ones zero.

    Raises:
        ConversionError: the member has no probabilities.
    """
    if outcome.probabilities is None:
        raise ConversionError("expected a member with predict_proba, got one without")
    if len(outcome.classes) == len(classes):
        return outcome.probabilities
    places = np.searchsorted(classes, outcome.classes)
    return outcome.probabilities @ place_classes(places, len(classes))


def place_classes(places: NDArray[Any], count: int) -> NDArray[np.float64]:
    """(k, count) zeros and ones: row i has its one at places[i]."""
    matrix = np.zeros((len(places), count))
    matrix[np.arange(len(places)), places] = 1.0
    return matrix


def count_votes(members: Sequence[Classification], tables: Sequence[NDArray[np.float64]]) -> Tensor:
    """Each member's votes by the class it predicts, added one member after another: (N, K).

    Labels (N, M) ─Add offsets, Gather─► (N, M, K) ─sum─► (N, K).

    Args:
        tables: for every member (k, K) votes, a row for each of its own classes.
    """
    graph = members[0].label.graph
    starts = np.cumsum([0, *(len(table) for table in tables[:-1])])
    labels = graph.concat([member.label.reshape(-1, 1) for member in members])
    votes = graph.constant(np.concatenate(tables)).gather(labels + starts[np.newaxis], axis=0)
    return sum_in_order(votes, len(members))
