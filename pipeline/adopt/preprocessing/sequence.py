"""Series: scaling and windows as operators before a network, and the scaling back behind it.

A series comes as float64, (batch, time, features) or (batch, time), and is scaled in float64 as
scikit-learn does it; the network sees it in its own type. Where windows are cut, every output gets
an axis of them: (batch, windows, ...).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from pipeline.adopt.preprocessing.joining import (
    Dims,
    find_float,
    find_value,
    put_after,
    put_before,
    raise_opset,
    read_dims,
)
from pipeline.adopt.preprocessing.sequence_spec import Scaling, SequenceSpec
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, INT64, Tensor
from pipeline.errors import ConfigError, ConversionError, DataError

OPSET = 15
"""The first one whose Shape answers a part of it."""
TIME, WINDOWS = "time", "windows"


def add_series_input(network: onnx.ModelProto, spec: SequenceSpec) -> onnx.ModelProto:
    """The network with a spec's scaling and windows at both ends, which keep their names.

    Raises:
        ConfigError: the network's ends are not what the spec's series and outputs are.
        ConversionError: there is no such input or output, or the network's operators are too old.
    """
    network = raise_opset(network, OPSET)
    name = _find_input(network, spec)
    value = find_value(network.graph.input, name)
    dtype, dims = find_float(value), read_dims(value)
    _check_input(name, dims, spec)
    rest = dims[2:]
    batch = dims[0] or "batch"
    time = TIME if spec.window is not None else dims[1] or TIME
    part = _build_before(spec, dtype, rest)
    joined = put_before(network, part, name, (batch, time, *rest))
    if spec.window is not None:
        # They say "batch" of what is now windows of all series.
        del joined.graph.value_info[:]
    if spec.output is not None:
        find_value(network.graph.output, spec.output)
    for output in network.graph.output:
        inverse = spec.inverse if output.name == spec.output else None
        if inverse is not None or spec.window is not None:
            joined = _finish(joined, output, name, dims, (spec, inverse))
    onnx.checker.check_model(joined, full_check=True)
    return joined


def prepare_series(
    series: NDArray[Any], spec: SequenceSpec, dtype: Any = np.float32
) -> NDArray[Any]:
    """What the graph does before the network, with numpy: what the framework is to be given.

    Raises:
        DataError: the series are shorter than a window, which the graph refuses too.
    """
    values = np.asarray(series, dtype=np.float64)
    if spec.scaling is not None:
        values = spec.scaling.apply(values)
    if spec.window is not None:
        if not (count := spec.count_windows(values.shape[1])):
            raise DataError(
                f"got series of {values.shape[1]} steps, expected {spec.window} at least",
                hint="[sequence] window is what the network takes at once",
            )
        places = np.arange(count)[:, None] * spec.step + np.arange(spec.window)
        values = values[:, places].reshape(len(values) * count, spec.window, *values.shape[2:])
    return values.astype(dtype)


def restore_output(
    output: NDArray[Any], spec: SequenceSpec, name: str, series: NDArray[Any]
) -> NDArray[Any]:
    """What the graph does behind the network, with numpy: what is answered for these series."""
    if spec.window is not None:
        count = spec.count_windows(series.shape[1])
        output = output.reshape(len(series), count, *output.shape[1:])
    if spec.inverse is not None and name == spec.output:
        return spec.inverse.apply(output)
    return output


def _build_before(spec: SequenceSpec, dtype: Any, rest: Dims) -> onnx.ModelProto:
    graph = Graph()
    series = graph.input("series", DOUBLE, ("batch", TIME, *rest))
    values = _scale(series, spec.scaling)
    if spec.window is None:
        return graph.model({"scaled": (values.cast(dtype), ["batch", TIME, *rest])})
    count = _count_windows(series, spec)
    inside = graph.constant(np.arange(spec.window, dtype=np.int64))
    places = _count_up(count).reshape(-1, 1) * spec.step + inside
    windows = values.cast(dtype).gather(places, axis=1)
    rows = series.unary("Shape", INT64, start=0, end=1) * count
    length = graph.constant(np.array([spec.window], dtype=np.int64))
    parts = [rows, length, *([series.unary("Shape", INT64, start=2)] if rest else [])]
    flat = _reshape(windows, graph.concat(parts, axis=0))
    return graph.model({"scaled": (flat, ["rows", spec.window, *rest])})


def _build_after(
    spec: SequenceSpec, inverse: Scaling | None, dtype: Any, ends: tuple[Dims, Dims]
) -> onnx.ModelProto:
    """From the network's output to the answer: an axis of windows, then the scaling back."""
    graph = Graph()
    series_rest, output_rest = ends
    values = graph.input("output", dtype, ("rows", *output_rest))
    dims: list[int | str | None] = ["batch", *output_rest]
    if spec.window is not None:
        series = graph.input("series", DOUBLE, ("batch", TIME, *series_rest))
        batch = series.unary("Shape", INT64, start=0, end=1)
        parts = [batch, _count_windows(series, spec)]
        if output_rest:
            parts.append(values.unary("Shape", INT64, start=1))
        values = _reshape(values, graph.concat(parts, axis=0))
        dims = ["batch", WINDOWS, *output_rest]
    if inverse is not None:
        values = _scale(values.cast(DOUBLE), inverse)
    return graph.model({"answer": (values, dims)})


