"""Converts estimators with skl2onnx, where it is exact in float64."""

from __future__ import annotations

from copy import copy
from typing import Any

import numpy as np
import onnx

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.subgraph import ML_OPSET, OPSET
from pipeline.convert.graph.tensor import DOUBLE, INT64, Tensor
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification, Regression


def convert_regressor_as_is(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) double ─skl2onnx─► (N, 1) double."""
    (values,) = _splice(estimator, x, graph)
    return Regression(Tensor(graph, values, DOUBLE).reshape(-1, 1))


def convert_classifier_as_is(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) double ─skl2onnx─► (N,) int64 label, (N, K) double probabilities where it has them."""
    classes = np.asarray(estimator.classes_)
    # skl2onnx writes the classes themselves; as 0..K-1 they are the positions asked for here.
    numbered = copy(estimator)
    numbered.classes_ = np.arange(len(classes))
    label, scores = _splice(numbered, x, graph)
    probabilities = hasattr(estimator, "predict_proba")
    return Classification(
        label=Tensor(graph, label, INT64).reshape(-1),
        classes=classes,
        probabilities=Tensor(graph, scores, DOUBLE) if probabilities else None,
    )


def _splice(estimator: Any, x: Features, graph: Graph) -> tuple[str, ...]:
    model = _convert(estimator, x.width)
    return graph.splice(model, {"X": x.double})


def _convert(estimator: Any, width: int) -> onnx.ModelProto:
    from skl2onnx import convert_sklearn
    from skl2onnx.common.data_types import DoubleTensorType

    options = {id(estimator): {"zipmap": False}} if hasattr(estimator, "classes_") else None
    model: onnx.ModelProto = convert_sklearn(
        estimator,
        initial_types=[("X", DoubleTensorType([None, width]))],
        # skl2onnx 1.20 refuses ai.onnx.ml 5; what it writes means the same there.
        target_opset={"": OPSET, "ai.onnx.ml": min(ML_OPSET, 3)},
        options=options,
    )
    return model
