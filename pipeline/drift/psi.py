"""Computes the population stability index of a column, and what chance alone explains."""

from __future__ import annotations

from typing import Any

import pandas as pd
from scipy.stats import chi2

from pipeline.drift.categorical import Shares
from pipeline.drift.numeric import Spread
from pipeline.drift.statistics import Counts, population_stability_index

MODERATE, LARGE = 0.1, 0.25
"""Where the index is commonly said to show a moderate and a large shift."""
SIGNIFICANCE = 0.05


def count_bins(older: pd.Series, newer: pd.Series) -> tuple[Counts, Counts]:
    """Rows of each bin (B,) in the older and the newer values; missing values are the last bin.

    Numbers and dates fall between the older values' tenths, everything else is counted by value.
    """
    are_ordered = all(values.dtype.kind in "iufM" for values in (older, newer))
    bins = (Spread if are_ordered else Shares).of(older).bins(newer)
    return bins.older, bins.newer


def psi_by_chance(older: Counts, newer: Counts, columns: int) -> float:
    """What the index exceeds by chance alone in one of 20 comparisons of so many columns.

    Without a shift, the index is distributed as chi-square with B - 1 degrees of freedom, times
    1/n + 1/m (B. Yurdakul, 2018).
    """
    bins = int(((older + newer) > 0).sum())
    n, m = int(older.sum()), int(newer.sum())
    if bins < 2 or not n or not m:
        return 0.0
    return float(chi2.ppf(1 - SIGNIFICANCE / columns, bins - 1) * (1 / n + 1 / m))


def measure_shift(older: pd.Series, newer: pd.Series, columns: int) -> dict[str, Any]:
    """The index of one column, what chance alone explains, and what that means in a word."""
    first, second = count_bins(older, newer)
    found, chance = population_stability_index(first, second), psi_by_chance(first, second, columns)
    return {"psi": found, "by_chance": chance, "shift": name_shift(found, chance)}


def name_shift(found: float, chance: float) -> str:
    """What an index means."""
    if found <= chance:
        return "none"
    return "large" if found > LARGE else "moderate" if found > MODERATE else "small"
