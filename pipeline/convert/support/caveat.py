"""Defines a caveat: one refusal or remark about what converts, and what decides it.

Those that settings and table tell stand in caveats.py. What only a fitted object shows is a
constant of the module that raises it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from pipeline.errors import ConversionError


class CaveatKind(StrEnum):
    """What a caveat means for a run."""

    refused_option = "an argument of setup that is refused before training"
    refused_model = "a model that a table rules out before training"
    refused_when_prepared = "refused once the preprocessing is fitted"
    refused_when_converted = "refused when the model is converted"
    noted_option = "an argument of setup that is exact with a note"
    noted_model = "a model that is exact with a note"
    noted_step = "a section of the configuration that is exact with a note"
    contrib = "an argument of setup that needs operators beyond ai.onnx and ai.onnx.ml"
    pycaret_bug = "PyCaret itself is wrong, and the graph answers what it answers"


@dataclass(frozen=True)
class RunFacts:
    """What is known of a run before it trains.

    Attributes:
        setup: arguments of PyCaret's `setup`.
        steps: the sections of the configuration that make other models of those compared.
        dates: columns that hold dates.
        odd_names: columns, and categories that become columns, which LightGBM or XGBoost refuses.
        rows: of the table; 0 before it is read.
        classes: of its target.
    """

    setup: Mapping[str, Any] = field(default_factory=dict)
    steps: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    dates: tuple[str, ...] = ()
    odd_names: tuple[str, ...] = ()
    rows: int = 0
    classes: int = 0


@dataclass(frozen=True)
class Caveat:
    """One refusal or remark.

    Attributes:
        subject: the argument, model or section; a heading of docs/known-faults.md; else in words.
        text: why, a clause without a full stop; of a fault of PyCaret all of it, in sentences.
        applies: whether it does to a run of which this is known.
        values: the values or tables meant, for people.
        instead: what to do instead.
        domain: of the operators that a runtime must have.
    """

    kind: CaveatKind
    subject: str
    text: str = ""
    applies: Callable[[RunFacts], bool] = lambda _: False
    values: str = ""
    instead: str = ""
    domain: str = ""

    @classmethod
    def when_prepared(cls, subject: str, instead: str) -> Caveat:
        """What PyCaret's fitted preprocessing shows; checked before models are trained."""
        return cls(CaveatKind.refused_when_prepared, subject, instead=instead)

    @classmethod
    def when_converted(cls, subject: str, instead: str) -> Caveat:
        """What only the fitted model shows."""
        return cls(CaveatKind.refused_when_converted, subject, instead=instead)

    def error(self, message: str, hint: str = "", **details: Any) -> UnconvertibleError:
        """The error that says of a fitted object what stands in its way."""
        return UnconvertibleError(message, hint=hint or self.instead, **details)


class UnconvertibleError(ConversionError):
    """What only a fitted object shows, as a row of docs/support.md says."""


ANYWAY = "train without ONNX: --no-onnx"


def suggest_training_anyway(hint: str) -> str:
    """A hint that also says how to train nonetheless, once."""
    return hint if "--no-onnx" in hint else f"{hint}; or {ANYWAY}" if hint else ANYWAY
