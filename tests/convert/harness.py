"""Runs one converted estimator, or any function of tensors, on a plain matrix."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import convert_estimator
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Regression


def estimator_model(estimator: Any, width: int) -> onnx.ModelProto:
    """The estimator alone as a model: inputs x0..x(width-1), each (N, 1) double."""
    graph = Graph()
    matrix = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(width)])
    outcome = convert_estimator(estimator, Features.of(matrix, width), graph)
    if isinstance(outcome, Regression):
        return graph.model({"values": (outcome.values, ["N", 1])})
    outputs: dict[str, Any] = {"label": (outcome.label, ["N"])}
    if outcome.probabilities is not None:
        outputs["probabilities"] = (outcome.probabilities, ["N", len(outcome.classes)])
    if outcome.scores is not None:
        outputs["scores"] = (outcome.scores, ["N", None])
    return graph.model(outputs)


def run(model: onnx.ModelProto, x: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """Score a matrix, (N, width) double; outputs by name."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), options, providers=["CPUExecutionProvider"]
    )
    feeds = {f"x{i}": np.ascontiguousarray(x[:, [i]]) for i in range(x.shape[1])}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, feeds), strict=True))


def computed(function: Callable[[Tensor], Tensor], x: NDArray[np.float64]) -> NDArray[Any]:
    """What a function of a whole matrix, (N, W) double, gives in onnxruntime: (N, K)."""
    graph = Graph()
    matrix = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(x.shape[1])])
    return run(graph.model({"y": (function(matrix), ["N", None])}), x)["y"]
