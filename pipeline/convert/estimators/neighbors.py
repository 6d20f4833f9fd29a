"""Nearest neighbours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.frame import Features
from pipeline.convert.graph import BOOL, DOUBLE, INT64, Graph, Tensor
from pipeline.convert.outcome import Classification, Regression, normalised
from pipeline.convert.pairwise import (
    by_blocks,
    chebyshev_distances,
    manhattan_distances,
    powered_distances,
    squared_distances,
)
from pipeline.convert.registry import Entry
from pipeline.errors import ConversionError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Metric:
    """A distance as scikit-learn computes it: a reduced one to rank by, and the way back.

    Attributes:
        reduced: (B, F) rows and (M, F) references → (B, M).
        restore: the reduced distance → the distance.
    """

    reduced: Callable[[Tensor, Array], Tensor]
    restore: Callable[[Tensor], Tensor]


def neighbors_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) ─distances, TopK─► (N, k) neighbours ─Gather─► their targets ─mean─► (N, 1).

    Raises:
        ConversionError: several targets, or a metric or weights without an exact form.
    """
    targets = np.asarray(estimator._y, dtype=np.float64)
    if targets.size != len(targets):
        raise ConversionError(
            f"expected one target, got {targets.shape[1]}", hint="train on one target"
        )
    sums = _weighted_sums(estimator, x, np.column_stack([targets.ravel(), np.ones(len(targets))]))
    return Regression(sums.columns([0]) / sums.columns([1]))


def neighbors_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─distances, TopK─► (N, k) neighbours ─Gather─► their classes ─sum─► (N, K) votes.

    Raises:
        ConversionError: several targets, or a metric or weights without an exact form.
    """
    if estimator.outputs_2d_:
        raise ConversionError(
            f"expected one target, got {len(estimator.classes_)}", hint="train on one target"
        )
    classes = np.asarray(estimator.classes_)
    votes = _weighted_sums(estimator, x, np.eye(len(classes))[estimator._y])
    return Classification(votes.argmax(), classes, normalised(votes))


def _weighted_sums(estimator: Any, x: Features, values: Array) -> Tensor:
    """Σ weight · value over the k nearest training rows: (N, F), (M, V) → (N, V).

    Of several rows at the same distance from the k-th on, the first in the training table counts;
    scikit-learn takes the one its tree happens to visit first.
    """
    references = np.asarray(estimator._fit_X, dtype=np.float64)
    metric, weighted = _metric(estimator), _is_weighted(estimator)
    k = estimator.n_neighbors

    def answer(block: Tensor) -> Tensor:
        reduced, nearest = metric.reduced(block, references).topk(k, largest=False)
        picked = block.graph.constant(values).gather(nearest, axis=0)
        if weighted:
            picked = picked * _inverse(metric.restore(reduced)).reshape(-1, k, 1)
        return picked.sum(axis=1, keepdims=False)

    return by_blocks(x.double, (x.width, values.shape[1]), len(references), answer)


def _inverse(distances: Tensor) -> Tensor:
    """1 / distance, (B, k); where a row lies on training rows, those count and no others."""
    weights = 1.0 / distances
    endless = weights.unary("IsInf", BOOL)
    met = endless.cast(INT64).reduce("ReduceMax").cast(BOOL)
    return weights.graph.where(met, endless.cast(DOUBLE), weights)


def _is_weighted(estimator: Any) -> bool:
    if estimator.weights in (None, "uniform"):
        return False
    if isinstance(estimator.weights, str) and estimator.weights == "distance":
        return True
    raise ConversionError(
        f"{type(estimator).__name__}: expected weights 'uniform' or 'distance', "
        f"got {estimator.weights!r}",
        hint="set weights='uniform' or weights='distance'",
    )


def _metric(estimator: Any) -> Metric:
    """The fitted metric.

    Raises:
        ConversionError: another one, or a weighted one.
    """
    name = estimator.effective_metric_
    parameters = {k: v for k, v in estimator.effective_metric_params_.items() if v is not None}
    if name in ("minkowski", "p") and parameters.keys() == {"p"}:
        return _minkowski(float(parameters["p"]))
    if isinstance(name, str) and name in _METRICS and not parameters:
        return _METRICS[name]
    raise ConversionError(
        f"{type(estimator).__name__}: metric {name!r} with {parameters} has no exact form in ONNX",
        hint="set metric='euclidean', 'manhattan', 'chebyshev' or 'minkowski' with p",
    )


def _minkowski(p: float) -> Metric:
    return Metric(lambda x, y: powered_distances(x, y, p), lambda d: d ** (1.0 / p))


def _same(distances: Tensor) -> Tensor:
    return distances


_EUCLIDEAN = Metric(squared_distances, Tensor.sqrt)
_MANHATTAN = Metric(manhattan_distances, _same)
_CHEBYSHEV = Metric(chebyshev_distances, _same)

_METRICS: Mapping[str, Metric] = {
    "chebyshev": _CHEBYSHEV,
    "cityblock": _MANHATTAN,
    "euclidean": _EUCLIDEAN,
    "infinity": _CHEBYSHEV,
    "l1": _MANHATTAN,
    "l2": _EUCLIDEAN,
    "manhattan": _MANHATTAN,
    "sqeuclidean": Metric(squared_distances, _same),
}

CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.KNeighborsClassifier": Entry(
        neighbors_classifier,
        "weights='distance' on training rows: 20 of 178 labels of wine flip, and all pairs of rows "
        "stand in memory at once",
    ),
    "sklearn.KNeighborsRegressor": Entry(
        neighbors_regressor,
        "weights='distance' on training rows: off by a factor of 4 on diabetes, and all pairs of "
        "rows stand in memory at once",
    ),
}
