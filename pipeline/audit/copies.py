"""Finds columns that leak the target."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from math import log
from typing import TYPE_CHECKING, Any

from pipeline.audit import identifiers
from pipeline.audit.alarm import Alarm
from pipeline.audit.case import AuditCase, compute_skill

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

Masks = tuple[tuple["NDArray[Any]", str], ...]
"""Rows (N,) bool and what they have in common, for people."""
COPY, GAPS, SINGLE = "copy of the target", "gaps that tell the target", "single column"
FEW_ROWS = 30
PER_VALUE = 10
"""Rows that a value must have on average before it counts that all of them have one class."""
ALIKE = 0.9995
"""Rank correlation from which on one number is the other written otherwise."""
MOST_ROWS = 5_000
TOLD = 0.98
"""Share of a class's rows and gaps, both ways, from which on gaps tell the class."""
FEW_GAPS = 5
FEW_VALUES = 20
"""A column of more values is no flag."""
COMMON, CHANCE = 0.7, 20.0
"""Gaps that only some rows of a class have: the share from which on a class is too common for that
to say anything, and minus the logarithm of the probability from which on it is no chance."""
STRONG, CERTAIN = 0.95, 0.99
SLACK = 0.02

_TODO = (
    "If it is only known once the target is known, leave it out with --ignore {name} and train "
    "again."
)

_LATER = (
    "The target follows time: judge models by rows later than those trained on, [validation] "
    'time = "{name}".'
)


def find_target_copies(case: AuditCase) -> Iterator[Alarm]:
    """Columns that are the target under another name or in another code."""
    rows = case.dataset.frame
    if len(rows) < FEW_ROWS:
        return
    if len(rows) > MOST_ROWS:  # not the first ones: they may be of one class
        rows = rows.sample(MOST_ROWS, random_state=0)
    for name in case.dataset.features:
        values, target = rows[name], rows[case.dataset.spec.target]
        found = (_same_number if case.is_numeric else _same_class)(values, target)
        if found:
            text = f"{name} is {case.dataset.spec.target} written otherwise: {found}."
            yield Alarm(COPY, "red", (name,), text, _todo(name))
        elif not case.is_numeric and (found := _flag(values, target.astype(str))):
            yield Alarm(COPY, "amber", (name,), f"{name} {found}.", _todo(name))


def _same_class(values: pd.Series, target: pd.Series) -> str:
    """How the values go with the classes; empty if one value has several classes."""
    known = values.notna()
    if known.sum() < FEW_ROWS or (target[known].value_counts() >= FEW_GAPS).sum() < 2:
        return ""
    pairs, different, classes = _pairs(values[known], target[known])
    if pairs != different or different < 2 or classes < 2 or known.sum() < PER_VALUE * different:
        return ""
    if different == classes:
        return f"each of its {different} values goes with one class and each class with one value"
    return f"each of its {different} values goes with one class"


def _flag(values: pd.Series, target: pd.Series) -> str:
    """A value that goes with one class, where other values go with several; else empty."""
    if values.nunique() > FEW_VALUES:
        return ""
    for value in values.dropna().unique():
        has = (values == value).to_numpy()
        if has.sum() < FEW_GAPS:
            continue
        if found := _class_of(((has, f"is {value}"),), target):
            return found
    return ""


def _same_number(values: pd.Series, target: pd.Series) -> str:
    known = values.notna() & target.notna()
    if known.sum() < FEW_ROWS:
        return ""
    values, target = values[known], target[known]
    pairs, different, amounts = _pairs(values, target)
    if pairs == different == amounts and 2 <= different <= 0.9 * len(values):
        return f"each of its {different:,} values goes with one amount and each amount with one"
    if values.dtype.kind not in "fiuM" or different < PER_VALUE:
        return ""
    rho = float(values.rank().corr(target.rank()))
    return f"the rank correlation is {rho:.5f}" if abs(rho) >= ALIKE else ""


