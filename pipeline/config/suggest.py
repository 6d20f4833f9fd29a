"""Describes a value that does not fit, and suggests what was probably meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches

TYPES: Mapping[type, str] = {
    bool: "true or false",
    int: "a whole number",
    float: "a number",
    str: "text",
    list: "a list",
    dict: "a table",
}


_LISTED = 30
_WIDTH = 60


def suggest(word: str, words: Iterable[str]) -> str:
    """A hint with the nearest of some words, else with all of them (or the first of them)."""
    known = {word.lower(): word for word in sorted(words)}
    for close in get_close_matches(word.lower(), known, n=1):
        return f"Did you mean {known[close]!r}?"
    more = ", …" if len(known) > _LISTED else ""
    return f"Known: {', '.join(list(known.values())[:_LISTED])}{more}"


def describe_value(value: object) -> str:
    """A TOML value as an error message shows it: the value and what it is."""
    text = repr(value)
    return f"{text[:_WIDTH]}{'...' * (len(text) > _WIDTH)} ({describe_type(value)})"


def describe_type(value: object) -> str:
    """What a TOML value is, where the value itself may be secret."""
    return TYPES.get(type(value), type(value).__name__)
