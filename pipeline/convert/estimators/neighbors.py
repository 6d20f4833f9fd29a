"""Converts nearest-neighbour models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.functions.float64 import sum_rows
from pipeline.convert.functions.nearest_candidates import PAIRS, SPARE_BRUTE, shortlist_nearest
from pipeline.convert.functions.pairwise import (
    References,
    StoredRows,
    apply_by_blocks,
    chebyshev_distances,
    manhattan_distances,
    minkowski_sums,
    sqeuclidean_distances,
)
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import BOOL, DOUBLE, FLOAT, INT64, Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification, Regression, normalize_rows
from pipeline.errors import ConversionError

Array = NDArray[np.float64]


@dataclass(frozen=True)
class DistanceMetric:
    """A distance as scikit-learn computes it: a reduced one to rank by, and the way back.

    Attributes:
        reduced: (B, F) rows and (M, F) references → (B, M).
        restore: the reduced distance → the distance.
    """

    reduced: Callable[[Tensor, References], Tensor]
    restore: Callable[[Tensor], Tensor]


def convert_neighbors_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) ─distances, TopK─► (N, k) neighbours ─Gather─► their targets ─mean─► (N, 1).

    Raises:
        ConversionError: several targets, or a metric or weights without an exact form.
    """
    targets, k = np.asarray(estimator._y), int(estimator.n_neighbors)
    if targets.size != len(targets):
        raise ConversionError(
            f"expected one target, got {targets.shape[1]}", hint="train on one target"
        )
    # PyCaret hands targets over as float32, and NumPy takes their mean in float32.
    targets = targets.ravel().astype(FLOAT if targets.dtype == FLOAT else DOUBLE)

    def mean(nearest: Tensor, weights: Tensor | None) -> Tensor:
        picked = nearest.graph.constant(targets).gather(nearest, axis=0)
        if weights is None:
            return (sum_rows(picked, k) / k).cast(DOUBLE)
        return sum_rows(picked.cast(DOUBLE) * weights, k) / sum_rows(weights, k)

    dtype = DOUBLE if _is_weighted(estimator) else targets.dtype
    return Regression(_among_neighbors(estimator, x, 1, mean), dtype)


def convert_neighbors_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─distances, TopK─► (N, k) neighbours ─Gather─► their classes ─sum─► (N, K) votes.

    Raises:
        ConversionError: several targets, or a metric or weights without an exact form.
    """
    if estimator.outputs_2d_:
        raise ConversionError(
            f"expected one target, got {len(estimator.classes_)}", hint="train on one target"
        )
    classes, k = np.asarray(estimator.classes_), int(estimator.n_neighbors)
    memberships = np.eye(len(classes))[estimator._y]

    def votes(nearest: Tensor, weights: Tensor | None) -> Tensor:
        picked = nearest.graph.constant(memberships).gather(nearest, axis=0)
        if weights is not None:
            picked = picked * weights.reshape(-1, k, 1)
        return picked.sum(axis=1, keepdims=False)

    counted = _among_neighbors(estimator, x, len(classes), votes)
    return Classification(counted.argmax(), classes, normalize_rows(counted))


def _among_neighbors(
    estimator: Any, x: Features, columns: int, answer: Callable[[Tensor, Tensor | None], Tensor]
) -> Tensor:
    """Answer from each row's neighbours and their weights, None for equal ones: (N, columns).

    Of several rows at the same distance from the k-th on, the first in the training table counts;
    scikit-learn takes the one its tree happens to visit first.
    """
    values = np.asarray(estimator._fit_X, dtype=np.float64)
    references = StoredRows.of(x.double.graph, values)
    metric, weighted, k = _metric(estimator), _is_weighted(estimator), int(estimator.n_neighbors)
    brute = estimator._fit_method == "brute"

    def told(reduced: Tensor, nearest: Tensor) -> Tensor:
        return answer(nearest, _inverse(metric.restore(reduced)) if weighted else None)

    def compared(block: Tensor) -> Tensor:
        """Every reference by its distance: (B, F) ─reduced─► (B, M) ─TopK─►."""
        return told(*metric.reduced(block, references).topk(k, largest=False))

    def shortlisted(block: Tensor) -> Tensor:
        candidates = shortlist_nearest(block, references, k, brute)
        if brute:
            return told(candidates.reduced, candidates.nearest)

        def quickly(inner: Tensor) -> Tensor:
            return told(candidates.reduced.within(inner), candidates.nearest.within(inner))

        return block.graph.either(candidates.certain, block, quickly, compared)

    if metric is not _EUCLIDEAN or len(values) <= k + SPARE_BRUTE:
        return apply_by_blocks(x.double, (x.width, columns), len(values), compared)
    return apply_by_blocks(x.double, (x.width, columns), len(values), shortlisted, PAIRS)


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
    raise DISTANCE.error(
        f"{type(estimator).__name__}: expected weights 'uniform' or 'distance', "
        f"got {estimator.weights!r}",
        hint="set weights='uniform' or weights='distance'",
    )


DISTANCE = Caveat.when_converted(
    "distances of knn other than Minkowski's, weights by a function of one's own",
    instead="set metric to euclidean, manhattan, chebyshev or minkowski",
)


def _metric(estimator: Any) -> DistanceMetric:
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
    raise DISTANCE.error(
        f"{type(estimator).__name__}: metric {name!r} with {parameters} has no exact form in ONNX",
        hint="set metric='euclidean', 'manhattan', 'chebyshev' or 'minkowski' with p",
    )


def _minkowski(p: float) -> DistanceMetric:
    return DistanceMetric(lambda x, y: minkowski_sums(x, y, p), lambda d: d ** (1.0 / p))


def _same(distances: Tensor) -> Tensor:
    return distances


_EUCLIDEAN = DistanceMetric(sqeuclidean_distances, Tensor.sqrt)
_MANHATTAN = DistanceMetric(manhattan_distances, _same)
_CHEBYSHEV = DistanceMetric(chebyshev_distances, _same)

_METRICS: Mapping[str, DistanceMetric] = {
    "chebyshev": _CHEBYSHEV,
    "cityblock": _MANHATTAN,
    "euclidean": _EUCLIDEAN,
    "infinity": _CHEBYSHEV,
    "l1": _MANHATTAN,
    "l2": _EUCLIDEAN,
    "manhattan": _MANHATTAN,
    "sqeuclidean": DistanceMetric(sqeuclidean_distances, _same),
}

CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.KNeighborsClassifier": Entry(
        convert_neighbors_classifier,
        "weights='distance': 20 labels of 656 rows around wine flip (training rows among them), "
        "and all pairs of rows stand in memory at once",
    ),
    "sklearn.KNeighborsRegressor": Entry(
        convert_neighbors_regressor,
        "weights='distance': relative errors up to 3.9 on diabetes (training rows among them), "
        "and all pairs of rows stand in memory at once",
    ),
}
