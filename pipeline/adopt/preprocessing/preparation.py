"""The preparation of a sample, by numpy and within the graph, whatever its section is.

The framework's model is given what `prepare_arrays` makes of a sample, and its answers go through
`restore_outputs`; the graph of `add_preparation` is given the sample itself, and answers alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
from numpy.typing import NDArray

from pipeline.adopt.preprocessing.doubts import (
    check_pictures,
    find_picture_doubts,
    find_series_doubts,
    find_unprepared_doubts,
)
from pipeline.adopt.preprocessing.image import add_picture_input
from pipeline.adopt.preprocessing.image_reference import prepare_pictures
from pipeline.adopt.preprocessing.sequence import (
    add_series_input,
    prepare_series,
    restore_output,
)
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from pipeline.adopt.settings import AdoptConfig

Arrays = Mapping[str, NDArray[Any]]


def find_doubts(arrays: Arrays, config: AdoptConfig) -> list[str]:
    """Warnings where a sample and the sections do not go together.

    Raises:
        UsageError: there is a section [image], and the sample holds no pictures.
        ConfigError: there are several inputs, and nothing says which the section is for.
    """
    if config.image is not None:
        name = find_prepared(arrays, config)
        check_pictures(arrays[name], name)
        return find_picture_doubts(arrays[name], config.image)
    if config.sequence is not None:
        name = find_prepared(arrays, config)
        return find_series_doubts(arrays[name], config.sequence, name)
    doubts = []
    for name, array in arrays.items():
        doubts += find_unprepared_doubts(array, name)
        if array.ndim == 3:
            doubts += find_series_doubts(array, None, name)
    return doubts


def find_prepared(arrays: Arrays, config: AdoptConfig) -> str:
    """The input that the section is for.

    Raises:
        ConfigError: there are several, and nothing says which; or there is none of that name.
    """
    named = config.sequence.input if config.sequence is not None else None
    if named in arrays:
        return str(named)
    if named is None and len(arrays) == 1:
        return next(iter(arrays))
    section = "image" if config.image is not None else "sequence"
    raise ConfigError(
        f"[{section}] is for one input, got {named or 'none'} of {', '.join(arrays)}",
        hint="[sequence] input names it; [image] is for networks of one input",
    )


def prepare_arrays(arrays: Arrays, config: AdoptConfig, dtype: Any = np.float32) -> Arrays:
    """What the framework's model is to be given for this sample.

    Pictures are prepared by the operators of the graph, so that what differs afterwards is the
    network's; `measure_pixels` says how far these are from Pillow's.
    """
    if config.image is None and config.sequence is None:
        return arrays
    name = find_prepared(arrays, config)
    if config.image is not None:
        return {**arrays, name: prepare_pictures(arrays[name], config.image, dtype)}
    assert config.sequence is not None
    return {**arrays, name: prepare_series(arrays[name], config.sequence, dtype)}


def restore_outputs(outputs: Arrays, config: AdoptConfig, arrays: Arrays) -> Arrays:
    """What is answered for the sample where a framework's model gave these outputs."""
    if config.sequence is None:
        return outputs
    series, spec = arrays[find_prepared(arrays, config)], config.sequence
    return {name: restore_output(each, spec, name, series) for name, each in outputs.items()}


def add_preparation(network: onnx.ModelProto, config: AdoptConfig) -> onnx.ModelProto:
    """The network with its section's operators; itself where there is none.

    Raises:
        ConfigError: the network's ends are not what the section makes.
        ConversionError: the network's operators are too old and cannot be converted.
    """
    if config.sequence is not None:
        return add_series_input(network, config.sequence)
    if config.image is None:
        return network
    names = [value.name for value in network.graph.input]
    if len(names) != 1:
        raise ConfigError(
            f"[image] is for networks of one input, got {', '.join(names)}",
            hint="Prepare the pictures outside, without [image]",
        )
    return add_picture_input(network, config.image, names[0])


def describe_preparation(config: AdoptConfig) -> dict[str, Any]:
    """What the manifest says of it: {"image": ...}, {"sequence": ...} or nothing."""
    sections = {"image": config.image, "sequence": config.sequence}
    return {key: asdict(spec) for key, spec in sections.items() if spec is not None}
