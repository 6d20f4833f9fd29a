"""TensorFlow: the graph that tf2onnx makes of a SavedModel, with our names of inputs and axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.adopt.frameworks.tensorflow_feeds import silence
from pipeline.errors import ConversionError

if TYPE_CHECKING:
    import onnx

    from pipeline.manifest.tensors import Tensor

OPSET = 18
"""The highest that tf2onnx 1.17 writes; its default, 15, is too old for what goes before it."""
_DOMAINS = {"", "ai.onnx.ml"}


def convert_saved_model(folder: Path, signature: str = "serving_default") -> onnx.ModelProto:
    """What tf2onnx makes of one signature: by the signature's names, its tables and constants in.

    Raises:
        ConversionError: an operator has no form in ONNX, or the graph is beyond 2 GB.
    """
    with silence():
        import tensorflow as tf
        from tf2onnx import optimizer, tf_loader, tfonnx

        try:
            graph_def, inputs, outputs, tables, names = tf_loader.from_saved_model(
                str(folder),
                None,
                None,
                signatures=[signature],
                return_initialized_tables=True,
                return_tensors_to_rename=True,
            )
            with tf.Graph().as_default() as graph:
                tf.import_graph_def(graph_def, name="")
                converted = tfonnx.process_tf_graph(
                    graph,
                    opset=OPSET,
                    input_names=inputs,
                    output_names=outputs,
                    initialized_tables=tables,
                    tensors_to_rename=names,
                )
            proto = optimizer.optimize_graph(converted).make_model("tf2onnx")
        except Exception as err:
            raise ConversionError(
                f"tf2onnx cannot convert the model: {type(err).__name__}: {err}",
                hint="Take the operator out of the model, and do its part before or after it",
            ) from err
    _refuse_operators(proto)
    return proto


def declare(
    proto: onnx.ModelProto, inputs: Sequence[Tensor], outputs: Mapping[str, Sequence[int | str]]
) -> None:
    """Write inputs' and outputs' shapes with our names of axes, in our order.

    Raises:
        ConversionError: the graph has other inputs or outputs.
    """
    graph = proto.graph
    for field, wanted in (
        (graph.input, {tensor.name: tensor.shape for tensor in inputs}),
        (graph.output, outputs),
    ):
        have = {value.name: value for value in field}
        if set(have) != set(wanted):
            raise ConversionError(
                f"the converted graph has {', '.join(sorted(have))}, expected "
                f"{', '.join(sorted(wanted))}",
                hint="Names of letters, digits and _ alone pass through TensorFlow unchanged",
            )
        ordered = [have[name] for name in wanted]
        for value, shape in zip(ordered, wanted.values(), strict=True):
            _set_shape(value, shape)
        copies = [type(value).FromString(value.SerializeToString()) for value in ordered]
        del field[:]
        field.extend(copies)
    del graph.value_info[:]  # tf2onnx's names for unknown axes


def rename_outputs(proto: onnx.ModelProto, names: Mapping[str, str]) -> None:
    """Give outputs other names, wherever their values are used."""
    for node in proto.graph.node:
        node.input[:] = [names.get(name, name) for name in node.input]
        node.output[:] = [names.get(name, name) for name in node.output]
    for value in proto.graph.output:
        value.name = names.get(value.name, value.name)


def _refuse_operators(proto: onnx.ModelProto) -> None:
    import onnx

    foreign = {n.op_type for n in proto.graph.node if n.domain not in _DOMAINS}
    unknown = {
        n.op_type
        for n in proto.graph.node
        if n.domain in _DOMAINS and not onnx.defs.has(n.op_type, n.domain)
    }
    if found := sorted(foreign | unknown):
        raise ConversionError(
            f"operators without a form in ONNX: {', '.join(found)}",
            hint="Take them out of the model, and do their part before or after it",
        )


def _set_shape(value: onnx.ValueInfoProto, shape: Sequence[int | str]) -> None:
    dims = value.type.tensor_type.shape
    del dims.dim[:]
    for size in shape:
        axis = dims.dim.add()
        if isinstance(size, str):
            axis.dim_param = size
        else:
            axis.dim_value = size
