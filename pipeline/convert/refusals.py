"""What cannot be converted yet, said before anything is trained.

The list is the one place for it: the command line refuses by it, docs/support.md is generated
from it, and the tests check that each entry raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.errors import ConversionError


def _used(value: Any) -> bool:
    return value not in (None, False, "", [], {})


@dataclass(frozen=True)
class Refusal:
    """One argument of `setup` in a form that has no conversion.

    Attributes:
        argument: its name.
        applies: whether a value of it is refused.
        values: the refused values, for people.
        instead: what to set instead.
    """

    argument: str
    applies: Callable[[Any], bool]
    values: str
    instead: str


def _among(*values: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value.lower() in values


_OFF = "leave it out"

REFUSALS: tuple[Refusal, ...] = (
    Refusal("preprocess", lambda v: v is False, "false", "leave preprocess on"),
    Refusal("text_features", _used, "any", "list the columns under ignore"),
    Refusal("numeric_imputation", _among("knn", "drop"), "knn, drop", "mean, median or mode"),
    Refusal("categorical_imputation", _among("drop"), "drop", "mode or a constant"),
    Refusal("imputation_type", lambda v: v != "simple", "iterative, none", "simple"),
    Refusal("bin_numeric_features", _used, "any", _OFF),
    Refusal("polynomial_features", _used, "true", _OFF),
    Refusal("group_features", _used, "any", _OFF),
    Refusal("transformation", _used, "true", _OFF),
    Refusal("normalize", _used, "true", _OFF),
    Refusal("pca", _used, "true", _OFF),
    Refusal("transform_target", _used, "true", _OFF),
    Refusal("custom_pipeline", _used, "any", _OFF),
    Refusal("encoding_method", _used, "any", "leave it out: the default target encoding converts"),
    Refusal("index", lambda v: not isinstance(v, bool), "a column", "list the column under ignore"),
)


def refuse(setup: Mapping[str, Any]) -> None:
    """Stop before training if an argument of `setup` would lead to a pipeline without a graph.

    Raises:
        ConversionError: names every such argument and what to set instead.
    """
    found = [r for r in REFUSALS if r.argument in setup and r.applies(setup[r.argument])]
    if found:
        raise ConversionError(
            "no exact conversion to ONNX for "
            + ", ".join(f"{r.argument} = {setup[r.argument]!r}" for r in found),
            hint="; ".join(f"{r.argument}: {r.instead}" for r in found),
            arguments=[r.argument for r in found],
        )
