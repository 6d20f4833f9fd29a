"""What converts exactly with a remark that a person should know before training.

Beside refused_options.py: `python -m pipeline.plan` says it, docs/support.md is generated from it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.convert.support.refused_options import among, used


@dataclass(frozen=True)
class ModelNote:
    """A model whose proof needs a remark.

    Attributes:
        model: its id.
        text: the remark, a clause without a full stop.
    """

    model: str
    text: str


@dataclass(frozen=True)
class OptionNote:
    """An argument of `setup` whose conversion needs a remark.

    Attributes:
        argument: its name.
        applies: whether a value of it is meant.
        values: those values, for people.
        text: the remark, a clause without a full stop.
    """

    argument: str
    applies: Callable[[Any], bool]
    values: str
    text: str


@dataclass(frozen=True)
class Requirement:
    """An argument of `setup` that leads to operators beyond ai.onnx and ai.onnx.ml.

    Attributes:
        domain: of the operators; the runtime must have it.
    """

    argument: str
    applies: Callable[[Any], bool]
    values: str
    domain: str
    text: str


MODEL_NOTES: tuple[ModelNote, ...] = (
    ModelNote(
        "xgboost",
        "it computes in float32 itself, so its bound is 1e-5 relative, 5e-6 for probabilities",
    ),
    ModelNote(
        "knn",
        "where training rows are equally near, PyCaret's answer is whichever comes first in "
        "memory; each such tie is proven and counted, not compared",
    ),
    ModelNote(
        "kr",
        "large terms cancel, so PyCaret's own last digits depend on the batch; such rows are held "
        "to ten times that spread, or the graph is proven by the model's exact value",
    ),
)

OPTION_NOTES: tuple[OptionNote, ...] = (
    OptionNote(
        "numeric_imputation",
        among("knn"),
        "knn",
        "where donors are equally near, PyCaret's answer is whichever comes first in memory; each "
        "such tie is proven and counted, not compared",
    ),
    OptionNote(
        "pca_method",
        among("kernel"),
        "kernel",
        "sums over all training rows, whose last digits depend on the batch in PyCaret; where a "
        "tree's threshold lies among them, the tie is proven and counted, not compared",
    ),
    OptionNote(
        "imputation_type",
        among("iterative"),
        "iterative",
        "text with gaps behind a date column is refused once the preprocessing is fitted: PyCaret "
        "takes some of it for numbers there; put date columns last",
    ),
)

STEP_NOTES: Mapping[str, OptionNote] = {
    "calibrate": OptionNote(
        "method",
        among("isotonic"),
        "isotonic",
        "between two scores a curve may rise by 1e13, so where a row lies on such a step, the last "
        "digit of a score decides, which depends on the processor; each such tie is proven and "
        "counted, not compared",
    )
}
"""Remarks on the sections of a configuration that make other models of the compared ones."""

REQUIREMENTS: tuple[Requirement, ...] = (
    Requirement(
        "text_features",
        used,
        "any",
        "com.microsoft",
        "standard operators cannot split text by a regular expression; the manifest says what the "
        "runtime needs; a capital Σ at the end of a word is written σ there, and ς by Python",
    ),
)


def model_notes(models: Iterable[str]) -> Mapping[str, str]:
    """The remarks on some models, by id."""
    wanted = set(models)
    return {note.model: note.text for note in MODEL_NOTES if note.model in wanted}


def option_notes(setup: Mapping[str, Any]) -> Mapping[str, str]:
    """The remarks on arguments of `setup`, by name."""
    found = (n for n in OPTION_NOTES if n.argument in setup and n.applies(setup[n.argument]))
    return {note.argument: note.text for note in found}


def step_note(step: str, options: Mapping[str, Any]) -> str:
    """The remark on a section of the configuration with its options; empty without one."""
    note = STEP_NOTES.get(step)
    return note.text if note and note.applies(options.get(note.argument)) else ""


def requirements(setup: Mapping[str, Any]) -> Mapping[str, Requirement]:
    """What arguments of `setup` need beyond the standard operators, by name."""
    found = (r for r in REQUIREMENTS if r.argument in setup and r.applies(setup[r.argument]))
    return {requirement.argument: requirement for requirement in found}
