"""Creates the Python objects that a configuration names."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

from pipeline.config.object_specs import CLASS, SLOTS, import_class


def instantiate_objects(setup: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The arguments of `setup` with an object in place of every table that names a class.

    An object that draws random numbers gets the run's seed where the configuration gives none, as
    PyCaret gives it to the objects that it makes itself.
    """
    return {k: _instantiate(v, seed) if k in SLOTS else v for k, v in setup.items()}


def _instantiate(value: Any, seed: int) -> Any:
    if isinstance(value, list):
        return [_instantiate(v, seed) for v in value]
    if not isinstance(value, Mapping):
        return None if value == "none" else value
    members = {k: _instantiate(v, seed) for k, v in value.items() if k != CLASS}
    return _object(import_class(value[CLASS]), members, seed) if CLASS in value else members


def _object(cls: type[Any], arguments: dict[str, Any], seed: int) -> Any:
    # A splitter that does not shuffle refuses a seed.
    if "random_state" in signature(cls).parameters and not hasattr(cls, "split"):
        arguments.setdefault("random_state", seed)
    return cls(**arguments)
