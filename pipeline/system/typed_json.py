"""Parses JSON into frozen dataclasses, or says what does not fit where.

Standard library only: a logged model reads its manifest by this.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from functools import cache
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

_PLAIN = {str: "text", int: "a whole number", float: "a number", bool: "true or false"}
_SHOWN = 60


class MisfitError(ValueError):
    """A value of another type than its field; `place` is filled from the inside out."""

    def __init__(self, value: object, expected: str, place: str = "") -> None:
        self.value, self.expected, self.place = value, expected, place
        super().__init__(value, expected, place)

    def inside(self, part: str) -> MisfitError:
        """The same, seen from what holds it."""
        return MisfitError(self.value, self.expected, f"{part}{self.place}")

    def __str__(self) -> str:
        found = repr(self.value)
        found = found if len(found) <= _SHOWN else f"{found[:_SHOWN]}…"
        return f"{self.place.lstrip('.') or 'as a whole'}: got {found}, expected {self.expected}"


def read_dataclass(kind: type, text: str) -> Any:
    """A value of a dataclass from its JSON; keys that it has no field for are ignored.

    Args:
        kind: a dataclass of str, int, float, bool, Literal, X | Y, tuple[X, ...], Mapping[str, X]
            and other such dataclasses; Any takes whatever JSON holds.

    Raises:
        ValueError: it is no JSON, or a field is missing or of another type.
    """
    return _build(kind, parse_json(text))


def parse_json(text: str | bytes) -> Any:
    """Whatever the JSON holds; bytes are UTF-8.

    Raises:
        ValueError: it is no JSON, or holds what cannot be handed on: values nested too deeply,
            half of a surrogate pair.
    """
    try:
        text = text if isinstance(text, str) else text.decode()
        content = json.loads(text)
    except RecursionError:
        raise ValueError("got values nested too deeply, expected JSON of a few levels") from None
    except ValueError as err:
        raise ValueError(f"got what is no JSON ({err}), expected an object") from err
    if "\\ud" in text.lower():
        try:
            json.dumps(content, ensure_ascii=False).encode()
        except UnicodeEncodeError as err:
            raise ValueError(f"got half of a character ({err.reason}), expected text") from err
    return content


def _build(kind: Any, value: Any) -> Any:
    if kind is Any or kind in _PLAIN:
        return value if kind is Any else _plain(kind, value)
    if dataclasses.is_dataclass(kind):
        return _object(kind, value)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        if isinstance(value, str) and value in arguments:
            return value
        raise MisfitError(value, f"one of {', '.join(map(repr, arguments))}")
    if origin is tuple:
        return _several(arguments[0], value)
    if origin is UnionType:
        return _one_of(arguments, value)
    if not isinstance(value, dict):
        raise MisfitError(value, "an object")
    return {key: _part(arguments[1], part, f".{key}") for key, part in value.items()}


def _plain(kind: type, value: Any) -> Any:
    allowed = (int, float) if kind is float else kind
    if isinstance(value, allowed) and (kind is bool or not isinstance(value, bool)):
        return value
    raise MisfitError(value, _PLAIN[kind])


def _object(kind: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        raise MisfitError(value, "an object")
    types = _types(kind)
    built = {
        name: _part(of, value[name], f".{name}") for name, of in types.items() if name in value
    }
    for part in dataclasses.fields(kind):
        has_default = (part.default, part.default_factory) != (dataclasses.MISSING,) * 2
        if part.name not in built and not has_default:
            raise ValueError(f"got an object without {part.name!r}, expected {', '.join(types)}")
    return kind(**built)


def _several(kind: Any, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise MisfitError(value, "a list")
    if kind is str and all(type(part) is str for part in value):  # thousands of categories
        return tuple(value)
    return tuple(_part(kind, part, f"[{place}]") for place, part in enumerate(value))


def _one_of(kinds: tuple[Any, ...], value: Any) -> Any:
    if value is None and type(None) in kinds:
        return None
    kinds = tuple(kind for kind in kinds if kind is not type(None))
    for kind in kinds[:-1]:
        try:
            return _build(kind, value)
        except MisfitError:
            continue
    return _build(kinds[-1], value)


def _part(kind: Any, value: Any, place: str) -> Any:
    try:
        return _build(kind, value)
    except MisfitError as err:
        raise err.inside(place) from None


@cache
def _types(kind: type) -> Mapping[str, Any]:
    return get_type_hints(kind)
