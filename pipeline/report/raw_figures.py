"""Collects the figures that a comparison of runs computes with."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipeline.track.description import find_winner
from pipeline.track.training_result import Converted, TrainingResult


def collect_figures(evidence: TrainingResult) -> dict[str, Any]:
    """Metrics, rows, columns and cost of a run; what nobody measured is None."""
    best = find_winner(evidence.trained)
    cost = best.cost if best else None
    frame = evidence.dataset.frame
    return {
        "metrics": collect_metrics(evidence),
        "rows": len(frame),
        "columns": [
            {"name": c.name, "kind": c.kind, "missing": int(frame[c.name].isna().sum())}
            for c in evidence.dataset.inputs
        ],
        "bytes": len(evidence.model.data) if isinstance(evidence, Converted) else None,
        "microseconds_per_row": cost.microseconds_per_row if cost and cost.convertible else None,
    }


def collect_metrics(evidence: TrainingResult) -> list[dict[str, Any]]:
    """Mean and spread over the folds and the holdout's value; the one that decides comes first."""
    trained, chosen = evidence.trained, evidence.trained.metric.column
    best = find_winner(trained)
    means, spread = (best.metrics, best.spread) if best else ({}, {})
    losses = {metric.column for metric in trained.task.all_metrics if metric.is_loss}
    names = sorted(dict.fromkeys([*means, *trained.holdout]), key=lambda name: name != chosen)
    return [
        {
            "name": name,
            "mean": _known_or_none(means, name),
            "spread": _known_or_none(spread, name),
            "holdout": _known_or_none(trained.holdout, name),
            "greater_is_better": name not in losses,
        }
        for name in names
    ]


def _known_or_none(values: Mapping[str, float], name: str) -> float | None:
    """None for what could not be computed: JSON has no NaN."""
    value = values.get(name)
    return None if value is None or math.isnan(value) else value
