"""A graph as it is handed on: checked, described, with its manifest."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipeline.errors import ConversionError
from pipeline.manifest import TENSORS_KEY
from pipeline.manifest.tensors import Tensor, TensorManifest

if TYPE_CHECKING:
    import onnx


def check_graph(
    graph: onnx.ModelProto, inputs: Sequence[Tensor], outputs: Sequence[str]
) -> dict[str, int]:
    """Check a graph whole, shapes inferred; returns the opset of each domain.

    Raises:
        ConversionError: it is not valid, its inputs or outputs are others than were asked for, or
            a part of its weights lies elsewhere.
    """
    import onnx

    try:
        onnx.checker.check_model(graph, full_check=True)
    except onnx.checker.ValidationError as err:
        raise _invalid_error(str(err)) from err
    except onnx.shape_inference.InferenceError as err:
        raise _invalid_error(str(err)) from err
    weights = {tensor.name for tensor in graph.graph.initializer}
    found = [value.name for value in graph.graph.input if value.name not in weights]
    given = [value.name for value in graph.graph.output]
    if set(found) != {tensor.name for tensor in inputs} or given != list(outputs):
        raise ConversionError(
            f"the graph has the inputs {', '.join(found)} and the outputs {', '.join(given)}, "
            f"expected {', '.join(tensor.name for tensor in inputs)} and {', '.join(outputs)}",
            hint="Name them in adopt.toml: inputs = [...], outputs = [...]",
        )
    if graph.ByteSize() >= 2**31:
        raise ConversionError(
            f"the graph has {graph.ByteSize() / 1e9:.1f} GB, expected less than 2.1",
            hint="protobuf holds no more in one file: quantise it, or split the model",
        )
    return {each.domain: each.version for each in graph.opset_import}


def _invalid_error(found: str) -> ConversionError:
    return ConversionError(
        f"the exported graph is not valid: {found.strip().splitlines()[0]}",
        hint="Export with the framework's current version, or report it there",
    )


def read_tensors(values: Iterable[onnx.ValueInfoProto]) -> tuple[Tensor, ...]:
    """Inputs or outputs as the graph declares them; an axis without a name gets one."""
    import onnx

    return tuple(
        Tensor(
            value.name,
            onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type).name,
            tuple(
                dim.dim_value if dim.HasField("dim_value") else dim.dim_param or f"{value.name}_{k}"
                for k, dim in enumerate(value.type.tensor_type.shape.dim)
            ),
        )
        for value in values
    )


def stamp_manifest(graph: onnx.ModelProto, manifest: TensorManifest) -> bytes:
    """The serialized graph with its manifest."""
    import onnx

    stamped = onnx.ModelProto()
    stamped.CopyFrom(graph)
    stamped.producer_name = "pipeline"
    onnx.helper.set_model_props(stamped, {TENSORS_KEY: manifest.to_json()})
    data: bytes = stamped.SerializeToString()
    return data
