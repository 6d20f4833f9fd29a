"""Converts models that read no column."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, INT64, Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification, Regression
from pipeline.errors import ConversionError


def convert_dummy_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(1, 1) constant ─Expand─► (N, 1).

    Raises:
        ConversionError: it predicts several targets.
    """
    if np.size(estimator.constant_) != 1:
        raise ConversionError(
            f"expected one target, got {np.size(estimator.constant_)}", hint="train on one target"
        )
    constant = np.reshape(estimator.constant_, (1, 1))
    dtype = FLOAT if constant.dtype == FLOAT else DOUBLE
    return Regression(_repeat(graph, x, constant), dtype)


RANDOM = Caveat.when_converted(
    "a dummy that draws its answers at random",
    instead="set strategy='prior' or strategy='most_frequent'",
)


def convert_dummy_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(1, K) constant ─Expand─► (N, K); its largest is the label.

    Raises:
        ConversionError: the strategy draws at random, or it predicts several targets.
    """
    if estimator.strategy in ("stratified", "uniform"):
        raise RANDOM.error(
            f"DummyClassifier(strategy={estimator.strategy!r}) draws its answers at random"
        )
    if estimator.n_outputs_ != 1:
        raise ConversionError(
            f"expected one target, got {estimator.n_outputs_}", hint="train on one target"
        )
    # These strategies answer every row alike, so one row of zeros tells all.
    answer = estimator.predict_proba(np.zeros((1, x.width)))
    probabilities = _repeat(graph, x, answer)
    label = _repeat(graph, x, np.argmax(answer, axis=1)[None]).cast(INT64)
    return Classification(label.reshape(-1), np.asarray(estimator.classes_), probabilities)


def _repeat(graph: Graph, x: Features, row: ArrayLike) -> Tensor:
    """(1, K) → (N, K) double."""
    rows = graph.op("Shape", x.double, dtype=INT64, start=0, end=1)
    shape = graph.concat([rows, graph.constant(np.array([1]))], axis=0)
    constant = graph.constant(np.asarray(row, dtype=np.float64))
    return graph.op("Expand", constant, shape, dtype=DOUBLE)


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.DummyClassifier": Entry(convert_dummy_classifier, "skl2onnx 1.20 has no converter"),
    "sklearn.DummyRegressor": Entry(convert_dummy_regressor, "skl2onnx 1.20 has no converter"),
}
