"""Keras: which names a model's inputs and outputs have, and in which structure it takes them.

A name that Keras made up by counting (keras_tensor_12, dense_3) is another in the next process, so
it is none: the sample or the settings name such an input, and such an output is `output`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from pipeline.errors import UsageError

_COUNTED_INPUT = re.compile(r"(keras_tensor|input_layer|input)(_\d+)?")


def list_inputs(model: Any) -> dict[str, Any]:
    """What a model says of its inputs, by its own names in its order; none if it says nothing.

    A dict's tensors lie in `model.inputs` by the alphabet, whatever the dict's order.
    """
    structure = _find_structure(model)
    if isinstance(structure, Mapping):
        return dict(structure)
    return {tensor.name: tensor for tensor in getattr(model, "inputs", None) or ()}


def match_inputs(
    model: Any, arrays: Mapping[str, NDArray[Any]], chosen: Sequence[str]
) -> tuple[str, ...]:
    """The inputs' names in the model's order.

    Args:
        arrays: of the sample; they name inputs that have no name of their own. A lone one may
            have any name.
        chosen: by the settings, in the model's order; none for the model's own.

    Raises:
        UsageError: the sample's arrays are others.
    """
    own = tuple(list_inputs(model))
    counted = not isinstance(_find_structure(model), Mapping) and any(
        map(_COUNTED_INPUT.fullmatch, own)
    )
    names = tuple(chosen) or (tuple(arrays) if not own or counted else own)
    if counted and not chosen and len(own) > 1:
        raise UsageError(
            f"the model's {len(own)} inputs have no names of their own, only Keras' counting "
            f"({', '.join(own)})",
            hint="Name them in the model, keras.Input(..., name='age'), or under [inputs]",
        )
    lone = len(names) == len(arrays) == 1
    if (set(names) != set(arrays) and not lone) or (own and len(names) != len(own)):
        raise UsageError(
            f"the sample has {', '.join(map(repr, arrays))}, the model takes "
            f"{', '.join(map(repr, names if chosen else own))}",
            hint="Save the sample with numpy.savez(FILE, NAME=array, …), an array for each input",
        )
    return names


def pack_feeds(model: Any, feeds: Mapping[str, Any]) -> Any:
    """One tensor, a list, or a dict, as the model was built to take its inputs.

    Args:
        feeds: by the model's own names, or in its order.
    """
    structure, own = _find_structure(model), list_inputs(model)
    if set(feeds) == set(own):
        feeds = {name: feeds[name] for name in own}
    if isinstance(structure, Mapping):
        return dict(zip(structure, feeds.values(), strict=True))
    if structure is None and len(feeds) > 1:
        return dict(feeds)
    values = list(feeds.values())
    return values if isinstance(structure, list | tuple) or len(values) > 1 else values[0]


def find_output_names(model: Any, found: Any) -> list[tuple[str, Any]]:
    """What a call returned, as (name, tensor) in the model's order.

    Raises:
        UsageError: the model returns something nested, or a None.
    """
    if isinstance(found, Mapping):
        pairs = [(str(name), value) for name, value in found.items()]
    elif isinstance(found, list | tuple):
        named = list_named_outputs(model)
        known = len(named) == len(found)
        pairs = [
            (named[place] if known and named[place] else f"output_{place}", value)
            for place, value in enumerate(found)
        ]
    else:
        named = list_named_outputs(model)
        pairs = [((named[0] if len(named) == 1 else "") or "output", found)]
    if poor := [name for name, value in pairs if not hasattr(value, "shape")]:
        raise UsageError(
            f"the model's output {poor[0]!r} is no tensor",
            hint="Return a tensor, a flat list or a flat dict of tensors",
        )
    return pairs


def list_named_outputs(model: Any) -> list[str]:
    """The names of the layers that give the outputs; empty for one that Keras counted."""
    return ["" if _is_counted(layer) else layer.name for layer in _list_last_layers(model)]


def _list_last_layers(model: Any) -> list[Any]:
    outputs = getattr(model, "outputs", None)
    if not outputs:
        return []
    return [tensor._keras_history.operation for tensor in outputs]


def _is_counted(layer: Any) -> bool:
    """Whether the name is the class's own, in Keras' writing, with or without a number."""
    kind = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", type(layer).__name__)
    return re.fullmatch(rf"{re.escape(kind.lower())}(_\d+)?", layer.name) is not None


def _find_structure(model: Any) -> Any:
    """What a functional or Sequential model takes: a tensor, a list or a dict; None if unknown."""
    try:
        return model.input
    except (AttributeError, ValueError):
        return None
