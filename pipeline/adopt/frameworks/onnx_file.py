"""A graph that was made elsewhere, held against a function that predicts what it should."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.adopt.output_shapes import find_output_shapes
from pipeline.errors import ConversionError, UsageError
from pipeline.manifest.tensors import Tensor

if TYPE_CHECKING:
    import onnx

    from pipeline.adopt.sample import Sample
    from pipeline.adopt.settings import AdoptConfig

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class OnnxFile:
    """A graph, its weights within it, and what it is to be held against.

    Attributes:
        reference: arrays by input to arrays by output, or in the outputs' order; None: not known.
    """

    graph: onnx.ModelProto
    reference: Callable[[Arrays], Any] | None = None


class Onnx:
    """`Framework` for graphs; stateless."""

    name = "onnx"

    def accepts(self, model: object) -> bool:
        """Whether it is an `OnnxFile`."""
        return isinstance(model, OnnxFile)

    def find_version(self) -> str:
        """Of the onnx package."""
        import onnx

        return str(onnx.__version__)

    def check(self, model: OnnxFile) -> list[str]:
        """Refuse a graph that nothing can be held against, or that this project cannot hand on.

        Raises:
            UsageError: no reference was named.
            ConversionError: operators of its own, or outputs that are no tensors (a ZipMap).
        """
        from onnxruntime.capi.onnxruntime_pybind11_state import get_all_operator_schema

        if model.reference is None:
            raise UsageError(
                "got an .onnx file without a reference, expected a function that predicts what it "
                "should",
                hint='Put reference = "module:function" into adopt.toml: it takes arrays by '
                "input and returns arrays by output",
            )
        known = {(schema.domain, schema.name) for schema in get_all_operator_schema()}
        own = {(f.domain, f.name) for f in model.graph.functions}
        used = {
            ("" if node.domain == "ai.onnx" else node.domain, node.op_type)
            for node in walk_nodes(model.graph.graph)
        }
        if unknown := used - known - own:
            names = ", ".join(sorted(f"{domain or 'ai.onnx'}.{op}" for domain, op in unknown))
            raise ConversionError(
                f"the graph uses operators that no onnxruntime has: {names}",
                hint="A custom operator needs its library on every device: export the model with "
                "standard operators",
            )
        for value in model.graph.graph.output:
            if value.type.WhichOneof("value") != "tensor_type":
                raise ConversionError(
                    f"output {value.name!r} is a list of dictionaries, expected a tensor",
                    hint="Convert the model again with options={'zipmap': False}",
                )
        return []

    def find_inputs(
        self, model: OnnxFile, sample: Sample, settings: AdoptConfig
    ) -> tuple[Tensor, ...]:
        """The inputs in the graph's order, with the graph's own dtypes.

        Raises:
            UsageError: the sample has other names, dtypes or shapes.
            ConversionError: the batch, or an axis of the settings, has a fixed size.
        """
        declared = list(_inputs(model.graph))
        arrays = match_arrays(sample.arrays, [value.name for value in declared])
        found = []
        for value in declared:
            array = arrays[value.name]
            shape = settings.find_shape(value.name, array)
            _check_input(value, array, shape)
            found.append(Tensor(value.name, array.dtype.name, shape))
        return tuple(found)

    def predict(self, model: OnnxFile, feeds: Arrays) -> dict[str, NDArray[Any]]:
        """What the reference says.

        Raises:
            UsageError: it fails, or returns other outputs than the graph has.
        """
        names = [value.name for value in model.graph.graph.output]
        assert model.reference is not None  # check() has seen to it
        try:
            found = model.reference({name: array.copy() for name, array in feeds.items()})
        except Exception as err:  # code of a user
            raise UsageError(
                f"the reference failed ({type(err).__name__}: {err})",
                hint="It is called with arrays by the names of the graph's inputs: "
                + ", ".join(feeds),
            ) from err
        if not isinstance(found, Mapping):
            values = list(found) if isinstance(found, tuple | list) else [found]
            found = dict(zip(names, values, strict=False)) if len(values) == len(names) else {}
        if set(found) != set(names):
            raise UsageError(
                f"the reference returns {', '.join(map(str, found)) or 'too few or many'}, "
                f"expected {', '.join(names)}",
                hint="Return a dictionary of arrays by the names of the graph's outputs",
            )
        answers = {name: np.asarray(found[name]) for name in names}
        if odd := [name for name, one in answers.items() if not one.ndim or one.dtype == object]:
            raise UsageError(
                f"the reference returns a single value or objects as {', '.join(odd)}",
                hint="Return an array of numbers, booleans or text for every output",
            )
        return answers

    def export(
        self,
        model: OnnxFile,
        inputs: Sequence[Tensor],
        outputs: Sequence[str],
        sample: Sample,
        folder: Path,
    ) -> onnx.ModelProto:
        """The graph, its outputs declared with the shapes that the reference gives.

        Raises:
            ConversionError: other names are asked for than it has.
        """
        import onnx

        own = [value.name for value in model.graph.graph.output]
        if list(outputs) != own:
            raise ConversionError(
                f"outputs: got {', '.join(outputs)}, but the graph has {', '.join(own)}",
                hint="Leave out `outputs`, or rename them where the graph is made",
            )
        shapes = find_output_shapes(lambda feeds: self.predict(model, feeds), inputs, sample.arrays)
        graph = _rename_axes(model.graph, inputs)
        for value in graph.graph.output:
            kind = value.type.tensor_type.elem_type
            value.CopyFrom(onnx.helper.make_tensor_value_info(value.name, kind, shapes[value.name]))
        return graph


def read_onnx_file(file: Path, *, trust: bool = False) -> OnnxFile:
    """Read a graph and the weights that lie beside it.

    Args:
        trust: not needed, as a graph runs no code of its own.

    Raises:
        UsageError: it is no graph, or its external data are missing or cut short.
    """
    import onnx

    try:
        graph = onnx.load(file, load_external_data=False)
    except Exception as err:  # protobuf's, which has no stubs, or the system's
        raise UsageError(f"{file}: got a file that is no ONNX graph ({err})") from err
    places = {
        entry.value
        for tensor in _weights(graph)
        for entry in tensor.external_data
        if entry.key == "location"
    }
    if missing := sorted(place for place in places if not (file.parent / place).is_file()):
        raise UsageError(
            f"{file}: the graph's weights are in {', '.join(missing)}, which is not beside it",
            hint="Copy that file into the same folder: a graph with external data is both files",
        )
    try:
        onnx.load_external_data_for_model(graph, str(file.parent))
    except Exception as err:  # onnx raises its checker's, ValueError or RuntimeError
        raise UsageError(
            f"{file}: the weights beside it cannot be read ({err})",
            hint="Copy graph and data again, from the same export",
        ) from err
    return OnnxFile(graph)


def walk_nodes(graph: onnx.GraphProto) -> Iterator[onnx.NodeProto]:
    """Every node, those of branches and loops included."""
    for node in graph.node:
        yield node
        for attribute in node.attribute:
            for inner in (attribute.g, *attribute.graphs):
                yield from walk_nodes(inner)


def match_arrays(arrays: Arrays, names: Sequence[str]) -> Arrays:
    """The arrays by these names; a lone one may have any.

    Raises:
        UsageError: the sample has others.
    """
    if set(arrays) == set(names):
        return arrays
    if len(arrays) == len(names) == 1:
        return {names[0]: next(iter(arrays.values()))}
    raise UsageError(
        f"the sample holds {', '.join(map(repr, arrays))}, but the model takes "
        f"{', '.join(map(repr, names))}",
        hint="Save the sample with numpy.savez(FILE, NAME=array, …), one array for each input",
    )


def _inputs(model: onnx.ModelProto) -> Iterator[onnx.ValueInfoProto]:
    weights = {tensor.name for tensor in model.graph.initializer}
    return (value for value in model.graph.input if value.name not in weights)


def _rename_axes(graph: onnx.ModelProto, inputs: Sequence[Tensor]) -> onnx.ModelProto:
    """A copy whose dynamic axes have the names that the inputs give them."""
    import onnx

    renamed = onnx.ModelProto()
    renamed.CopyFrom(graph)
    shapes = {tensor.name: tensor.shape for tensor in inputs}
    words: dict[str, str] = {}
    for value in renamed.graph.input:
        for dim, axis in zip(
            value.type.tensor_type.shape.dim, shapes.get(value.name, ()), strict=False
        ):
            if isinstance(axis, str):
                if dim.dim_param:
                    words[dim.dim_param] = axis
                dim.dim_param = axis
    for value in (*renamed.graph.output, *renamed.graph.value_info):
        for dim in value.type.tensor_type.shape.dim:
            if dim.dim_param in words:
                dim.dim_param = words[dim.dim_param]
    return renamed


def _weights(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from model.graph.initializer
    for node in walk_nodes(model.graph):
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)


def _check_input(
    value: onnx.ValueInfoProto, array: NDArray[Any], shape: tuple[int | str, ...]
) -> None:
    import onnx

    dtype = onnx.helper.tensor_dtype_to_np_dtype(value.type.tensor_type.elem_type)
    is_text = dtype == np.dtype(object) and array.dtype.kind == "U"
    if dtype != array.dtype and not is_text:
        raise UsageError(
            f"the sample's {value.name!r} is {array.dtype.name}, the graph takes {dtype.name}",
            hint=f"Save it as {dtype.name}: array.astype({dtype.name!r})",
        )
    declared = value.type.tensor_type.shape.dim
    if len(declared) != array.ndim:
        raise UsageError(
            f"the sample's {value.name!r} has {array.ndim} axes {array.shape}, the graph takes "
            f"{len(declared)}",
            hint="The first axis is the batch, also for one row",
        )
    for place, (dim, size) in enumerate(zip(declared, shape, strict=True)):
        if not dim.HasField("dim_value"):
            continue
        if isinstance(size, str):
            raise ConversionError(
                f"axis {place} ({size!r}) of input {value.name!r} is fixed at {dim.dim_value} in "
                "the graph",
                hint="Export it again with that axis dynamic (dynamic_shapes of torch.onnx.export)",
            )
        if size != dim.dim_value:
            swapped = sorted(array.shape[1:]) == sorted(d.dim_value for d in declared[1:])
            raise UsageError(
                f"axis {place} of the sample's {value.name!r} is {size}, the graph takes "
                f"{dim.dim_value}",
                hint="The axes are in another order: NHWC for NCHW, or the other way round"
                if swapped
                else "Save the sample as the model takes it",
            )
