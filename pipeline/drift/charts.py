"""Draws the bins of a column before and now.

They are HTML, not PNG: names in any script are legible, and a page of them takes no second.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.drift.categorical import MISSING, REST
from pipeline.drift.drift_report import ColumnReport
from pipeline.drift.statistics import Bins
from pipeline.rendering.wording import shorten

DRAWN = 14
"""Bins; of more, those with the fewest rows are drawn as one."""
NAME = 26


@dataclass(frozen=True)
class BinBars:
    """One bin: its name, its share of the rows then and now, and the lengths of both bars.

    Shares and lengths are percentages; the longest bar of a picture has 100.
    """

    name: str
    shares: tuple[float, float]
    lengths: tuple[float, float]


def pair_bars(column: ColumnReport) -> list[BinBars]:
    """A column's bars, in the order of its bins."""
    bins = select_bins(column.change.bins)
    sides = [100 * rows / max(rows.sum(), 1) for rows in (bins.older, bins.newer)]
    longest = max(1e-9, *(side.max(initial=0) for side in sides))
    return [
        BinBars(format_bar_label(name), (then, now), (100 * then / longest, 100 * now / longest))
        for name, then, now in zip(bins.names, *(side.tolist() for side in sides), strict=True)
    ]


def format_bar_label(value: str) -> str:
    """A value as people see it."""
    return shorten(value, NAME) or "(empty)"


def select_bins(bins: Bins) -> Bins:
    """The bins that have rows; of many, the largest, and the others as one."""
    rows = bins.older + bins.newer
    used = np.flatnonzero(rows)
    large = used[np.argsort(-rows[used], kind="stable")][:DRAWN]
    kept = [k for k in used if k in large or bins.names[k] == MISSING]
    lost = np.setdiff1d(used, kept)
    if not len(lost):
        return Bins(tuple(bins.names[k] for k in kept), bins.older[kept], bins.newer[kept])
    others = [k for k in kept if bins.names[k] == REST]
    first = [k for k in kept if k not in others and bins.names[k] != MISSING]
    together = [*lost, *others]
    last = [k for k in kept if bins.names[k] == MISSING]
    older, newer = (
        np.array([*side[first], side[together].sum(), *side[last]], dtype=np.int64)
        for side in (bins.older, bins.newer)
    )
    return Bins((*(bins.names[k] for k in first), REST, *[MISSING] * len(last)), older, newer)
