"""Measures how predictions for the same rows differ between A and B."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.compare.paired_scores import PairedScores

SAME = 1e-9
"""Numbers that differ by no more than this share of the larger one are the same."""
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def summarize_number_changes(found: PairedScores) -> dict[str, Any]:
    """How many numbers changed, and by how much: B minus A."""
    change, moved = subtract_predictions(found), find_changed_rows(found)
    values: dict[str, Any] = {**_count_rows(found), "changed": int(moved.sum())}
    values["share_changed"] = _share(moved)
    if not len(change):
        return values
    largest = int(np.abs(change).argmax())
    return {
        **values,
        "mean_change": float(change.mean()),
        "mean_absolute_change": float(np.abs(change).mean()),
        "largest_change": float(change[largest]),
        "largest_row": int(np.flatnonzero(found.answered)[largest]) + 1,
        "quantiles": {f"{q:.0%}": float(np.quantile(change, q)) for q in QUANTILES},
    }


def summarize_class_changes(found: PairedScores) -> dict[str, Any]:
    """How many labels flipped, from which to which, and by how much probabilities changed."""
    moved = find_changed_rows(found)
    older, newer = (side.labels[found.answered] for side in (found.a, found.b))
    pairs, rows = np.unique(
        np.stack([older[moved], newer[moved]]).astype(str), axis=1, return_counts=True
    )
    values: dict[str, Any] = {**_count_rows(found), "changed": int(moved.sum())}
    values["share_changed"] = _share(moved)
    values["flips"] = [
        {"from": str(pairs[0, k]), "to": str(pairs[1, k]), "rows": int(rows[k])}
        for k in np.argsort(-rows, kind="stable")
    ]
    if (gaps := compute_probability_changes(found)) is not None and gaps.size:
        values["mean_absolute_change"] = float(gaps.mean())
        values["largest_change"] = float(gaps.max())
    return values


def subtract_predictions(found: PairedScores) -> NDArray[np.float64]:
    """(m,) B minus A of the rows that both answer."""
    older, newer = (side.labels[found.answered].astype(float) for side in (found.a, found.b))
    return np.asarray(newer - older)


def find_changed_rows(found: PairedScores) -> NDArray[np.bool_]:
    """(m,) whether the answer is another one, of the rows that both answer."""
    older, newer = (side.labels[found.answered] for side in (found.a, found.b))
    if found.a.classes:
        return np.asarray(older != newer, dtype=bool)
    largest = np.maximum(np.abs(older), np.abs(newer))
    return np.asarray(np.abs(newer - older) > SAME * largest, dtype=bool)


def compute_probability_changes(found: PairedScores) -> NDArray[np.float64] | None:
    """(m, K) absolute changes for the classes of either; a class that a model lacks has 0.

    None where a model gives no probabilities.
    """
    if found.a.scores is None or found.b.scores is None:
        return None
    names = list(dict.fromkeys([*found.a.classes, *found.b.classes]))
    older, newer = (align_probabilities(side, names) for side in (found.a, found.b))
    return np.asarray(np.abs(newer - older)[found.answered])


def align_probabilities(side: Any, names: list[str]) -> NDArray[np.float64]:
    """(n, K) what a model gives to each of these classes."""
    place = {name: k for k, name in enumerate(side.classes)}
    none = np.zeros(len(side.labels))
    columns = [side.scores[:, place[name]] if name in place else none for name in names]
    return np.column_stack(columns)


def measure_distance(found: PairedScores) -> NDArray[np.float64]:
    """(m,) how far each answer has moved: numbers, probabilities, or 1 for another label."""
    if not found.a.classes:
        return np.abs(subtract_predictions(found))
    gaps = compute_probability_changes(found)
    return find_changed_rows(found).astype(float) if gaps is None else gaps.mean(axis=1)


def _count_rows(found: PairedScores) -> dict[str, int]:
    return {
        "rows": int(found.answered.sum()),
        "answered_by_one": int((found.a.answered != found.b.answered).sum()),
    }


def _share(moved: NDArray[np.bool_]) -> float:
    return float(moved.mean()) if len(moved) else 0.0
