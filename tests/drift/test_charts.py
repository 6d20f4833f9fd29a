"""A column's bins as pairs of bars."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.drift.categorical import MISSING, REST
from pipeline.drift.charts import DRAWN, select_bins
from pipeline.drift.statistics import Bins


@pytest.mark.parametrize("missing", [0, 3])
def test_small_bins_are_drawn_as_one(missing: int) -> None:
    sizes = [*range(1, 41), 5, missing]
    bins = Bins((*(f"v{k}" for k in range(40)), REST, MISSING), *[np.array(sizes)] * 2)
    found = select_bins(bins)
    assert (found.older.sum(), found.newer.sum()) == (sum(sizes), sum(sizes))
    kept = [f"v{k}" for k in range(40 - DRAWN, 40)]
    assert list(found.names) == [*kept, REST, *[MISSING] * bool(missing)]
    assert list(found.older[: len(kept)]) == sizes[40 - DRAWN : 40]


def test_empty_bins_are_not_drawn() -> None:
    bins = Bins(("a", "b", REST, MISSING), np.array([3, 0, 0, 0]), np.array([0, 0, 2, 0]))
    assert select_bins(bins).names == ("a", REST)
