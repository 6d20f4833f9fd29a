"""Finds scores that are too good, or that cross-validation does not support."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from pipeline.audit.alarm import Alarm
from pipeline.audit.case import AuditCase

GOOD, DISAGREES, LATER = "too good", "holdout against folds", "later rows"
EXACT = 0.999
"""R2 that measured amounts do not reach."""
ENOUGH_ROWS = 200
"""Without an error in fewer rows nothing is odd: iris and penguins are that easy."""
ENOUGH_FOLDS = 5
"""With fewer folds the spread between them says little."""
SPREADS = 3.0
LITTLE = 0.02
"""Part of the folds' mean from which on a difference matters: easy folds may have no spread at all,
and then one wrong row of the holdout is beyond it."""


def find_too_good_scores(case: AuditCase) -> Iterator[Alarm]:
    """A score that real measurements do not give, whatever column it comes from."""
    rows = len(case.holdout.actual)
    if case.is_numeric:
        if case.reached < EXACT:
            return
        text = f"R2 is {case.reached:.5f} on {rows:,} holdout rows: measured amounts are not that "
        text += "regular, so the target may be computed from the columns."
    else:
        wrong = int((case.holdout.actual != case.holdout.predicted).sum())
        if wrong or rows < ENOUGH_ROWS:
            return
        text = f"Not one of {rows:,} holdout rows is wrong."
    todo = (
        "Ask for each of the columns that the report ranks first whether it is known before the "
        "target is; leave out with --ignore what is not."
    )
    yield Alarm(GOOD, "amber", (), text, todo)


def find_temporal_decay(case: AuditCase) -> Iterator[Alarm]:
    """The winner fails on the newest rows once it knows the older ones alone."""
    forward = case.trained.forward if case.trained is not None else None
    if forward is None or not forward.level:
        return
    text, expect, todo = forward.text.partition(" Expect ")
    level = "red" if forward.level == "bad" else "amber"
    yield Alarm(LATER, level, (forward.column,), text, f"{expect.strip()} {todo}")  # type: ignore[arg-type]


def find_fold_disagreement(case: AuditCase) -> Iterator[Alarm]:
    """The holdout's score lies beyond what the spread of the folds allows."""
    trained, name = case.trained, case.metric
    assert trained is not None
    best = next((c for c in trained.candidates if c.id == trained.model_id), None)
    if best is None or case.config.fold < ENOUGH_FOLDS:
        return
    mean, spread = best.metrics.get(name), best.spread.get(name)
    value = trained.holdout.get(name)
    if mean is None or spread is None or value is None:
        return
    if not all(map(isfinite, (mean, spread, value))):
        return
    if abs(value - mean) <= max(SPREADS * spread, LITTLE * abs(mean)):
        return
    text = (
        f"{name} is {value:.4f} on the holdout against {mean:.4f} ± {spread:.4f} over "
        f"{case.config.fold} folds: more than {SPREADS:g} spreads apart."
    )
    todo = (
        "Chance, too few rows, or rows in an order or in groups that matter: look at [validation] "
        "time and group, and train once more with another --seed."
    )
    yield Alarm(DISAGREES, "amber", (), text, todo)
