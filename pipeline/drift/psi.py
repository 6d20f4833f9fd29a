"""How far a column's values have moved, as the population stability index."""

from __future__ import annotations

from typing import Any

import pandas as pd
from scipy.stats import chi2

from pipeline.drift.categorical import Shares
from pipeline.drift.numeric import Spread
from pipeline.drift.statistics import Counts, index

MODERATE, LARGE = 0.1, 0.25
"""Where the index is commonly said to show a moderate and a large shift."""
SIGNIFICANCE = 0.05


def counts(older: pd.Series, newer: pd.Series) -> tuple[Counts, Counts]:
    """Rows of each bin (B,) in the older and the newer values; missing values are the last bin.

    Numbers and dates fall between the older values' tenths, everything else is counted by value.
    """
    are_ordered = all(values.dtype.kind in "iufM" for values in (older, newer))
    bins = (Spread if are_ordered else Shares).of(older).bins(newer)
    return bins.older, bins.newer


def by_chance(older: Counts, newer: Counts, columns: int) -> float:
    """What the index exceeds by chance alone in one of 20 comparisons of so many columns.

    Without a shift, the index is distributed as chi-square with B - 1 degrees of freedom, times
    1/n + 1/m (B. Yurdakul, 2018).
    """
    bins = int(((older + newer) > 0).sum())
    n, m = int(older.sum()), int(newer.sum())
    if bins < 2 or not n or not m:
        return 0.0
    return float(chi2.ppf(1 - SIGNIFICANCE / columns, bins - 1) * (1 / n + 1 / m))


def shift(older: pd.Series, newer: pd.Series, columns: int) -> dict[str, Any]:
    """The index of one column, what chance alone explains, and what that means in a word."""
    first, second = counts(older, newer)
    found, chance = index(first, second), by_chance(first, second, columns)
    return {"psi": found, "by_chance": chance, "shift": word(found, chance)}


def word(found: float, chance: float) -> str:
    """What an index means."""
    if found <= chance:
        return "none"
    return "large" if found > LARGE else "moderate" if found > MODERATE else "small"
