"""Rules that each column must meet, and the error where it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from typing import Any

import numpy as np
import pandas as pd

from pipeline.config.train_config import TrainConfig
from pipeline.data.column_types import DATE
from pipeline.data.source import NUMBER
from pipeline.errors import ConfigError
from pipeline.tasks import Task

MIN_ROWS = 20
MAX_CLASSES = 100
LARGEST = float(np.finfo(np.float32).max)
"""Beyond it PyCaret changes the dtype of the whole batch; scoring refuses it too."""
SHOWN = 5
TRAIN_SIZE = 0.7
"""PyCaret's own default share of rows to train on."""


@dataclass(frozen=True)
class Needs:
    """How many rows a search needs so that no fold is left without what it measures.

    Attributes:
        rows: fewest rows. R2 needs two rows in every fold.
        one_class: fewest rows of any class. PyCaret's stratified split leaves at least two of
            them for training; so every fold is trained on every class.
        largest_class: fewest rows of the largest class. scikit-learn refuses to make more
            stratified folds than any class has rows.
        numbered: classes must be numbers that can be places among the probabilities: PyCaret
            takes them for such where `preprocess = false` keeps it from numbering them itself.
    """

    rows: int
    one_class: int
    largest_class: int
    numbered: bool = False

    @classmethod
    def of(cls, config: TrainConfig, task: Task) -> Needs:
        """What a run needs.

        Raises:
            ConfigError: `train_size` leaves nothing to train on or nothing to hold out.
        """
        share = config.setup.get("train_size", TRAIN_SIZE)
        if not 0 < share < 1:
            raise ConfigError(f"[setup] train_size: got {share}, expected between 0 and 1")
        two_each = ceil(2 * config.fold / share) if task.target == "numbers" else 0
        return cls(
            rows=max(MIN_ROWS, two_each),
            one_class=ceil(2 / share),
            largest_class=ceil(config.fold / share),
            numbered=config.setup.get("preprocess") is False,
        )


@dataclass(frozen=True)
class Rule:
    """One demand on a column.

    Attributes:
        name: what the demand is called in `details`.
        test: the column in, a flag for each row or one for all out; False is a fault.
        found: the column and the places of the faulty rows in, what was got and expected out.
    """

    name: str
    test: Callable[[Any], Any]
    found: Callable[[Any, str], str]
    hint: str


def build_feature_rules(values: pd.Series) -> tuple[Rule, ...]:
    """Demands on a column to predict from."""
    return (FINITE, VARIED) if values.dtype.kind == "f" else (VARIED,)


def build_target_rules(values: pd.Series, task: Task, needs: Needs) -> tuple[Rule, ...]:
    """Demands on the column to predict."""
    if task.target == "numbers":
        if values.dtype.kind in "if":
            return (PRESENT, FINITE, SPREAD)
        return (PRESENT, DATED if _are_dates(values) else NUMERIC)
    if values.dtype.kind == "f" and bool((values.dropna() % 1 == 0).all()):
        return (PRESENT,)  # whole numbers that only a gap made floats
    if values.dtype.kind not in "iO":
        return (PRESENT, NAMES)
    if values.nunique() > MAX_CLASSES and _are_dates(values):
        return (PRESENT, DATED)
    rules = (PRESENT, SEVERAL, FEW, WORDS, _common(needs), _fills_folds(needs))
    return (*rules, NUMBERED) if needs.numbered else rules


def _varies(values: pd.Series) -> bool:
    """Two values, or one beside gaps: both tell rows apart."""
    return values.nunique(dropna=False) > 1


def _constant(values: pd.Series, _place: str) -> str:
    return f"got {_only(values)}, expected at least two different values"


def _only(values: pd.Series) -> str:
    if values.isna().all():
        return "no value in any row"
    value = values.dropna().tolist()[0]
    return f"{value if values.dtype.kind == 'M' else repr(value)} in every row"


def _numeric(values: Any) -> pd.Series:
    flags: pd.Series = values.isna() | values.astype(str).str.fullmatch(NUMBER)
    return flags


def _odd(values: pd.Series, place: str) -> str:
    odd = values[~_numeric(values)].astype(str).unique()[:SHOWN].tolist()
    return f"got {', '.join(map(repr, odd))} in {place}, expected numbers for a regression"


def _common(needs: Needs) -> Rule:
    return Rule(
        "rare class",
        lambda values: _untold(values) or values.value_counts().min() >= needs.one_class,
        lambda values, _: (
            f"got {_counts(values, needs.one_class)}, "
            f"expected at least {needs.one_class} rows of every class"
        ),
        "Add rows of that class, merge it with another, or remove its rows",
    )


