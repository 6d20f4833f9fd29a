"""Embeds another converter's model in a graph."""

from __future__ import annotations

from collections.abc import Mapping

import onnx
from onnx import defs

from pipeline.errors import ConversionError

OPSET = 21
ML_OPSET = 5
IR_VERSION = 10

Adapted = tuple[list[onnx.NodeProto], list[onnx.TensorProto], tuple[str, ...]]
"""Nodes, initializers, and the names of the outputs."""


def adapt_model(model: onnx.ModelProto, feeds: Mapping[str, str], prefix: str) -> Adapted:
    """Copies of a model's nodes with its inputs renamed and all other names under a prefix.

    Args:
        model: what another converter wrote.
        feeds: the model's inputs and the names that take their place.
        prefix: keeps its names apart from ours.

    Raises:
        ConversionError: it needs operators that this graph's opsets do not have.
    """
    _refuse_foreign(model)
    renamed = dict(feeds)

    def name(old: str) -> str:
        return renamed.setdefault(old, prefix + old) if old else ""

    initializers = []
    for initializer in model.graph.initializer:
        tensor = onnx.TensorProto()
        tensor.CopyFrom(initializer)
        tensor.name = name(initializer.name)
        initializers.append(tensor)
    matrices = {tensor.name for tensor in model.graph.initializer if len(tensor.dims) == 2}
    nodes = []
    for original in model.graph.node:
        node = onnx.NodeProto()
        node.CopyFrom(original)
        node.name = ""
        if original.op_type == "MatMul" and original.input[1] in matrices:
            node.op_type = "Gemm"  # for the reason given at Tensor.__matmul__
        node.input[:] = map(name, original.input)
        node.output[:] = map(name, original.output)
        nodes.append(node)
    return nodes, initializers, tuple(renamed[output.name] for output in model.graph.output)


def _refuse_foreign(model: onnx.ModelProto) -> None:
    """Only nodes that mean the same under our opsets may be copied."""
    for node in model.graph.node:
        domain = "" if node.domain == "ai.onnx" else node.domain
        opset = {"": OPSET, "ai.onnx.ml": ML_OPSET}.get(domain)
        if opset is None or defs.get_schema(node.op_type, opset, domain).deprecated:
            raise ConversionError(
                f"expected standard operators of opset {OPSET} and ai.onnx.ml {ML_OPSET}, "
                f"got {domain or 'ai.onnx'}.{node.op_type}",
                operator=node.op_type,
            )
