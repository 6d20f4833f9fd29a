"""Formats a value as one line of strict JSON."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

from pipeline.errors.masking import mask_secrets


def json_line(values: Mapping[Any, Any]) -> str:
    """One line in ASCII, which no terminal, pipe or locale can damage.

    What JSON lacks becomes the nearest that it has: NaN and infinity null, half of a surrogate
    pair its escape, another object its text. Passwords are masked.
    """
    return json.dumps(_plain(values))


def _plain(value: Any) -> Any:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Real):  # NumPy's numbers too
        number = float(value)
        return number if math.isfinite(number) else None
    if isinstance(value, Mapping):
        return {_text(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return _text(value)


def _text(value: object) -> str:
    return mask_secrets(str(value)).encode("utf-8", "backslashreplace").decode()
