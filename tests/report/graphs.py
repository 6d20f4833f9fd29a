"""Graphs to be drawn."""

from __future__ import annotations

from itertools import pairwise

import onnx
from onnx import TensorProto, helper

from pipeline.manifest import Output

OUTPUT = (Output("prediction_label", "tensor(double)", ("N",)),)


def chain(nodes: int, column: str = "age") -> onnx.ModelProto:
    """age -> Neg -> Neg ... -> prediction_label"""
    names = [column, *(f"t{i}" for i in range(1, nodes)), "prediction_label"]
    made = [helper.make_node("Neg", [a], [b]) for a, b in pairwise(names)]
    shape = [helper.make_tensor_value_info(n, TensorProto.DOUBLE, None) for n in names]
    return helper.make_model(helper.make_graph(made, "chain", [shape[0]], [shape[-1]]))
