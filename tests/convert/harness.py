"""Runs one converted estimator on a plain matrix, beside the original."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import convert_estimator
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE
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
