"""Frozen settings that refuse unknown keys and wrong types in plain words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from pipeline.config.suggest import describe_type, describe_value, suggest
from pipeline.errors import ConfigError


class Settings(BaseModel):
    """Frozen values without unknown keys, whose every fault is a ConfigError.

    Attributes:
        secret: keys whose values no error shows.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    secret: ClassVar[tuple[str, ...]] = ()

    def __init__(self, **values: Any) -> None:
        try:
            super().__init__(**values)
        except ValidationError as err:
            raise _explain_faults(type(self), err.errors()) from err

    @classmethod
    def neighbour(cls, key: str) -> str:
        """What to do about an unknown key."""
        return suggest(key, cls.model_fields)


_EXPECTED: Mapping[str, str] = {
    "int_type": "a whole number",
    "bool_type": "true or false",
    "float_type": "a number",
    "string_type": "text",
    "string_too_short": "text that is not empty",
    "string_pattern_mismatch": "letters, digits, spaces, '.', '_' and '-' only",
    "tuple_type": "a list of texts",
    "path_type": "the path of a file",
    "dict_type": "a table of arguments",
}
"""Pydantic's kinds of fault whose own words are not plain enough."""


def _explain_faults(model: type[Settings], faults: Sequence[ErrorDetails]) -> ConfigError:
    found = [_fault(model, fault) for fault in faults]
    hints = dict.fromkeys(hint for _, hint in found if hint)
    keys = [".".join(map(str, fault["loc"])) for fault in faults]
    return ConfigError("; ".join(text for text, _ in found), hint=" ".join(hints), keys=keys)


def _fault(model: type[Settings], fault: ErrorDetails) -> tuple[str, str]:
    """What was found and expected for one key, and what to do."""
    key = ".".join(map(str, fault["loc"]))
    if fault["type"] == "extra_forbidden":
        return f"got the unknown key {key!r}", model.neighbour(key)
    if fault["type"] == "missing":
        return f"the key {key!r} is missing", ""
    expected = _EXPECTED.get(fault["type"], fault["msg"].removeprefix("Input should be "))
    shown = (
        describe_type if fault["loc"][:1] and fault["loc"][0] in model.secret else describe_value
    )
    return f"{key}: got {shown(fault['input'])}, expected {expected}", ""
