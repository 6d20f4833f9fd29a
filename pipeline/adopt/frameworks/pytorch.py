"""PyTorch: a `torch.nn.Module`, or a LightningModule, which is one.

Nothing but torch and onnxscript is imported, and those only when they are used.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from pipeline.adopt.frameworks.pytorch_refusals import explain_forward
from pipeline.adopt.output_shapes import find_output_shapes, measure_sizes, resize_feeds
from pipeline.adopt.sample import ONLY
from pipeline.errors import ConversionError, UsageError
from pipeline.manifest.tensors import Tensor

if TYPE_CHECKING:
    import onnx

    from pipeline.adopt.sample import Sample
    from pipeline.adopt.settings import AdoptConfig

Arrays = Mapping[str, NDArray[Any]]


class PyTorch:
    """`Framework` for torch; stateless."""

    name = "pytorch"

    def accepts(self, model: object) -> bool:
        """Whether it is a torch.nn.Module, without importing torch."""
        return any(
            kind.__module__.startswith("torch.nn.") and kind.__name__ == "Module"
            for kind in type(model).__mro__
        )

    def find_version(self) -> str:
        """Of torch, as its wheel says it: 2.13.0+cpu."""
        import torch

        return str(torch.__version__)

    def check(self, model: Any) -> list[str]:
        """Refuse a model that would not be exported as it is used.

        Raises:
            UsageError: a part of it is in training mode, or does not lie on the CPU.
        """
        _check_mode(model)
        if devices := {str(weight.device) for weight in model.parameters()} - {"cpu"}:
            raise UsageError(
                f"the model's weights lie on {', '.join(sorted(devices))}, expected cpu",
                hint="Hand over model.cpu()",
            )
        weights = model.named_parameters()
        if poor := [name for name, weight in weights if not weight.detach().isfinite().all()]:
            return [f"weights that are not finite: {', '.join(poor[:5])}: did the training fail?"]
        return []

    def find_inputs(self, model: Any, sample: Sample, settings: AdoptConfig) -> tuple[Tensor, ...]:
        """The inputs as forward's own parameters name them, or as the settings do, in its order.

        Raises:
            UsageError: the sample's arrays are not those.
        """
        arrays = sample.arrays
        return tuple(
            Tensor(name, arrays[name].dtype.name, settings.find_shape(name, arrays[name]))
            for name in find_names(model, arrays, settings.inputs)
        )

    def predict(self, model: Any, feeds: Arrays) -> dict[str, NDArray[Any]]:
        """The model's own outputs for some feeds.

        Named by its dict's keys or its named tuple's fields, else output, or output_0, output_1, …
        in their order.

        Args:
            feeds: by forward's parameters, or in their order.

        Raises:
            UsageError: the model does not take them.
            ConversionError: it returns something else than tensors.
        """
        import torch

        tensors = make_tensors(feeds)
        by_name = set(feeds) <= set(find_parameters(model))
        try:
            with torch.inference_mode(), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = model(**tensors) if by_name else model(*tensors.values())
        except (RuntimeError, TypeError, ValueError, IndexError) as err:
            raise explain_forward(model, feeds, err) from err
        return {name: tensor.numpy(force=True) for name, tensor in flatten_outputs(found)}

    def export(
        self,
        model: Any,
        inputs: Sequence[Tensor],
        outputs: Sequence[str],
        sample: Sample,
        folder: Path,
    ) -> onnx.ModelProto:
        """The graph, its weights within it, with these inputs and outputs and their dynamic axes.

        Args:
            outputs: their names in the order in which the model returns them.

        Raises:
            UsageError: the model has another number of outputs.
            ConversionError: the exporter refuses, or fixes an axis that has to be dynamic.
        """
        from pipeline.adopt.frameworks.pytorch_graph import export_graph

        shapes = find_output_shapes(lambda feeds: self.predict(model, feeds), inputs, sample.arrays)
        if len(shapes) != len(outputs):
            raise UsageError(
                f"outputs: got {', '.join(outputs)}, but the model returns {', '.join(shapes)}",
                hint="Name each of them, in this order",
            )
        # Torch takes an axis of size one for fixed, as one is broadcast.
        sizes = {axis: max(n, 2) for axis, n in measure_sizes(inputs, sample.arrays).items()}
        example = resize_feeds(inputs, sample.arrays, sizes | {"batch": 2})
        names = [tensor.name for tensor in inputs]
        given = make_tensors({name: example[name] for name in names})
        by_name = set(names) <= set(find_parameters(model))
        named = dict(zip(outputs, shapes.values(), strict=True))
        return export_graph(model, inputs, named, given, by_name=by_name)


def find_names(model: Any, arrays: Arrays, chosen: Sequence[str]) -> tuple[str, ...]:
    """The inputs' names in the order of forward's parameters.

    Args:
        arrays: of the sample; that of an .npy file has no name of its own.
        chosen: names that replace forward's own; none for those.

    Raises:
        UsageError: the sample's names are others, or too few.
    """
    own = find_parameters(model)
    required = [name for name, needed in own.items() if needed]
    names = tuple(chosen) or tuple(name for name in own if name in arrays or name in required)
    if set(arrays) == {ONLY} and not chosen and len(required) <= 1:
        return (ONLY,)
    if arrays and set(arrays) == set(names):
        return names
    raise UsageError(
        f"the sample holds {', '.join(map(repr, arrays)) or 'no arrays'}, expected "
        f"{', '.join(map(repr, names))}"
        + (", as inputs has them" if chosen else ", as the model's forward names them"),
        hint="Save it with numpy.savez(FILE, NAME=array, …), an array for each input",
    )


def flatten_outputs(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """What a model returns as tensors in order, each with its name.

    Raises:
        ConversionError: something in it is no tensor.
    """
    import torch

    if isinstance(value, torch.Tensor):
        yield name or "output", value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from flatten_outputs(each, f"{name}_{key}" if name else str(key))
    elif isinstance(value, tuple | list):
        fields = getattr(value, "_fields", range(len(value)))
        start = name if name or hasattr(value, "_fields") else "output"
        for key, each in zip(fields, value, strict=True):
            yield from flatten_outputs(each, f"{start}_{key}" if start else str(key))
    elif value is not None:
        raise ConversionError(
            f"the model returns a {type(value).__name__}"
            + (f" as {name!r}" if name else "")
            + ", expected tensors, in a tuple, list or dict if several",
            hint="Wrap the model in a module whose forward returns tensors alone",
        )


def find_parameters(model: Any) -> dict[str, bool]:
    """Parameters of forward by name, in order: whether they must be given."""
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    found = inspect.signature(model.forward).parameters.values()
    return {one.name: one.default is one.empty for one in found if one.kind in kinds}


def _check_mode(model: Any) -> None:
    """Raise a UsageError for a model of which something is in training mode."""
    training = [(name, part) for name, part in model.named_modules() if part.training]
    if not training:
        return
    noisy = [
        f"{type(part).__name__} {name!r}"
        for name, part in training
        if "Dropout" in type(part).__name__ or "BatchNorm" in type(part).__name__
    ]
    more = f": {', '.join(noisy[:5])} would answer at random or by the batch" if noisy else ""
    raise UsageError(
        f"the model is in training mode{more}",
        hint="Call model.eval() before it is handed over",
    )


def make_tensors(feeds: Arrays) -> dict[str, Any]:
    """A tensor of its own for each array.

    Raises:
        UsageError: torch has no such dtype.
    """
    import torch

    try:
        return {name: torch.from_numpy(array.copy()) for name, array in feeds.items()}
    except TypeError as err:
        kinds = ", ".join(f"{name!r} {array.dtype.name}" for name, array in feeds.items())
        raise UsageError(
            f"torch takes no arrays of a dtype in the sample: got {kinds}",
            hint="Use float32, int64, uint8 or bool",
        ) from err
