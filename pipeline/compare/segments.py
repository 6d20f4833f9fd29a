"""Finds the segments of rows in which predictions have changed most."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.compare.paired_scores import PairedScores
from pipeline.compare.prediction_change import find_changed_rows, measure_distance
from pipeline.report.bins import FEW_ROWS, Parts, split_into_parts

MOST = 10


def find_moved_segments(found: PairedScores) -> list[dict[str, Any]]:
    """All rows first, then parts of columns that moved more, the furthest ones.

    Parts of fewer than `FEW_ROWS` rows are left out.
    """
    moved, others = measure_distance(found), find_changed_rows(found)
    features = found.features[found.answered]
    if not len(moved):
        return []
    overall = _part("", "all rows", moved, others)
    rows = [
        row
        for name in features
        for row in _parts(str(name), split_into_parts(features[name]), moved, others)
        if row["rows"] >= FEW_ROWS and row["mean_change"] > overall["mean_change"]
    ]
    return [overall, *sorted(rows, key=lambda row: -row["mean_change"])[:MOST]]


def _parts(
    column: str, parts: Parts, moved: NDArray[np.float64], others: NDArray[np.bool_]
) -> Iterator[dict[str, Any]]:
    """One row per part, unless the whole column is one."""
    for code, name in enumerate(parts.names if len(parts.names) > 1 else ()):
        inside = parts.codes == code
        yield _part(column, name, moved[inside], others[inside])


def _part(
    column: str, name: str, moved: NDArray[np.float64], others: NDArray[np.bool_]
) -> dict[str, Any]:
    return {
        "column": column,
        "segment": name,
        "rows": len(moved),
        "changed": int(others.sum()),
        "mean_change": float(moved.mean()),
    }
