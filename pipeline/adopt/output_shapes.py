"""Finds which axes of a model's outputs follow which axes of its inputs, by running other sizes.

What an exporter declares is what it traced: torch's keeps the traced length of an LSTM's output.
What the model itself gives for other sizes is the truth.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import ConversionError, PipelineError, UsageError

Arrays = Mapping[str, NDArray[Any]]
Shape = tuple[int | str, ...]


class Shaped(Protocol):
    """What is known of an input: its name, and its shape with words for dynamic axes."""

    @property
    def name(self) -> str: ...

    @property
    def shape(self) -> Shape: ...


def measure_sizes(inputs: Iterable[Shaped], feeds: Arrays) -> dict[str, int]:
    """The size of each dynamic axis in some feeds.

    Raises:
        UsageError: one axis has two sizes.
    """
    sizes: dict[str, int] = {}
    for tensor in inputs:
        for axis, size in zip(tensor.shape, feeds[tensor.name].shape, strict=True):
            if isinstance(axis, str) and sizes.setdefault(axis, size) != size:
                raise UsageError(
                    f"axis {axis!r} is {sizes[axis]} in one input of the sample, {size} in "
                    f"{tensor.name!r}",
                    hint="Give axes of different sizes different names under [axes]",
                )
    return sizes


def resize_feeds(
    inputs: Iterable[Shaped], feeds: Arrays, sizes: Mapping[str, int]
) -> dict[str, NDArray[Any]]:
    """The feeds with some dynamic axes cut, or repeated from their start, to other sizes."""
    return {tensor.name: _resize(feeds[tensor.name], tensor.shape, sizes) for tensor in inputs}


def find_output_shapes(
    predict: Callable[[Arrays], Arrays], inputs: Iterable[Shaped], feeds: Arrays
) -> dict[str, Shape]:
    """The shape of each output, with the name of the input's axis wherever one follows it.

    An axis that changes with an input's, but is not as long, gets a name of its own: OUTPUT_AXIS.

    Args:
        predict: the model itself; it refuses a size with a PipelineError.
        inputs: with the dynamic axes named.
        feeds: the sample.

    Raises:
        ConversionError: the model takes no other size of an axis.
    """
    inputs = tuple(inputs)
    sizes = measure_sizes(inputs, feeds)
    first = _measure(predict, feeds)
    shapes: dict[str, list[int | str]] = {name: list(shape) for name, shape in first.items()}
    for axis, size in sizes.items():
        grown, found = _grow(predict, inputs, feeds, axis)
        for name, shape in found.items():
            for place, (before, after) in enumerate(zip(first[name], shape, strict=True)):
                if before != after:
                    follows = (before, after) == (size, grown)
                    shapes[name][place] = axis if follows else f"{name}_{place}"
    return {name: tuple(shape) for name, shape in shapes.items()}


def _grow(
    predict: Callable[[Arrays], Arrays], inputs: Sequence[Shaped], feeds: Arrays, axis: str
) -> tuple[int, dict[str, tuple[int, ...]]]:
    """Another size of one axis, and the shapes of the outputs there.

    Far larger if the model takes that: with strides one more step may change nothing.
    """
    size = measure_sizes(inputs, feeds)[axis]
    for other in (2 * size + 1, size + 1):
        try:
            return other, _measure(predict, resize_feeds(inputs, feeds, {axis: other}))
        except PipelineError as err:
            refused = err
    raise ConversionError(
        f"axis {axis!r} has to be dynamic, but the model itself takes {size}, as in the sample, "
        f"and not {size + 1}: {refused.message}",
        hint="Its code or its weights fix that size; make them independent of it"
        + ("" if axis == "batch" else ", or leave the axis out of [axes]"),
    ) from refused


def _measure(predict: Callable[[Arrays], Arrays], feeds: Arrays) -> dict[str, tuple[int, ...]]:
    return {name: array.shape for name, array in predict(feeds).items()}


def _resize(array: NDArray[Any], shape: Shape, sizes: Mapping[str, int]) -> NDArray[Any]:
    for place, axis in enumerate(shape):
        if isinstance(axis, str) and axis in sizes:
            array = np.take(array, np.arange(sizes[axis]) % array.shape[place], axis=place)
    return array
