"""Small graphs and functions that predict the same, in float32 with numpy."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Arrays = Mapping[str, NDArray[Any]]
_GENERATOR = np.random.default_rng(0)
WEIGHTS = _GENERATOR.standard_normal((4, 3)).astype(np.float32)
BIAS = _GENERATOR.standard_normal(3).astype(np.float32)
ROWS = np.random.default_rng(1).standard_normal((12, 4)).astype(np.float32)
SERIES = np.random.default_rng(2).standard_normal((5, 6, 4)).astype(np.float32)


def make_classifier(rows: int | str = "N") -> onnx.ModelProto:
    """softmax(x @ WEIGHTS + BIAS)."""
    nodes = [
        helper.make_node("Gemm", ["x", "weights", "bias"], ["z"]),
        helper.make_node("Softmax", ["z"], ["scores"], axis=1),
    ]
    return _make(nodes, ("x", [rows, 4]), ("scores", [rows, 3]))


def predict_scores(feeds: Arrays) -> dict[str, NDArray[Any]]:
    """What `make_classifier` should say."""
    raised = feeds["x"] @ WEIGHTS + BIAS
    raised = np.exp(raised - raised.max(axis=1, keepdims=True))
    return {"scores": raised / raised.sum(axis=1, keepdims=True)}


def make_mean_over_length() -> onnx.ModelProto:
    """The mean over axis 1 of x @ WEIGHTS."""
    nodes = [
        helper.make_node("MatMul", ["x", "weights"], ["z"]),
        helper.make_node("ReduceMean", ["z", "axes"], ["mean"], keepdims=0),
    ]
    return _make(nodes, ("x", ["N", "L", 4]), ("mean", ["N", 3]))


def predict_mean(feeds: Arrays) -> dict[str, NDArray[Any]]:
    """What `make_mean_over_length` should say."""
    return {"mean": (feeds["x"] @ WEIGHTS).mean(axis=1, dtype=np.float32)}


def _make(nodes: Any, taken: Any, given: Any) -> onnx.ModelProto:
    graph = helper.make_graph(
        nodes,
        "g",
        [helper.make_tensor_value_info(taken[0], TensorProto.FLOAT, taken[1])],
        [helper.make_tensor_value_info(given[0], TensorProto.FLOAT, given[1])],
        [
            numpy_helper.from_array(WEIGHTS, "weights"),
            numpy_helper.from_array(BIAS, "bias"),
            numpy_helper.from_array(np.array([1], np.int64), "axes"),
        ],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
