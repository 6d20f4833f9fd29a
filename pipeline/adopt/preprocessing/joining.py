"""Joins our own operators to the two ends of a network, which keeps the names of its ends."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, version_converter

from pipeline.convert.graph.graph import iterate_nodes
from pipeline.convert.graph.subgraph import adapt_model
from pipeline.convert.graph.tensor import DOUBLE, ELEMENT_TYPES, FLOAT
from pipeline.errors import ConfigError, ConversionError

_STANDARD = ("", "ai.onnx")

Dims = tuple[int | str, ...]


def raise_opset(model: onnx.ModelProto, lowest: int) -> onnx.ModelProto:
    """The model itself, or one of the lowest opset that will do if its own is older.

    Raises:
        ConversionError: an operator has no newer form; exporting anew is then the way.
    """
    found = next((entry.version for entry in model.opset_import if entry.domain in _STANDARD), 0)
    if found >= lowest:
        return model
    try:
        converted = version_converter.convert_version(model, lowest)
        onnx.checker.check_model(converted, full_check=True)
    except Exception as error:
        raise ConversionError(
            f"expected a network of opset {lowest} or later, got opset {found}, which onnx cannot "
            f"convert: {error}",
            hint=f"export it with opset {lowest} or later, or without [image] and [sequence]",
            opset=found,
        ) from error
    del converted.metadata_props[:]
    converted.metadata_props.extend(model.metadata_props)
    return converted


def find_value(values: Sequence[onnx.ValueInfoProto], name: str) -> onnx.ValueInfoProto:
    """The input or output of that name.

    Raises:
        ConversionError: there is none; the message has the names that there are.
    """
    found = next((value for value in values if value.name == name), None)
    if found is None:
        names = ", ".join(value.name for value in values)
        raise ConversionError(
            f"expected an input or output {name!r}, got {names}", hint="take one of these names"
        )
    return found


def read_dims(value: onnx.ValueInfoProto) -> Dims:
    """Its axes: a number where one is fixed, else its name, '' where it has none."""
    return tuple(
        dim.dim_value if dim.HasField("dim_value") else dim.dim_param
        for dim in value.type.tensor_type.shape.dim
    )


def find_float(value: onnx.ValueInfoProto) -> np.dtype[Any]:
    """Its element type.

    Raises:
        ConfigError: it is neither float32 nor float64, which are all that can be prepared here.
    """
    element = value.type.tensor_type.elem_type
    for dtype in (FLOAT, DOUBLE):
        if ELEMENT_TYPES[dtype] == element:
            return dtype
    raise ConfigError(
        f"expected float32 or float64 at {value.name!r}, got "
        f"{onnx.TensorProto.DataType.Name(element)}",
        hint="[image] and [sequence] are for networks of floats: export it as one of float32",
    )


def put_before(
    network: onnx.ModelProto, part: onnx.ModelProto, name: str, dims: Dims
) -> onnx.ModelProto:
    """The network with `part`, one input to one output, before its input `name`.

    The new input has the same name, and the element type of the part's input.

    Args:
        network: what is copied; its opset knows the part's operators.
        part: a model that `Graph.model` built.
        name: an input of the network.
        dims: the new input's axes.
    """
    joined = onnx.ModelProto()
    joined.CopyFrom(network)
    inner = _inner_name(joined, name)
    replaced = find_value(joined.graph.input, name)
    _rename(joined.graph, name, inner)
    nodes, initializers = _adapt(part, {part.graph.input[0].name: name}, inner, inner)
    kept = list(joined.graph.node)
    del joined.graph.node[:]
    joined.graph.node.extend([*nodes, *kept])
    joined.graph.initializer.extend(initializers)
    element = part.graph.input[0].type.tensor_type.elem_type
    replaced.CopyFrom(helper.make_tensor_value_info(name, element, dims))
    return joined


def put_after(
    network: onnx.ModelProto,
    part: onnx.ModelProto,
    name: str,
    dims: Dims,
    others: Mapping[str, str],
) -> onnx.ModelProto:
    """The network with `part` behind its output `name`, whose name the part's output takes.

    Args:
        network: what is copied.
        part: a model that `Graph.model` built; its first input is the network's output.
        name: an output of the network.
        dims: the new output's axes.
        others: the part's other inputs, and the values of the network that they are.
    """
    joined = onnx.ModelProto()
    joined.CopyFrom(network)
    inner = _inner_name(joined, name)
    replaced = find_value(joined.graph.output, name)
    _rename(joined.graph, name, inner)
    nodes, initializers = _adapt(part, {part.graph.input[0].name: inner, **others}, name, inner)
    joined.graph.node.extend(nodes)
    joined.graph.initializer.extend(initializers)
    element = part.graph.output[0].type.tensor_type.elem_type
    replaced.CopyFrom(helper.make_tensor_value_info(name, element, dims))
    return joined


def _adapt(
    part: onnx.ModelProto, feeds: Mapping[str, str], output: str, stem: str
) -> tuple[list[onnx.NodeProto], list[onnx.TensorProto]]:
    """Nodes and initializers of a part whose one output is called `output`, names under `stem`."""
    nodes, initializers, (end,) = adapt_model(part, feeds, stem)
    for number, node in enumerate(nodes):
        node.output[:] = [output if each == end else each for each in node.output]
        node.name = f"{stem}/{node.op_type}_{number}"
    return nodes, initializers


def _rename(graph: onnx.GraphProto, old: str, new: str) -> None:
    """Rename a value in every node, those inside subgraphs included, and where it is described."""
    for node in iterate_nodes(graph.node):
        node.input[:] = [new if each == old else each for each in node.input]
        node.output[:] = [new if each == old else each for each in node.output]
    for value in graph.value_info:
        if value.name == old:
            value.name = new


def _inner_name(model: onnx.ModelProto, name: str) -> str:
    """What the network's own end is called from now on: a name that no value begins with."""
    names = {each for node in iterate_nodes(model.graph.node) for each in node.output}
    names.update(tensor.name for tensor in model.graph.initializer)
    inner = f"preprocessing/{name}"
    while any(each.startswith(inner) for each in names):
        inner = f"_{inner}"
    return inner
