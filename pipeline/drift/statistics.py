"""Tests whether the shares of a column's bins have changed beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import chi2_contingency, kstwo

Counts = NDArray[np.int64]

HALF = 0.5
"""Added to every bin, so that an empty one does not make the index infinite."""
EXPECTED = 5
"""Rows that chance must give each bin of a chi-squared test (W. G. Cochran, 1954)."""


@dataclass(frozen=True, eq=False)
class Bins:
    """Rows of each bin of a column in the older and the newer table; missing ones come last.

    Attributes:
        names: of the B bins, as people read them.
        older: (B,) rows.
        newer: (B,) rows.
    """

    names: tuple[str, ...]
    older: Counts
    newer: Counts


@dataclass(frozen=True, eq=False)
class ColumnChange:
    """What has become of one column.

    Attributes:
        bins: its rows then and now.
        statistic: of the test; D lies between 0 and 1, chi-squared has no bound.
        p_value: chance of such a statistic, or a larger one, without drift.
        new: values that only the newer table has, as far as all of the older one are known.
        vanished: frequent values that only the older table has.
    """

    bins: Bins
    test: str
    statistic: float
    p_value: float
    new: tuple[str, ...] = ()
    vanished: tuple[str, ...] = ()

    @property
    def psi(self) -> float:
        return population_stability_index(self.bins.older, self.bins.newer)


def population_stability_index(older: Counts, newer: Counts) -> float:
    """The population stability index: the sum of (q - p) ln(q / p) over the bins (B,).

    It is 0 for equal shares, and never negative or infinite. Bins that are empty in both say
    nothing and do not count.
    """
    used = (older + newer) > 0
    p, q = ((found[used] + HALF) / (found[used] + HALF).sum() for found in (older, newer))
    return float(max(0.0, ((q - p) * np.log(q / p)).sum()))


def chi_squared(older: Counts, newer: Counts) -> tuple[float, float]:
    """Statistic and p-value of Pearson's test that both tables have the same shares (B,).

    The smallest bins are counted together until chance gives each at least `EXPECTED` rows in
    both tables; without that, the distribution of the statistic is another one.
    """
    table = _merge_small_bins(np.stack([older, newer]))
    if table.shape[1] < 2 or not table.sum(axis=1).all():
        return 0.0, 1.0
    found = chi2_contingency(table, correction=False)
    return float(found.statistic), float(found.pvalue)


def _merge_small_bins(table: Counts) -> Counts:
    """(2, B) bins of which the smallest are made one that is large enough."""
    table = table[:, table.sum(axis=0) > 0]
    table = table[:, np.argsort(table.sum(axis=0), kind="stable")]
    rows = table.sum(axis=1)
    expected = table.sum(axis=0) * (rows.min() / max(rows.sum(), 1))
    together = int((expected < EXPECTED).sum())
    if not together:
        return table
    together = max(together, int((np.cumsum(expected) < EXPECTED).sum()) + 1)
    rest = table[:, :together].sum(axis=1, keepdims=True)
    return np.concatenate([rest, table[:, together:]], axis=1)


def kolmogorov_smirnov(distance: float, older: int, newer: int) -> float:
    """p-value of the two-sample Kolmogorov-Smirnov statistic for so many rows.

    N. Smirnov's limit as `scipy.stats.ks_2samp(method="asymp")` has it. With ties it is an upper
    bound: a column of few values is found later, not sooner.
    """
    rows = older * newer / max(older + newer, 1)
    return float(np.clip(kstwo.sf(distance, max(1, round(rows))), 0, 1))