def _pairs(values: pd.Series, target: pd.Series) -> tuple[int, int, int]:
    """Different pairs, different values, different targets."""
    import numpy as np
    import pandas as pd

    left, names = pd.factorize(values)
    right, classes = pd.factorize(target)
    return len(np.unique(left * len(classes) + right)), len(names), len(classes)


def find_telling_gaps(case: AuditCase) -> Iterator[Alarm]:
    """Columns that are empty just where the target has one value."""
    target = case.target
    for name, values in case.features.items():
        empty = values.isna().to_numpy()
        if min(empty.sum(), (~empty).sum()) < FEW_GAPS:
            continue
        if case.is_numeric:
            means = target.groupby(empty).transform("mean").to_numpy()
            score = compute_skill(target.to_numpy(float), means, True)
            if score >= STRONG:
                text = f"{name} has gaps that alone explain the target: R2 {score:.3f}."
                yield Alarm(GAPS, "red", (str(name),), text, _todo(str(name)))
            continue
        masks = (empty, "is empty"), (~empty, "is filled")
        words = target.astype(str)
        if found := _class_of(masks, words):
            yield Alarm(GAPS, "red", (str(name),), f"{name} {found}.", _todo(str(name)))
        elif found := _part_of_class(masks, words):
            yield Alarm(GAPS, "amber", (str(name),), f"{name} {found}.", _todo(str(name)))


def _part_of_class(masks: Masks, target: pd.Series) -> str:
    """Such as a reason for leaving that some of those who left have given, and nobody else."""
    for mask, verb in masks:
        counts = target[mask].value_counts()
        label, both = counts.index[0], int(counts.iloc[0])
        share = float((target == label).mean())
        if both < TOLD * mask.sum() or share > COMMON or -both * log(share) < CHANCE:
            continue
        return (
            f"{verb} in {mask.sum():,} rows, {both:,} of them of class {label}, which {share:.0%} "
            "of all rows are of"
        )
    return ""


def _class_of(masks: Masks, target: pd.Series) -> str:
    """A class whose rows are those of a mask, nearly all of them and nearly no others."""
    for label, count in target.value_counts().items():
        here = (target == label).to_numpy()
        for mask, verb in masks:
            both = int((mask & here).sum())
            if both >= TOLD * max(int(count), int(mask.sum())):
                others = int(mask.sum()) - both
                return (
                    f"{verb} in {both:,} of {count:,} rows of class {label} and {others:,} others"
                )
    return ""


def find_single_predictors(case: AuditCase) -> Iterator[Alarm]:
    """A column that alone reaches the model's score, and that no other check has named."""
    named = {
        column
        for check in (find_target_copies, find_telling_gaps, identifiers.find_identifiers)
        for alarm in check(case)
        for column in alarm.columns
    }
    least = CERTAIN if case.trained is None else max(STRONG, case.reached - SLACK)
    for name, reached in sorted(case.alone.items(), key=lambda item: -item[1]):
        if reached < least or name in named:
            continue
        beside, is_time = "", identifiers.is_time(case.features[name])
        if is_time and _is_looked_forward(case, name):
            continue  # a trend is no leak, and the look forward has said what it is worth
        if case.trained is not None:
            beside = f"; the model with all columns reaches {_bare(case, case.reached)}"
        text = f"{name} alone gives {case.shown(reached)} in cross-validation{beside}."
        level = "red" if reached >= CERTAIN and not is_time else "amber"
        todo = _LATER.format(name=name) if is_time else _todo(name)
        yield Alarm(SINGLE, level, (name,), text, todo)  # type: ignore[arg-type]


def _is_looked_forward(case: AuditCase, name: str) -> bool:
    forward = case.trained.forward if case.trained is not None else None
    return forward is not None and forward.column == name and bool(forward.metrics)


def _bare(case: AuditCase, value: float) -> str:
    return case.shown(value).partition(" (")[0]


def _todo(name: str) -> str:
    return _TODO.format(name=shlex.quote(name))
