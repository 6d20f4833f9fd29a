"""Describes the fitted pipeline in words, from the raw columns to the model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.convert.pycaret_pipeline import TARGET_STEPS
from pipeline.convert.steps.dispatch import STEPS
from pipeline.track.training_result import TrainingResult

SHOWN = 8
"""Column names that are listed."""


@dataclass(frozen=True)
class DescribedStep:
    """One step as the page shows it.

    Attributes:
        does: a sentence without subject: `fills missing values with the column's mean`.
        columns: names of those it works on, at most `SHOWN`; `more` counts the rest.
        gives: what columns it adds, replaces or drops; empty if the names stay.
        note: when it acts, if not in every prediction.
        last: whether it is the model.
    """

    name: str
    kind: str
    does: str
    columns: tuple[str, ...] = ()
    more: int = 0
    gives: str = ""
    note: str = ""
    last: bool = False


def describe_steps(evidence: TrainingResult) -> list[dict[str, Any]]:
    """The pipeline's steps in order; one that was fitted on no column is left out."""
    return [asdict(step) for step in _steps(evidence)]


def _steps(evidence: TrainingResult) -> Iterator[DescribedStep]:
    trained, target = evidence.trained, evidence.dataset.spec.target
    *before_model, (name, model) = trained.pipeline.steps
    acting = [(n, w) for n, w in before_model if w not in (None, "passthrough")]
    entering = [_list_entering(wrapper) for _, wrapper in acting] + [_list_entering(model)]
    for place, (step_name, wrapper) in enumerate(acting):
        columns = _list_touched(step_name, wrapper, entering[place], target)
        if columns:
            yield DescribedStep(
                step_name,
                type(_inner(wrapper)).__name__,
                describe_transformer(_inner(wrapper)),
                tuple(columns[:SHOWN]),
                max(0, len(columns) - SHOWN),
                _gives(entering[place], entering[place + 1]),
                _note(step_name, wrapper),
            )
    columns = entering[-1]
    more = max(0, len(columns) - SHOWN)
    does = f"predicts {target}: {trained.model_name}"
    shown = tuple(columns[:SHOWN])
    yield DescribedStep(name, type(model).__name__, does, shown, more, last=True)


def _inner(wrapper: Any) -> Any:
    return getattr(wrapper, "transformer", wrapper)


def _list_entering(fitted: Any) -> list[str]:
    """Names of the feature columns it was fitted on; empty where it does not say."""
    names = getattr(fitted, "feature_names_in_", None)
    found = [] if names is None else list(map(str, names))
    target = getattr(fitted, "target_name_", None)
    return found[:-1] if found and target is not None and found[-1] == str(target) else found


def _list_touched(name: str, wrapper: Any, entering: list[str], target: str) -> list[str]:
    if name in TARGET_STEPS:
        return [target]
    inner = _inner(wrapper)
    if type(inner).__name__ == "DropImputer":  # given to it, instead of as `include`
        return [str(column) for column in inner.columns]
    included = getattr(wrapper, "_include", None)
    return entering if included is None else [str(column) for column in included]


def _gives(before: list[str], after: list[str]) -> str:
    """Added, replaced and dropped columns; LightGBM writes spaces in names as underscores."""
    if not (before and after):
        return ""
    known, left = ({n.replace(" ", "_") for n in names} for names in (before, after))
    made = [name for name in after if name.replace(" ", "_") not in known]
    gone = [name for name in before if name.replace(" ", "_") not in left]
    if made and gone:
        return f"{_few(made)} in place of {_few(gone)}"
    return f"adds {_few(made)}" if made else f"drops {_few(gone)}" if gone else ""


def _few(names: Sequence[str], most: int = 6) -> str:
    rest = len(names) - most
    return ", ".join(names[:most]) + (f" and {rest:,} more" if rest > 0 else "")


def _note(name: str, wrapper: Any) -> str:
    if name in TARGET_STEPS:
        return "undone in predictions"
    return "in training only" if getattr(wrapper, "_train_only", False) else ""


def describe_transformer(transformer: Any) -> str:
    """What a fitted transformer does, in words; of one that is not known, its name."""
    name = type(transformer).__name__
    if name in _WITHOUT_GRAPH:
        return _WITHOUT_GRAPH[name].format(t=transformer)
    rows = {of.partition(".")[2]: row for of, row in STEPS.items()}
    return rows[name].describe(transformer) if name in rows else f"applies {name}"


_WITHOUT_GRAPH: Mapping[str, str] = {
    "FixImbalancer": "resamples rows until the classes are balanced",
    "HashingEncoder": "spreads categories over a few columns by their hash",
    "LabelEncoder": "numbers the classes for the model",
    "RemoveOutliers": "leaves out rows that are far from all others ({t.method})",
    "TargetTransformer": "trains the model on a transformed target",
}
"""Steps that no converter describes: those on the target, in training only, or refused."""
