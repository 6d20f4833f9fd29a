"""Bootstraps confidence intervals of metrics and of their differences.

Percentile intervals (B. Efron and R. J. Tibshirani, An Introduction to the Bootstrap, 1993,
chapter 13): rows are drawn with replacement, as many as there are, and the interval lies between
two quantiles of what comes out. They need nothing of the metric; the bias-corrected ones would
also need it once without each row, which takes minutes for metrics that sort.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.selection.metric import Metric

Statistic = Callable[..., float]
"""A number of one or more tables, given the places (n,) int64 of the rows of each."""

MOST, OF_CLASSES, LEAST = 2000, 1000, 200
"""Resamples: of numbers, of classes (scikit-learn takes a millisecond or two to look at even a few
of them, and is asked twice for each resample), and at least."""
WORK = 6_000_000
"""Probabilities to be sorted, for metrics that sort them; like the others, a few seconds."""
SEED = 20240229


@dataclass(frozen=True)
class Interval:
    """An estimate and what it may be by chance; low and high are NaN where nobody can say."""

    estimate: float
    low: float
    high: float
    confidence: float
    resamples: int

    def __str__(self) -> str:
        if math.isnan(self.low):
            return "without an interval"
        low, high = (f"{value:+.4g}" for value in (self.low, self.high))
        return f"{self.confidence:.0%} interval {low} to {high}, {self.resamples:,} resamples"


def bootstrap_interval(
    statistic: Statistic,
    sizes: tuple[int, ...],
    confidence: float,
    resamples: int = MOST,
) -> Interval:
    """The percentile interval of a statistic of one table's rows, or of several tables'.

    The same call gives the same interval, on any machine. Resamples of which the statistic is
    not a number are left out; if these are most of them, there is no interval.

    Args:
        statistic: takes one array of places for each table.
        sizes: rows of each table.
        confidence: share of the resamples between low and high.
        resamples: how often rows are drawn.
    """
    random = np.random.default_rng(SEED)
    estimate = statistic(*(np.arange(size) for size in sizes))
    drawn = np.array(
        [statistic(*(random.integers(0, size, size) for size in sizes)) for _ in range(resamples)]
    )
    kept = drawn[np.isfinite(drawn)]
    ends = [(1 - confidence) / 2, (1 + confidence) / 2]
    low, high = np.quantile(kept, ends) if 2 * len(kept) > resamples else (math.nan, math.nan)
    return Interval(float(estimate), float(low), float(high), confidence, resamples)


def choose_resamples(metric: Metric, rows: int) -> int:
    """As many as take a few seconds; a rule of the table's size, so that all machines agree."""
    if metric.labels is None:
        return MOST
    if not metric.probable:
        return OF_CLASSES
    classes = len(metric.labels)
    columns = classes if classes > 2 else 1
    return max(LEAST, min(OF_CLASSES, WORK // max(1, rows * columns)))


def make_statistic(metric: Metric, actual: NDArray[Any], given: NDArray[Any]) -> Statistic:
    """The metric, greater if better, of the rows at given places.

    Rows with the same actual and predicted class are the same row: they are counted, and the
    metric is computed of one row per pair with its count as weight, however many rows there are.
    """
    if metric.labels is None or metric.probable:
        return lambda rows: metric.of(actual[rows], given[rows])
    pairs, place = np.unique(np.stack([actual, given]), axis=1, return_inverse=True)
    count = pairs.shape[1]
    return lambda rows: metric.of(pairs[0], pairs[1], np.bincount(place[rows], minlength=count))
