"""Stage 2, set-up: the objects that a configuration names, made."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import signature
from typing import Any

from pipeline.config.object_specs import CLASS, SLOTS, find


def made(setup: Mapping[str, Any], seed: int) -> dict[str, Any]:
    """The arguments of `setup` with an object in place of every table that names a class.

    An object that draws random numbers gets the run's seed where the configuration gives none, as
    PyCaret gives it to the objects that it makes itself.
    """
    return {k: _made(v, seed) if k in SLOTS else v for k, v in setup.items()}


def _made(value: Any, seed: int) -> Any:
    if isinstance(value, list):
        return [_made(v, seed) for v in value]
    if not isinstance(value, Mapping):
        return None if value == "none" else value
    members = {k: _made(v, seed) for k, v in value.items() if k != CLASS}
    return _object(find(value[CLASS]), members, seed) if CLASS in value else members


def _object(cls: type[Any], arguments: dict[str, Any], seed: int) -> Any:
    # A splitter that does not shuffle refuses a seed.
    if "random_state" in signature(cls).parameters and not hasattr(cls, "split"):
        arguments.setdefault("random_state", seed)
    return cls(**arguments)
