"""TensorFlow: what is fed to it, held against what a model declares."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.manifest.tensors import Tensor

if TYPE_CHECKING:
    from pipeline.adopt.settings import AdoptConfig

Arrays = Mapping[str, NDArray[Any]]


def name_arrays(arrays: Arrays, names: Sequence[str]) -> Arrays:
    """The sample's arrays by the inputs' names; a lone one belongs to the lone input."""
    if len(arrays) == len(names) == 1:
        return dict(zip(names, arrays.values(), strict=True))
    return arrays


def describe_input(name: str, array: NDArray[Any], settings: AdoptConfig) -> Tensor:
    """An input of the graph as the sample has it; text of any length is "str"."""
    dtype = "str" if array.dtype.kind == "U" else array.dtype.name
    return Tensor(name, dtype, settings.find_shape(name, array))


def check_array(name: str, array: NDArray[Any], dtype: str, shape: Sequence[int | None]) -> None:
    """Hold an array of the sample against what the model declares.

    Raises:
        UsageError: another type, or a shape that does not fit.
    """
    found = "string" if array.dtype.kind in "US" else array.dtype.name
    if found != dtype:
        raise UsageError(
            f"the sample's {name!r} is {found}, the model takes {dtype}",
            hint=f'Save it with .astype("{dtype}"), scaled as in training',
        )
    if len(shape) == array.ndim and all(
        size in (None, found) for size, found in zip(shape[1:], array.shape[1:], strict=True)
    ):
        if shape[0] is not None:
            raise UsageError(
                f"the model's input {name!r} has a fixed batch of {shape[0]}",
                hint="Build it with keras.Input(shape=…), which leaves the batch open",
            )
        return
    raise UsageError(
        f"the sample's {name!r} has shape {list(array.shape)}, the model takes "
        f"{['batch', *shape[1:]]}",
        hint=_explain_layout(array.shape, shape),
    )


def make_constants(feeds: Arrays) -> dict[str, Any]:
    """The feeds as TensorFlow's tensors; words of any NumPy type as its strings."""
    import tensorflow as tf

    return {
        name: tf.constant(values.astype(object) if values.dtype.kind in "US" else values)
        for name, values in feeds.items()
    }


@contextmanager
def silence() -> Iterator[None]:
    """Keep TensorFlow's and tf2onnx's talk off the terminal, from C++ too."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    loggers = [logging.getLogger(name) for name in ("tensorflow", "tf2onnx")]
    levels = [logger.level for logger in loggers]
    with (
        warnings.catch_warnings(),
        redirect_stdout(StringIO()),
        redirect_stderr(StringIO()),
        _mute_descriptor(2),
    ):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


@contextmanager
def _mute_descriptor(descriptor: int) -> Iterator[None]:
    """TensorFlow writes there before it has read any setting of how much to write."""
    real, nowhere = os.dup(descriptor), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, descriptor)
    try:
        yield
    finally:
        os.dup2(real, descriptor)
        os.close(real)
        os.close(nowhere)


def _explain_layout(found: Sequence[int], wanted: Sequence[int | None]) -> str:
    """Whether it is the other order of a picture's axes, and what to do."""
    if len(found) == len(wanted) == 4:
        turned = (found[0], found[2], found[3], found[1])
        if all(size in (None, other) for size, other in zip(wanted[1:], turned[1:], strict=True)):
            return "It is NCHW, the model NHWC: np.transpose(x, (0, 2, 3, 1))"
    if len(found) == len(wanted) - 1:
        return "A row alone needs a batch axis: x[np.newaxis]"
    return "Save the sample as the model was trained, a row per example"
