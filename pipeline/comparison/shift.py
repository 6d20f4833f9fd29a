"""Comparison, shift: how far a column's values have moved, as the population stability index."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Counts = NDArray[np.int64]

BINS = 10
CATEGORIES = 20
"""Rarer values of A, and values that A does not have, are one bin."""
HALF = 0.5
"""Added to every bin, so that an empty one does not make the index infinite."""
MODERATE, LARGE = 0.1, 0.25
"""Where the index is commonly said to show a moderate and a large shift."""
SIGNIFICANCE = 0.05


def counts(older: pd.Series, newer: pd.Series) -> tuple[Counts, Counts]:
    """Rows of each bin (B,) in the older and the newer values; missing values are the last bin.

    Numbers and dates fall between the older values' quantiles, everything else is counted by
    value; so are numbers of which there are few.
    """
    ordered = all(values.dtype.kind in "iufM" for values in (older, newer))
    split = _by_quantile if ordered and older.nunique() > BINS else _by_value
    known = split(older.dropna(), newer.dropna())
    missing = [int(values.isna().sum()) for values in (older, newer)]
    first, second = (np.append(found, count) for found, count in zip(known, missing, strict=True))
    return first, second


def _by_quantile(older: pd.Series, newer: pd.Series) -> tuple[Counts, Counts]:
    """Every edge is one of the older values: nothing is interpolated, so nothing overflows."""
    values = [found.to_numpy() for found in (older, newer)]
    places = np.arange(1, BINS) * len(older) // BINS
    edges = np.unique(np.sort(values[0])[places])
    bins = [np.searchsorted(edges, found, side="left") for found in values]
    first, second = (np.bincount(found, minlength=len(edges) + 1) for found in bins)
    return first, second


def _by_value(older: pd.Series, newer: pd.Series) -> tuple[Counts, Counts]:
    texts = [_texts(found) for found in (older, newer)]
    kept = list(texts[0].value_counts().head(CATEGORIES).index)
    first, second = (_counted(found, kept) for found in texts)
    return first, second


def _texts(values: pd.Series) -> pd.Series:
    """2 and 2.0 are the same value: a missing one beside them makes whole numbers floats."""
    numbers = values.astype(float) if values.dtype.kind in "iuf" else values
    return numbers.astype(str)


def _counted(texts: pd.Series, kept: list[str]) -> Counts:
    found = texts.value_counts().reindex(kept, fill_value=0).to_numpy(np.int64)
    return np.append(found, len(texts) - found.sum())


def index(older: Counts, newer: Counts) -> float:
    """The population stability index: the sum of (q - p) ln(q / p) over the bins.

    It is 0 for equal shares, and never negative or infinite. Bins that are empty in both say
    nothing and do not count.
    """
    used = (older + newer) > 0
    p, q = ((found[used] + HALF) / (found[used] + HALF).sum() for found in (older, newer))
    return float(max(0.0, ((q - p) * np.log(q / p)).sum()))


def by_chance(older: Counts, newer: Counts, columns: int) -> float:
    """What the index exceeds by chance alone in one of 20 comparisons of so many columns.

    Without a shift, the index is distributed as chi-square with B - 1 degrees of freedom, times
    1/n + 1/m (B. Yurdakul, 2018).
    """
    from scipy.stats import chi2

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
