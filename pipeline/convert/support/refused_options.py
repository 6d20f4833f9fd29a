"""What has no exact form in ONNX, said before anything is trained.

The one place for it: `python -m pipeline.plan` and the first second of a training refuse by these
lists, docs/support.md is generated from them, and the tests check that each entry raises. What is
exact with a remark stands in caveats.py, what only a fitted object shows in
refused_when_fitted.py, what PyCaret itself gets wrong in pycaret_bugs.py.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.convert.support.transformers import unproven
from pipeline.errors import ConversionError


def used(value: Any) -> bool:
    """Whether an option is switched on."""
    return value not in (None, False, "", [], {})


def among(*values: str) -> Callable[[Any], bool]:
    """A test for one of some words, in any case."""
    return lambda value: isinstance(value, str) and value.lower() in values


def of_class(*names: str) -> Callable[[Any], bool]:
    """A test for an object of one of some classes, as a configuration names it."""
    return lambda value: (
        isinstance(value, Mapping) and str(value.get("class")).rpartition(".")[2] in names
    )


@dataclass(frozen=True)
class Refusal:
    """One argument of `setup` in a form that has no conversion.

    Attributes:
        argument: its name.
        applies: whether a value of it is refused.
        values: the refused values, for people.
        instead: what to set instead.
        reason: why it has no exact form.
    """

    argument: str
    applies: Callable[[Any], bool]
    values: str
    instead: str
    reason: str


@dataclass(frozen=True)
class Facts:
    """What the table decides: its rows, and the classes of its target (0 for regression)."""

    rows: int
    classes: int = 0


@dataclass(frozen=True)
class Limit:
    """One model that cannot be exported once it has seen a table like this.

    Attributes:
        model: its id.
        applies: whether the table is too much for it.
        tables: such tables, for people.
    """

    model: str
    applies: Callable[[Facts], bool]
    tables: str
    instead: str
    reason: str


def _without_formula(value: Any) -> bool:
    from pipeline.convert.steps.dates import FEATURES

    return isinstance(value, list | tuple) and not set(value) <= FEATURES.keys()


_OFF = "leave it out"
_NEW = "it has no converter that is proven exact"

_ITERATIVE = ("numeric_iterative_imputer", "categorical_iterative_imputer")

REFUSALS: tuple[Refusal, ...] = (
    *(
        Refusal(
            argument,
            among("knn"),
            "knn",
            "lightgbm, the default, or another estimator",
            "which of equally near rows it takes is an accident that later rounds build on",
        )
        for argument in _ITERATIVE
    ),
    *(
        Refusal(
            argument,
            among("catboost"),
            "catboost",
            "lightgbm, the default, or another estimator",
            "inside imputation it reads categories itself, by hashed statistics",
        )
        for argument in _ITERATIVE
    ),
    Refusal(
        "numeric_iterative_imputer",
        among("lr"),
        "lr",
        "lightgbm, the default, or a regularised one such as br or ridge",
        "one-hot columns depend on each other, and least squares on them answers by rounding: "
        "PyCaret differs from itself by 1e-4 alone and in a batch",
    ),
    Refusal(
        "custom_pipeline",
        unproven,
        "any but scikit-learn's and category_encoders' among the preprocessing steps above",
        "one of those, or compute the columns before training",
        _NEW,
    ),
    Refusal(
        "encoding_method",
        of_class("HashingEncoder"),
        "HashingEncoder",
        "any other encoder",
        "no operator can compute the hash of a text that was not in the table",
    ),
    Refusal(
        "create_date_columns",
        _without_formula,
        "date, time, ...",
        "parts of a date that are numbers, such as year, month, dayofweek or is_month_end",
        "an estimator reads numbers only",
    ),
)
"""Arguments of `setup`; what PyCaret or the config refuse themselves does not stand here."""

_LARGEST_SQUARE = 2**30


def _square_is_too_large(facts: Facts) -> bool:
    """A matrix of rows by rows in float64 for each Gaussian process, one for two classes."""
    processes = facts.classes if facts.classes > 2 else 1
    return 8 * facts.rows**2 * processes > _LARGEST_SQUARE


LIMITS: tuple[Limit, ...] = (
    Limit(
        "gpc",
        _square_is_too_large,
        "over 11,585 rows for two classes, over 11,585 / √K for K classes",
        "train on fewer rows, or choose another model",
        "it keeps a matrix of rows by rows, and an ONNX file ends at 2 GiB",
    ),
)
"""Models that a table rules out."""

ANYWAY = "train without ONNX: --no-onnx"


def or_anyway(hint: str) -> str:
    """A hint that also says how to train nonetheless, once."""
    return hint if "--no-onnx" in hint else f"{hint}; or {ANYWAY}" if hint else ANYWAY


def refused(setup: Mapping[str, Any]) -> tuple[Refusal, ...]:
    """The entries of the list that arguments of `setup` run into."""
    return tuple(r for r in REFUSALS if r.argument in setup and r.applies(setup[r.argument]))


def shown(value: Any) -> str:
    """A value of a config as people write it; an object by its class."""
    if not isinstance(value, Mapping) or "class" not in value:
        return "none" if value is None else repr(value)
    name = str(value["class"]).rpartition(".")[2]
    return f"{name}({', '.join(f'{k}={v!r}' for k, v in value.items() if k != 'class')})"


def refuse(setup: Mapping[str, Any]) -> None:
    """Stop before training if an argument of `setup` would lead to a pipeline without a graph.

    Raises:
        ConversionError: names every such argument, why, and what to set instead.
    """
    if found := refused(setup):
        raise ConversionError(
            "no exact conversion to ONNX for "
            + ", ".join(f"{r.argument} = {shown(setup[r.argument])} ({r.reason})" for r in found),
            hint=or_anyway("; ".join(f"{r.argument}: {r.instead}" for r in found)),
            arguments=[r.argument for r in found],
        )


def limited(models: Iterable[str], facts: Facts) -> tuple[Limit, ...]:
    """The limits that a table would push models over."""
    return tuple(limit for limit in LIMITS if limit.model in models and limit.applies(facts))