def _finish(
    joined: onnx.ModelProto,
    output: onnx.ValueInfoProto,
    name: str,
    dims: Dims,
    how: tuple[SequenceSpec, Scaling | None],
) -> onnx.ModelProto:
    spec, inverse = how
    have = read_dims(output)
    if spec.window is not None and have[:1] != dims[:1]:
        raise ConversionError(
            f"expected the batch {dims[0]!r} as first axis of every output, got {have} for "
            f"{output.name!r}",
            hint="leave this output out when exporting, as an LSTM's states, or cut the windows "
            "outside: [sequence] without window",
        )
    _check_inverse(output.name, have, inverse)
    rest = tuple(dim or f"{output.name}_{axis}" for axis, dim in enumerate(have[1:], 1))
    part = _build_after(spec, inverse, find_float(output), (dims[2:], rest))
    windows = (WINDOWS,) if spec.window is not None else ()
    others = {"series": name} if spec.window is not None else {}
    return put_after(joined, part, output.name, (have[0] or "batch", *windows, *rest), others)


def _scale(values: Tensor, scaling: Scaling | None) -> Tensor:
    for operator, numbers in scaling.steps if scaling is not None else ():
        values = values.graph.binary(operator, values, np.array(numbers))
    return values


def _count_windows(series: Tensor, spec: SequenceSpec) -> Tensor:
    """How many whole windows each series has, [1] int64; one where it is too short for that.

    Its places lie beyond the series then, so that Gather refuses it. No windows at all would be an
    empty batch, with which onnxruntime's LSTM (1.31) ends the process.
    """
    assert spec.window is not None
    graph = series.graph
    spare = series.unary("Shape", INT64, start=1, end=2) - (spec.window - spec.step)
    return graph.op("Max", spare / spec.step, graph.constant(np.int64(1)), dtype=INT64)


def _count_up(count: Tensor) -> Tensor:
    """0 to count - 1, int64."""
    graph = count.graph
    ends = [graph.constant(np.int64(0)), _to_scalar(count), graph.constant(np.int64(1))]
    return graph.op("Range", *ends, dtype=INT64)


def _to_scalar(number: Tensor) -> Tensor:
    return number.graph.op("Squeeze", number, dtype=INT64)


def _reshape(values: Tensor, shape: Tensor) -> Tensor:
    """To a shape in which 0 is 0: no series."""
    return values.graph.op("Reshape", values, shape, dtype=values.dtype, allowzero=1)


def _find_input(network: onnx.ModelProto, spec: SequenceSpec) -> str:
    names = [value.name for value in network.graph.input]
    if spec.input is None and len(names) != 1:
        raise ConfigError(
            f"[sequence] input: expected one of {', '.join(names)}, got none",
            hint="name the input that takes the series",
        )
    if spec.window is not None and len(names) != 1:
        raise ConfigError(
            f"[sequence] window: expected a network of one input, got {', '.join(names)}",
            hint="the other inputs would need a row for each window; cut the windows outside",
        )
    return spec.input or names[0]


def _check_input(name: str, dims: Dims, spec: SequenceSpec) -> None:
    """Refuse an input that cannot take the spec's series or windows."""
    shown = ", ".join(str(dim or "?") for dim in dims)
    if len(dims) not in (2, 3):
        raise ConfigError(
            f"expected (batch, time, features) or (batch, time) at the input {name!r}, "
            f"got ({shown})",
            hint="[sequence] is for networks of series, batch first",
        )
    width = dims[2] if len(dims) == 3 else 1
    if spec.scaling is not None and isinstance(width, int) and width != spec.scaling.features:
        raise ConfigError(
            f"[sequence] scales {spec.scaling.features} features, the input {name!r} "
            f"({shown}) has {width}",
            hint="give a number for each feature, in the order of the input's last axis",
        )
    if spec.window is None:
        return
    if isinstance(dims[1], int) and dims[1] != spec.window:
        raise ConfigError(
            f"[sequence] window is {spec.window}, the input {name!r} ({shown}) takes {dims[1]}",
            hint=f"set window = {dims[1]}, or export with a dynamic time axis",
        )
    if isinstance(dims[0], int):
        raise ConfigError(
            f"[sequence] window needs a dynamic batch, the input {name!r} is ({shown})",
            hint="export with axis 0 dynamic: the windows of all series are its batch",
        )


def _check_inverse(name: str, dims: Dims, inverse: Scaling | None) -> None:
    width = dims[-1] if len(dims) > 1 else 1
    if inverse is None or inverse.features in (1, width) or not isinstance(width, int):
        return
    raise ConfigError(
        f"[sequence] scales {inverse.features} features back, the last axis of {name!r} has "
        f"{width}",
        hint="set targets to the places of the features that the output holds, such as [0]",
    )
