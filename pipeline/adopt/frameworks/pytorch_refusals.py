"""Says what torch means where it refuses a sample, or where its exporter refuses a model."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from pipeline.errors import ConversionError, PipelineError, UsageError

Arrays = Mapping[str, NDArray[Any]]


def explain_forward(model: Any, feeds: Arrays, err: BaseException) -> PipelineError:
    """The refusal of a sample that the model's forward does not take.

    Its dtype and its layout are looked at first; torch's own words name neither input nor remedy.
    """
    for explain in (_find_dtype, _find_layout):
        if found := explain(model, feeds):
            what, hint = found
            return UsageError(f"the model does not take the sample: {what}", hint=hint)
    shapes = ", ".join(
        f"{name!r} {array.dtype.name}{list(array.shape)}" for name, array in feeds.items()
    )
    return UsageError(
        f"the model does not take the sample ({shapes}): {_first_line(err)}",
        hint="Save the sample as the model is called: the same dtype, the same order of axes",
    )


def explain_export(err: BaseException) -> ConversionError:
    """The refusal of a model that torch's exporter does not translate."""
    text = "\n".join(map(str, _chain(err)))
    if found := re.search(r"No ONNX function found for <OpOverload\(op='([^']+)'", text):
        return ConversionError(
            f"ONNX has no operator for {found[1].replace('.', '::')}, which the model calls",
            hint="Write that part with torch's own operators; a custom operator would also be "
            "missing wherever the graph runs",
        )
    if "data-dependent" in text:
        line = re.search(r"File \"[^\"]*\", line \d+, in (\S+)\n\s*(.+)", text)
        return ConversionError(
            "the model takes another way through its code by the values of its input"
            + (f": {line[2].strip()!r} in {line[1]}" if line else ""),
            hint="Write it without a branch: torch.where(condition, a, b)",
        )
    if "Constraints violated" in text or "specialized" in text or "not equal" in text:
        return ConversionError(
            f"the model fixes an axis that has to be dynamic: {_find_constraint(text)}",
            hint="Its forward makes a number of a size: write x.reshape(x.shape[0], -1) instead of "
            "x.reshape(2, 3); or leave the axis out of [axes]",
        )
    return ConversionError(
        f"torch's exporter refuses the model: {_first_line(_last(err))}",
        hint="Its forward must run under torch.export.export: tensors in, tensors out",
    )


def _find_dtype(model: Any, feeds: Arrays) -> tuple[str, str] | None:
    """An input of another float than the weights, whole numbers for them, or floats for indices."""
    floats = {str(weight.dtype).removeprefix("torch.") for weight in model.parameters()}
    indexed = any("Embedding" in type(part).__name__ for part in model.modules())
    for name, array in feeds.items():
        kind = array.dtype.name
        if array.dtype.kind == "f" and floats and kind not in floats:
            return (
                f"{name!r} is {kind}, the model's weights are {', '.join(sorted(floats))}",
                f"Save it with .astype({min(floats)!r})",
            )
        if array.dtype.kind == "f" and indexed:
            return f"{name!r} is {kind}, but the model looks it up", "Save it with .astype('int64')"
        if array.dtype.kind in "iub" and floats and not indexed:
            return (
                f"{name!r} is {kind}, the model's weights are {', '.join(sorted(floats))}",
                f"Save it with .astype({min(floats)!r}), scaled as in training; for pictures of "
                "uint8 let [image] put the scaling into the graph",
            )
    return None


def _find_layout(model: Any, feeds: Arrays) -> tuple[str, str] | None:
    """Pictures with their channels last, for a model whose first convolution wants them first."""
    first = next((part for part in model.modules() if type(part).__name__ == "Conv2d"), None)
    if first is None:
        return None
    for name, array in feeds.items():
        if array.ndim != 4 or array.shape[1] == first.in_channels:
            continue
        what = f"{name!r} is {list(array.shape)}, expected [N, {first.in_channels}, height, width]"
        if array.shape[3] == first.in_channels:
            hint = "It is NHWC: save it with .transpose(0, 3, 1, 2), which is NCHW"
            return what, hint
        return what, "PyTorch's convolutions take NCHW with the channels they were trained on"
    return None


def _chain(err: BaseException | None) -> list[BaseException]:
    found: list[BaseException] = []
    while err is not None and err not in found:
        found.append(err)
        err = err.__cause__ or err.__context__
    return found


def _last(err: BaseException) -> BaseException:
    return _chain(err)[-1]


def _first_line(err: BaseException) -> str:
    return (str(err).strip() or type(err).__name__).splitlines()[0][:300]


def _find_constraint(text: str) -> str:
    """The sentence of torch that names the axis."""
    lines = [line.strip(" -") for line in text.splitlines()]
    named = (
        line for line in lines if "batch" in line or "specialized" in line or "inferred" in line
    )
    return next(named, lines[0])[:300]
