"""Looks up the converter of a fitted class.

Classes are named `package.Class` (the top-level package and the class name), so that looking one
up imports nothing. A subclass is a class of its own: it may predict otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pipeline.convert.support.caveat import Caveat

C = TypeVar("C", bound=Callable[..., Any])
E = TypeVar("E", bound="Entry[Any]")

UNKNOWN = Caveat.when_converted(
    "classes of any other type than those listed above",
    instead="choose one that is listed",
)


@dataclass(frozen=True)
class Entry(Generic[C]):
    """One class's converter.

    Attributes:
        convert: the converter.
        reason: why skl2onnx's own converter is not used; empty where it is.
    """

    convert: C
    reason: str = ""

    @property
    def origin(self) -> str:
        return "own" if self.reason else "skl2onnx"


def class_key(fitted: Any) -> str:
    """`package.Class` of a fitted object."""
    cls = type(fitted)
    return f"{cls.__module__.split('.')[0]}.{cls.__name__}"


def merge_families(families: Iterable[Mapping[str, E]]) -> dict[str, E]:
    """One table from the families' tables.

    Raises:
        ValueError: a class stands in two families.
    """
    table: dict[str, E] = {}
    for family in families:
        twice = table.keys() & family.keys()
        if twice:
            raise ValueError(f"two converters for {sorted(twice)}")
        table.update(family)
    return table


def find_converter(table: Mapping[str, E], fitted: Any, what: str) -> E:
    """The converter for a fitted object.

    Raises:
        ConversionError: there is none for its class.
    """
    try:
        return table[class_key(fitted)]
    except KeyError:
        raise UNKNOWN.error(
            f"{what} {class_key(fitted)} has no exact conversion to ONNX",
            hint="choose another one; docs/support.md lists what converts",
            converted_class=class_key(fitted),
        ) from None
