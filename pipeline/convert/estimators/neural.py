"""Converts multi-layer perceptrons, with skl2onnx."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.convert.estimators import skl2onnx_as_is
from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.graph.graph import Graph
from pipeline.convert.registry import Entry
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Regression
from pipeline.errors import ConversionError


def convert_perceptron_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) double ─skl2onnx─► (N, 1) double.

    Raises:
        ConversionError: it predicts several targets.
    """
    if estimator.n_outputs_ != 1:
        raise ConversionError(
            f"expected one target, got {estimator.n_outputs_}", hint="train on one target"
        )
    return skl2onnx_as_is.convert_regressor_as_is(estimator, x, graph)


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.MLPClassifier": Entry(skl2onnx_as_is.convert_classifier_as_is),
    "sklearn.MLPRegressor": Entry(convert_perceptron_regressor),
}
