"""Writes an ONNX graph as JSON, for the evaluator in `files/evaluate.mjs`.

`{"inputs": [name], "outputs": [name], "tensors": [[name, tensor]], "nodes": [[operator, inputs,
outputs, attributes]]}`; a tensor is `[type, dims, data]`, its data base64 of little-endian values,
or a list of texts. A subgraph among the attributes is written in the same way.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import onnx

EVALUATOR = Path(__file__).with_name("files") / "evaluate.mjs"
TYPES: Mapping[str, str] = {
    "float64": "f64",
    "float32": "f32",
    "int64": "i64",
    "int32": "i32",
    "uint8": "u8",
    "bool": "bool",
}


class UnsupportedGraphError(ValueError):
    """A graph that the evaluator cannot run; the message says why, as the end of a sentence."""


@cache
def list_operators() -> frozenset[str]:
    """The operators that the evaluator has, read from its table."""
    table = EVALUATOR.read_text(encoding="utf-8").partition("export const OPERATORS = {")[2]
    return frozenset(re.findall(r"^  (\w+):", table, re.MULTILINE))


def write_graph(graph: onnx.GraphProto) -> dict[str, Any]:
    """A graph as JSON has it.

    Raises:
        UnsupportedGraphError: it has operators or types that the evaluator lacks.
    """
    if unknown := {node.op_type for node in graph.node} - list_operators():
        raise UnsupportedGraphError(f"the page's evaluator has no {', '.join(sorted(unknown))}")
    return {
        "inputs": [each.name for each in graph.input],
        "outputs": [each.name for each in graph.output],
        "tensors": [[each.name, _tensor(each)] for each in graph.initializer],
        "nodes": [
            [node.op_type, [*node.input], [*node.output], dict(_attributes(node))]
            for node in graph.node
        ],
    }


def _attributes(node: onnx.NodeProto) -> Iterator[tuple[str, Any]]:
    """Names and values: text, an integer, a list of texts, a tensor or a graph."""
    from onnx import AttributeProto

    plain: Mapping[int, Callable[[Any], Any]] = {
        AttributeProto.INT: lambda each: each.i,
        AttributeProto.STRING: lambda each: each.s.decode(),
        AttributeProto.STRINGS: lambda each: [text.decode() for text in each.strings],
        AttributeProto.GRAPH: lambda each: write_graph(each.g),
        AttributeProto.TENSOR: lambda each: _tensor(each.t),
        AttributeProto.FLOAT: lambda each: encode_array(np.array(each.f, np.float32)),
        AttributeProto.FLOATS: lambda each: encode_array(np.array(each.floats, np.float32)),
        AttributeProto.INTS: lambda each: encode_array(np.array(each.ints, np.int64)),
    }
    for attribute in node.attribute:
        if attribute.type not in plain:
            raise UnsupportedGraphError(
                f"the page's evaluator takes no attribute {attribute.name} of {node.op_type}"
            )
        yield attribute.name, plain[attribute.type](attribute)


def _tensor(tensor: onnx.TensorProto) -> list[Any]:
    from onnx import numpy_helper

    return encode_array(numpy_helper.to_array(tensor))


def encode_array(values: np.ndarray[Any, Any]) -> list[Any]:
    """An array as `[type, dims, data]`.

    Raises:
        UnsupportedGraphError: of a type that the evaluator lacks.
    """
    if values.dtype.kind in "OSU":
        texts = [each.decode() if isinstance(each, bytes) else str(each) for each in values.ravel()]
        return ["str", [*values.shape], texts]
    if values.dtype.name not in TYPES:
        raise UnsupportedGraphError(f"the page's evaluator has no tensors of {values.dtype.name}")
    ordered = values.astype(values.dtype.newbyteorder("<"))
    content = base64.b64encode(ordered.tobytes()).decode()
    return [TYPES[values.dtype.name], [*values.shape], content]