def _fills_folds(needs: Needs) -> Rule:
    return Rule(
        "folds",
        lambda values: _untold(values) or values.value_counts().max() >= needs.largest_class,
        lambda values, _: (
            f"got {values.value_counts().max()} rows of the largest class, "
            f"expected at least {needs.largest_class} for this many folds"
        ),
        "Add rows or take fewer folds with --fold",
    )


def _are_dates(values: Any) -> bool:
    known = values.dropna().drop_duplicates()
    is_text = values.dtype == object and len(known) > 0
    return bool(is_text and known.astype(str).str.fullmatch(DATE).all())


def _are_places(values: pd.Series) -> bool:
    """Whether each class can be the place of its own probability, from either end."""
    count = values.nunique()
    return values.dtype.kind == "i" and bool(values.between(-count, count - 1).all())


def _explain_class_numbers(values: pd.Series, _place: str) -> str:
    shown = ", ".join(map(repr, sorted(values.dropna().unique().tolist())[:SHOWN]))
    return (
        f"got the classes {shown}, expected 0 to {values.nunique() - 1}: with preprocess = false "
        "PyCaret takes them for places among the probabilities, and fails after the search"
    )


def _untold(values: pd.Series) -> bool:
    """Whether the classes are at fault as such, so that their sizes say nothing more."""
    return not 1 < values.nunique() <= MAX_CLASSES


def _are_words(values: pd.Series) -> bool:
    """Whether PyCaret leaves text classes as they are: it makes numbers of them if it can."""
    try:
        values.dropna().drop_duplicates().astype(int)
    except (TypeError, ValueError):
        return True
    return values.dtype.kind != "O"


def _numerals(values: pd.Series, _place: str) -> str:
    shown = ", ".join(map(repr, values.dropna().unique()[:SHOWN].tolist()))
    return f"got {shown} as text, of which PyCaret makes numbers that it then does not know"


def _counts(values: pd.Series, fewest: int) -> str:
    counts = values.value_counts()
    rare = counts[counts < fewest]
    shown = [f"{n} row{'s' * (n > 1)} of class {label!r}" for label, n in rare.head(SHOWN).items()]
    return ", ".join(shown) + (f" and {len(rare) - SHOWN} more" if len(rare) > SHOWN else "")


PRESENT = Rule(
    "missing target",
    lambda values: values.notna(),
    lambda values, place: f"got no value in {place}, expected a target in every row",
    "Remove those rows with --drop-missing-target, or fill in their target; words such as None and "
    "NA count as no value",
)
FINITE = Rule(
    "infinite",
    lambda values: ~(values.abs() > LARGEST),
    lambda values, place: (
        f"got infinite or too large numbers in {place}, expected numbers within ±3.4e38"
    ),
    "Empty those cells if the value is unknown",
)
VARIED = Rule(
    "constant",
    _varies,
    _constant,
    "Take its name out of the settings ([setup], [validation]): it says nothing",
)
SPREAD = Rule("constant", _varies, _constant, "Choose another target: there is nothing to predict")
NUMERIC = Rule(
    "not a number",
    _numeric,
    _odd,
    "Correct those cells, or choose --task classification",
)
DATED = Rule(
    "dates",
    lambda values: False,
    lambda values, _: f"got dates such as {values.dropna().iloc[0]!r}, expected numbers or classes",
    "Write the target as a number: days since a fixed date, say",
)
SEVERAL = Rule(
    "one class",
    lambda values: values.nunique() > 1,
    lambda values, _: f"got {_only(values)}, expected at least two classes",
    "Choose another target: there is nothing to tell apart",
)
FEW = Rule(
    "many classes",
    lambda values: values.nunique() <= MAX_CLASSES,
    lambda values, _: f"got {values.nunique()} classes, expected at most {MAX_CLASSES}",
    "Choose --task regression if they are numbers, else merge classes or choose another target",
)
WORDS = Rule(
    "classes that read as numbers",
    _are_words,
    _numerals,
    "Take the target out of `categorical`, or write the classes as words",
)
NUMBERED = Rule(
    "unnumbered classes",
    _are_places,
    _explain_class_numbers,
    "Leave [setup] preprocess on, or write the classes as these numbers",
)
NAMES = Rule(
    "class names",
    lambda values: False,
    lambda values, _: f"got {values.dropna().tolist()[:1]}, expected text or whole numbers",
    "Choose --task regression, or write the classes as words",
)
