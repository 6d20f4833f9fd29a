"""Finds predictions that are biased, over all rows or in a part of their range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from pipeline.audit.alarm import Alarm
from pipeline.audit.case import AuditCase

if TYPE_CHECKING:
    from numpy.typing import NDArray

NAME = "bias"
ERRORS = 4.0
"""Standard errors of a mean residual beyond which it is no chance."""
LARGE = 0.1
"""Part of the target's spread from which on it matters."""
FIFTHS = 5
FEW_ROWS = 10

_TODO = (
    "Look at the residuals in the report; a transformed target ([setup] transform_target = true), "
    "another model or a missing column may be the reason."
)


def find_bias(case: AuditCase) -> Iterator[Alarm]:
    """The mean residual is not zero, over all rows or in a fifth of the predictions."""
    if not case.is_numeric:
        return
    import numpy as np

    actual, predicted = (v.astype(float) for v in (case.holdout.actual, case.holdout.predicted))
    residual = actual - predicted
    if len(residual) < FIFTHS * FEW_ROWS:
        return
    mean, error = _mean(residual)
    if abs(mean) > ERRORS * error and abs(mean) > LARGE * actual.std():
        way = "little" if mean > 0 else "much"
        text = f"The model predicts too {way}: the mean residual is {mean:.4g} ± {error:.2g}."
        yield Alarm(NAME, "amber", (), text, _TODO)
        return
    order = np.argsort(predicted, kind="stable")
    for place, rows in enumerate(np.array_split(order, FIFTHS), 1):
        mean, error = _mean(residual[rows])
        if abs(mean) > ERRORS * error and abs(mean) > max(
            0.5 * residual.std(), LARGE * actual.std()
        ):
            way = "little" if mean > 0 else "much"
            low, high = predicted[rows].min(), predicted[rows].max()
            text = (
                f"In fifth {place} of the predictions ({low:.4g} to {high:.4g}) the model predicts "
                f"too {way}: the mean residual is {mean:.4g} ± {error:.2g}."
            )
            yield Alarm(NAME, "amber", (), text, _TODO)
            return


def _mean(values: NDArray[Any]) -> tuple[float, float]:
    """A mean and its standard error."""
    return float(values.mean()), float(values.std(ddof=1)) / len(values) ** 0.5
