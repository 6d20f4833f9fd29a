"""Whether a configured transformer converts, before there is a fitted one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_LIBRARIES = ("category_encoders", "sklearn")


def lacks_converter(value: Any) -> bool:
    """Whether a configured object, or one of several, is a transformer without a converter.

    Args:
        value: a table with the key `class`, or tables and lists of those.
    """
    if isinstance(value, list):
        return any(map(lacks_converter, value))
    if not isinstance(value, Mapping):
        return False
    from pipeline.convert.steps import composite  # onnx, pandas and SciPy: seconds
    from pipeline.convert.steps.dispatch import STEPS

    name = str(value.get("class", "")).rpartition(".")[2]
    if name and f"sklearn.{name}" not in composite.CONVERTERS:
        return all(f"{library}.{name}" not in STEPS for library in _LIBRARIES)
    return any(lacks_converter(v) for k, v in value.items() if k != "class")
