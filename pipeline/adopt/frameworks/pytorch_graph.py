"""The graph of a PyTorch model, by torch's own exporter (dynamo).

What the exporter does in silence is checked or put right: it fixes an axis that was to be dynamic
where the model makes a number of its size, declares the traced length of an LSTM's output, and
writes the model's source lines and folders into the nodes.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

from pipeline.adopt.frameworks.pytorch_refusals import explain_export
from pipeline.errors import ConversionError
from pipeline.manifest.tensors import Tensor

if TYPE_CHECKING:
    import onnx

OPSET = 20
"""What torch 2.13 writes by default."""
Shape = Sequence[int | str]


def export_graph(
    model: Any,
    inputs: Sequence[Tensor],
    outputs: Mapping[str, Shape],
    example: Mapping[str, Any],
    *,
    by_name: bool,
) -> onnx.ModelProto:
    """The graph of a model, its weights within it.

    Args:
        outputs: their names in the model's order, with the shapes that the model itself has.
        example: a torch tensor for each input, no dynamic axis of size one.
        by_name: whether the inputs' names are those of forward's parameters.

    Raises:
        ConversionError: the exporter refuses the model, or its graph has other axes or outputs.
    """
    proto = _trace(model, inputs, list(outputs), example, by_name=by_name)
    _check_axes(proto, inputs)
    _declare(proto, outputs)
    _strip(proto)
    return proto


def _trace(
    model: Any,
    inputs: Sequence[Tensor],
    outputs: Sequence[str],
    example: Mapping[str, Any],
    *,
    by_name: bool,
) -> onnx.ModelProto:
    """What the exporter itself makes of the example."""
    import torch

    names = [tensor.name for tensor in inputs]
    arguments = [example[name] for name in names]
    dims = {axis: torch.export.Dim(axis) for tensor in inputs for axis in _find_words(tensor)}
    shapes = [
        {place: dims[axis] for place, axis in enumerate(tensor.shape) if isinstance(axis, str)}
        for tensor in inputs
    ]
    _forget_kernels()
    with _quiet():
        try:
            program = torch.onnx.export(
                model,
                () if by_name else tuple(arguments),
                kwargs=dict(zip(names, arguments, strict=True)) if by_name else None,
                dynamic_shapes=dict(zip(names, shapes, strict=True)) if by_name else tuple(shapes),
                input_names=names,
                output_names=outputs,
                opset_version=OPSET,
                dynamo=True,
                verbose=False,
            )
        except (RuntimeError, TypeError, ValueError) as err:
            raise explain_export(err) from err
    proto: onnx.ModelProto = program.model_proto
    return proto


def _forget_kernels() -> None:
    """Let the exporter replace LSTM and GRU by what has a dynamic length.

    Torch keeps the kernel that it once chose: from the second export of a process on, the
    exporter's own is not asked for, and the length is fixed.
    """
    import torch

    for recurrent in (torch.ops.aten.lstm.input, torch.ops.aten.gru.input):
        recurrent._dispatch_cache.clear()


def _find_words(tensor: Tensor) -> list[str]:
    return [axis for axis in tensor.shape if isinstance(axis, str)]


@contextmanager
def _quiet() -> Iterator[None]:
    """Without what the exporter prints: its own deprecations, parts that are not installed."""
    log = logging.getLogger("torch")
    level = log.level
    log.setLevel(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stdout(StringIO()), redirect_stderr(StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)


def _check_axes(proto: onnx.ModelProto, inputs: Sequence[Tensor]) -> None:
    """Raise a ConversionError where the graph's inputs are not those that were asked for."""
    found = {value.name: value.type.tensor_type.shape.dim for value in proto.graph.input}
    for tensor in inputs:
        if tensor.name not in found:
            raise ConversionError(
                f"the model makes no use of its input {tensor.name!r}",
                hint="Leave it out of the sample, or give the parameter a default",
            )
        for place, axis in enumerate(tensor.shape):
            if isinstance(axis, str) and not found[tensor.name][place].dim_param:
                raise ConversionError(
                    f"the model fixes axis {place} ({axis!r}) of its input {tensor.name!r} at the "
                    "size of the example",
                    hint="Its forward makes a number of a size, as in x.reshape(2, 3): write "
                    "x.reshape(x.shape[0], -1), or x.flatten(1)",
                )


def _declare(proto: onnx.ModelProto, outputs: Mapping[str, Shape]) -> None:
    """Give the outputs the shapes that the model itself has; drop what was traced in between.

    Raises:
        ConversionError: the graph has another number of outputs.
    """
    import onnx

    found = list(proto.graph.output)
    if len(found) != len(outputs):
        raise ConversionError(
            f"the graph has {len(found)} outputs, the model {len(outputs)}: {', '.join(outputs)}",
            hint="An output that is the same tensor as another, or that is a constant, is none: "
            "leave it out of what forward returns",
        )
    del proto.graph.value_info[:]
    for value, (name, shape) in zip(found, outputs.items(), strict=True):
        kind = value.type.tensor_type.elem_type
        value.CopyFrom(onnx.helper.make_tensor_value_info(name, kind, shape))


def _strip(proto: onnx.ModelProto) -> None:
    """Take out source lines, and the folders they lie in, that the exporter keeps in every node."""
    for part in (*proto.graph.node, *proto.graph.input, *proto.graph.output):
        part.ClearField("doc_string")
        part.ClearField("metadata_props")
    for weight in proto.graph.initializer:
        weight.ClearField("metadata_props")
    proto.graph.ClearField("metadata_props")
    proto.ClearField("metadata_props")
