"""Compares two sets of predictions row by row, within given bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.parity.pycaret_reference import PyCaretAnswers
from pipeline.runtime.predictions import Predictions

LARGEST = float(np.finfo(np.float64).max)


@dataclass(frozen=True)
class Bounds:
    """The largest difference that still counts as the same prediction.

    Attributes:
        exact: where the original computes in float64.
        single: where it computes in float32.
        scale: regression only: the error is relative to the prediction, or to this much
            (a thousandth of the standard deviation of the predictions) where that is smaller.
    """

    exact: float
    single: float
    scale: float = 0.0


@dataclass(frozen=True)
class Difference:
    """Per row: errors (n,) float64 and flips (n,) bool, a label that differs."""

    errors: NDArray[np.float64]
    flips: NDArray[np.bool_]

    def within(self, bound: float | NDArray[np.float64]) -> NDArray[np.bool_]:
        return (self.errors <= bound) & ~self.flips


def measure_difference(ours: Predictions, theirs: PyCaretAnswers, bounds: Bounds) -> Difference:
    """Compare the graph's answers with PyCaret's; refused rows come out as NaN, no flip."""
    if bounds.scale:
        return _numbers(ours, theirs, bounds.scale)
    flips = ours.labels.astype(str) != theirs.labels.astype(str)
    if theirs.scores is None or ours.scores is None:
        one_sided = (theirs.scores is None) != (ours.scores is None)
        errors = np.full(len(flips), np.inf if one_sided else 0.0)
    else:
        errors = _distance(ours.scores, theirs.scores).max(axis=1)
    return Difference(np.where(theirs.refused, np.nan, errors), flips & ~theirs.refused)


def _numbers(ours: Predictions, theirs: PyCaretAnswers, scale: float) -> Difference:
    # predict_model hands out NumPy's nan_to_num: the largest number for an infinite one
    found, expected = (
        np.clip(answers.labels.astype(float), -LARGEST, LARGEST) for answers in (ours, theirs)
    )
    magnitude = np.fmax(np.abs(expected), scale)
    errors = _distance(found, expected) / magnitude
    return Difference(np.where(theirs.refused, np.nan, errors), np.zeros(len(errors), dtype=bool))


def _distance(a: NDArray[np.float64], b: NDArray[np.float64]) -> NDArray[np.float64]:
    """|a - b|, zero where both are missing, infinite where only one is."""
    with np.errstate(invalid="ignore"):
        gap = np.abs(a - b)
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    result: NDArray[np.float64] = np.where(same, 0.0, np.where(np.isnan(gap), np.inf, gap))
    return result
