"""Pictures: resize, centre crop, scale and normalisation as operators before a network.

The picture comes as a decoder gives it, bytes of RGB, so that a device needs nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import onnx

from pipeline.adopt.preprocessing.image_spec import ImageSpec, pair_of
from pipeline.adopt.preprocessing.joining import (
    Dims,
    find_float,
    find_value,
    put_before,
    raise_opset,
    read_dims,
)
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import FLOAT, INT32, INT64, Tensor
from pipeline.errors import ConfigError

OPSET = 18
"""The first one whose Resize has antialiasing."""
BYTE = np.dtype(np.uint8)
GRAY = (19595, 38470, 7471)
"""Pillow's `convert("L")`: shares of red, green and blue in 1/65536."""
RESIZE: Mapping[str, Mapping[str, Any]] = {
    "bilinear": {"mode": "linear"},
    "bicubic": {"mode": "cubic", "cubic_coeff_a": -0.5},
}
"""Pillow's filters."""


def add_picture_input(network: onnx.ModelProto, spec: ImageSpec, name: str) -> onnx.ModelProto:
    """The network with the preparation of pictures before its input `name`.

    The new input has the same name: uint8 of shape (batch, height, width, 3), RGB, any size.

    Raises:
        ConfigError: the network's input is not what the spec makes of a picture.
        ConversionError: there is no such input, or the network's operators are older than opset 18
            and cannot be converted.
    """
    network = raise_opset(network, OPSET)
    value = find_value(network.graph.input, name)
    dims = read_dims(value)
    _check_network(name, dims, spec)
    batch = dims[0] or "batch"
    axes = (batch, f"{name}_height", f"{name}_width", 3)
    joined = put_before(network, build_transform(spec, find_float(value)), name, axes)
    onnx.checker.check_model(joined, full_check=True)
    return joined


def build_transform(spec: ImageSpec, dtype: Any = FLOAT) -> onnx.ModelProto:
    """The preparation alone: picture (N, H, W, 3) uint8 to image, in the network's layout."""
    graph = Graph()
    pixels = graph.input("picture", BYTE, ("batch", "height", "width", 3))
    if spec.colors == "L":
        pixels = _to_gray(pixels)
    # Bytes are resized: onnxruntime then rounds after each direction as Pillow does.
    if spec.resize is not None:
        pixels = _resize(pixels, spec)
    if spec.crop is not None:
        pixels = _crop(pixels, spec)
    if spec.colors == "BGR":
        pixels = pixels.gather(np.array([2, 1, 0]), axis=3)
    values = pixels.cast(FLOAT) / spec.divisor
    if any(spec.mean) or any(value != 1 for value in spec.std):
        values = (values - np.array(spec.mean)) / np.array(spec.std)
    height, width = spec.size or ("image_height", "image_width")
    shape: list[int | str | None] = ["batch", height, width, spec.channels]
    if spec.layout == "NCHW":
        values = values.unary("Transpose", perm=[0, 3, 1, 2])
        shape = ["batch", spec.channels, height, width]
    return graph.model({"image": (values.cast(dtype), shape)})


def _to_gray(pixels: Tensor) -> Tensor:
    weighted = (pixels.cast(INT32) * np.array(GRAY)).sum(axis=3)
    return ((weighted + 0x8000) / 0x10000).cast(BYTE)


def _resize(pixels: Tensor, spec: ImageSpec) -> Tensor:
    graph, sides = pixels.graph, _sides(pixels)
    if isinstance(spec.resize, int):
        # torchvision's int(size * long / short); these are whole numbers, so Div cuts likewise.
        wanted = sides * spec.resize / sides.reduce("ReduceMin", axis=0)
    else:
        wanted = graph.constant(np.array(spec.resize, dtype=np.int64))
    batch = pixels.unary("Shape", INT64, end=1)
    channels = graph.constant(np.array([spec.channels], dtype=np.int64))
    none = Tensor(graph, "", FLOAT)
    return graph.op(
        "Resize",
        *(pixels, none, none, graph.concat([batch, wanted, channels], axis=0)),
        dtype=BYTE,
        antialias=1,
        exclude_outside=1,  # as Pillow does; without it borders differ by 20 of 255
        coordinate_transformation_mode="half_pixel",
        **RESIZE[spec.interpolation],
    )


def _crop(pixels: Tensor, spec: ImageSpec) -> Tensor:
    """torchvision's `center_crop`: black around what is too small, halves to the even side."""
    assert spec.crop is not None
    graph, size = pixels.graph, np.array(pair_of(spec.crop), dtype=np.int64)
    axes = graph.constant(np.array([1, 2], dtype=np.int64))
    spare = _sides(pixels) - size
    if spec.may_pad:
        missing = graph.op("Max", -spare, graph.constant(np.int64(0)), dtype=INT64)
        pads = graph.concat([missing / 2, (missing + 1) / 2], axis=0)
        black = graph.constant(np.uint8(0))
        pixels = graph.op("Pad", pixels, pads, black, axes, dtype=BYTE)
        spare = graph.op("Max", spare, graph.constant(np.int64(0)), dtype=INT64)
    start = (spare.cast(FLOAT) / 2.0).unary("Round").cast(INT64)
    return graph.op("Slice", pixels, start, start + size, axes, dtype=BYTE)


def _sides(pixels: Tensor) -> Tensor:
    """(height, width), int64."""
    return pixels.unary("Shape", INT64, start=1, end=3)


def _check_network(name: str, dims: Dims, spec: ImageSpec) -> None:
    """Refuse a network whose input cannot be what the spec makes of a picture."""
    size = spec.size or ("height", "width")
    made: Dims = (spec.channels, *size) if spec.layout == "NCHW" else (*size, spec.channels)
    pairs = zip(dims[1:], made, strict=False)
    if len(dims) == 4 and all(
        have == want if isinstance(want, int) and isinstance(have, int) else isinstance(have, str)
        for have, want in pairs
    ):
        return
    shown = [", ".join(str(dim or "?") for dim in each) for each in (dims, ("batch", *made))]
    raise ConfigError(
        f"[image] makes ({shown[1]}) of a picture, the network's input {name!r} is ({shown[0]})",
        hint="set layout (NCHW or NHWC), colors, resize and crop to what the network takes; sizes "
        "that depend on the picture need dynamic axes",
    )
