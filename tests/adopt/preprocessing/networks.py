"""Small networks written node by node; no framework is needed for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import onnxruntime
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str]


def make_network(
    nodes: Sequence[onnx.NodeProto],
    inputs: Mapping[str, Shape],
    outputs: Mapping[str, Shape],
    weights: Mapping[str, NDArray[Any]] | None = None,
    opset: int = 18,
) -> onnx.ModelProto:
    """A checked network of float32 ends."""
    ends = [
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, shape) for name, shape in group]
        for group in (inputs.items(), outputs.items())
    ]
    constants = [numpy_helper.from_array(value, name) for name, value in (weights or {}).items()]
    graph = helper.make_graph(nodes, "network", *ends, constants)
    opsets = [helper.make_opsetid("", opset)]
    model = helper.make_model(graph, opset_imports=opsets, ir_version=8)
    onnx.checker.check_model(model, full_check=True)
    return model


def make_classifier(
    opset: int = 18, size: Shape = (8, 8), layout: str = "NCHW", batch: int | str = "batch"
) -> onnx.ModelProto:
    """Convolution, mean over the picture, three classes: "input" to "scores"."""
    rng = np.random.default_rng(0)
    weights = {
        "kernel": rng.normal(size=(4, 3, 3, 3)).astype(np.float32),
        "matrix": rng.normal(size=(4, 3)).astype(np.float32),
    }
    channels_first = layout == "NCHW"
    nodes = [
        helper.make_node("Conv", ["image", "kernel"], ["maps"], pads=[1, 1, 1, 1]),
        helper.make_node("Relu", ["maps"], ["positive"]),
        # Axes were an attribute up to opset 17.
        helper.make_node("ReduceMean", ["positive"], ["means"], axes=[2, 3], keepdims=0)
        if opset < 18
        else helper.make_node("ReduceMean", ["positive", "sides"], ["means"], keepdims=0),
        helper.make_node("MatMul", ["means", "matrix"], ["logits"]),
        helper.make_node("Softmax", ["logits"], ["scores"], axis=1),
    ]
    if opset >= 18:
        weights["sides"] = np.array([2, 3])
    first = (
        helper.make_node("Identity", ["input"], ["image"])
        if channels_first
        else helper.make_node("Transpose", ["input"], ["image"], perm=[0, 3, 1, 2])
    )
    shape = (batch, 3, *size) if channels_first else (batch, *size, 3)
    return make_network(
        [first, *nodes], {"input": shape}, {"scores": (batch, 3)}, weights, opset=opset
    )


def run_network(model: onnx.ModelProto, **feeds: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Every output by its name, on the CPU."""
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, feeds), strict=True))


def make_forecaster(
    features: int, outputs: int, opset: int = 18, time: int | str = "length"
) -> onnx.ModelProto:
    """One LSTM, batch first, and a matrix on its last state: "series" to "forecast"."""
    rng, hidden = np.random.default_rng(1), 5
    weights = {
        "w": rng.normal(size=(1, 4 * hidden, features)).astype(np.float32),
        "r": rng.normal(size=(1, 4 * hidden, hidden)).astype(np.float32),
        "matrix": rng.normal(size=(hidden, outputs)).astype(np.float32),
        "direction": np.array([0]),
    }
    nodes = [
        helper.make_node("Transpose", ["series"], ["steps"], perm=[1, 0, 2]),
        helper.make_node("LSTM", ["steps", "w", "r"], ["", "state"], hidden_size=hidden),
        helper.make_node("Squeeze", ["state", "direction"], ["last"]),
        helper.make_node("MatMul", ["last", "matrix"], ["forecast"]),
    ]
    ends = {"series": ("batch", time, features)}, {"forecast": ("batch", outputs)}
    return make_network(nodes, *ends, weights, opset=opset)
