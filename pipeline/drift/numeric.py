"""Profiles columns of numbers or dates by their distribution function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.drift.categorical import MISSING
from pipeline.drift.statistics import Bins, ColumnChange, Counts, kolmogorov_smirnov
from pipeline.rendering.wording import format_cell

BINS = 10
"""Of the index: tenths of the older rows, or the values themselves if there are no more."""
POINTS = 120
"""Order statistics that are kept; tenths are among them."""
KOLMOGOROV_SMIRNOV = "Kolmogorov-Smirnov"


@dataclass(frozen=True, eq=False)
class Steps:
    """Where a sample's distribution function stands at the P points of a spread.

    Attributes:
        below: (P,) rows with a smaller value.
        upto: (P,) rows with a smaller or equal value.
        known: rows with a value.
    """

    below: Counts
    upto: Counts
    known: int
    rows: int


@dataclass(frozen=True)
class Spread:
    """The distribution of a column of numbers or dates, exact at some of its own values.

    Attributes:
        values: (P,) ascending: all different values if these are few, else the smallest and the
            order statistics that end equal parts. Dates are nanoseconds since 1970.
        at: (P,) rows that have this value.
        between: (P,) rows between the value before and this one.
        missing: rows without a value.
        dates: whether the numbers are dates.
    """

    values: tuple[float | int, ...]
    at: tuple[int, ...]
    between: tuple[int, ...]
    missing: int
    dates: bool = False

    @classmethod
    def of(cls, values: pd.Series, points: int = POINTS) -> Spread:
        """Sum up a column (N,); no value is made by arithmetic, so nothing overflows."""
        known = sort_known(values)
        # the different ones of ascending values (N,)
        kept = np.concatenate([known[:1], known[1:][known[1:] != known[:-1]]])
        if len(kept) > points + 1:
            ends = -(-np.arange(1, points + 1) * len(known) // points) - 1
            kept = np.unique(known[[0, *ends]])
        below, upto = (np.searchsorted(known, kept, side) for side in ("left", "right"))
        before = np.append(0, upto)[: len(kept)]
        return cls(
            values=tuple(kept.tolist()),
            at=tuple((upto - below).tolist()),
            between=tuple((below - before).tolist()),
            missing=len(values) - len(known),
            dates=values.dtype.kind == "M",
        )

    @property
    def rows(self) -> int:
        return sum(self.at) + sum(self.between) + self.missing

    def against(self, newer: pd.Series) -> ColumnChange:
        """What another column (M,) has instead, by the Kolmogorov-Smirnov statistic D.

        Missing values count as values above all others, so that their growth is drift too. D is
        the largest difference of both distribution functions at the points and right before them:
        that of `scipy.stats.ks_2samp` if all values were kept; else it is smaller by at most the
        share of rows between two points (1 / `POINTS`), and the p-value is larger: drift is
        found later, not sooner.
        """
        then, now = self._steps(), self._placed(newer)
        known = abs(then.known / then.rows - now.known / now.rows)
        below = np.abs(then.below / then.rows - now.below / now.rows)
        upto = np.abs(then.upto / then.rows - now.upto / now.rows)
        distance = float(np.max([known, *below, *upto]))
        p_value = kolmogorov_smirnov(distance, then.rows, now.rows)
        return ColumnChange(self._bins(now), KOLMOGOROV_SMIRNOV, distance, p_value)

    def bins(self, newer: pd.Series) -> Bins:
        """Rows between the tenths here and in another column (M,), then the missing ones.

        A value that has a tenth of the rows for itself is a bin of its own.
        """
        return self._bins(self._placed(newer))

    def _bins(self, now: Steps) -> Bins:
        edges = self._edges()
        sides = (_between(edges, steps) for steps in (self._steps(), now))
        return Bins((*self._names(edges), MISSING), *sides)

    def _steps(self) -> Steps:
        at, between = (np.array(rows, dtype=np.int64) for rows in (self.at, self.between))
        upto = np.cumsum(at + between)
        below = upto - at
        return Steps(below, upto, self.rows - self.missing, self.rows)

    def _placed(self, newer: pd.Series) -> Steps:
        known, points = sort_known(newer), np.array(self.values, dtype=self._dtype)
        below, upto = (np.searchsorted(known, points, side) for side in ("left", "right"))
        return Steps(below.astype(np.int64), upto.astype(np.int64), len(known), len(newer))

    @property
    def _dtype(self) -> type[np.generic]:
        return np.int64 if self.dates else np.float64

    def _edges(self) -> list[tuple[int, bool]]:
        """Points that end a bin, and whether their own rows are a bin by themselves."""
        steps, at = self._steps(), np.array(self.at)
        if len(at) <= BINS:
            return [(k, True) for k in range(len(at))]
        tenths = np.arange(1, BINS) * steps.known / BINS
        ends = np.unique(np.searchsorted(steps.upto, tenths, side="left"))
        return [(k, bool(at[k] >= steps.known / BINS)) for k in ends.tolist()]

    def _names(self, edges: list[tuple[int, bool]]) -> list[str]:
        names, last = [], ""
        for k, alone in edges:
            text = self._shown(self.values[k])
            if last:
                names.append(f"{last} to {text}")
            else:
                names.append(f"below {text}" if alone else f"up to {text}")
            if alone:
                names.append(text)
            last = text
        return [*names, f"above {last}" if last else "any value"]

    def _shown(self, value: Any) -> str:
        if self.dates:
            return str(np.datetime64(value, "ns").astype("datetime64[D]"))
        return format_cell(float(value) if value % 1 == 0 else float(f"{value:.4g}"))


def sort_known(values: pd.Series) -> NDArray[Any]:
    """The known values of a column (N,) in ascending order: float64, or int64 for dates."""
    known = values.dropna()
    if values.dtype.kind == "M":
        return np.sort(known.to_numpy("datetime64[ns]").astype(np.int64))
    return np.sort(known.to_numpy(np.float64))


def _between(edges: list[tuple[int, bool]], steps: Steps) -> Counts:
    """Rows of each bin, the missing ones last."""
    ends = []
    for k, alone in edges:
        ends += [steps.below[k], steps.upto[k]] if alone else [steps.upto[k]]
    return np.diff(np.array([0, *ends, steps.known, steps.rows], dtype=np.int64))
