"""What a comparison of runs calculates with, as numbers instead of text."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipeline.report.findings import decisive
from pipeline.tracking.description import winner
from pipeline.tracking.training_result import Evidence, Training


def figures(evidence: Training) -> dict[str, Any]:
    """Metrics, rows, columns and cost of a run; what nobody measured is None."""
    best = winner(evidence.trained)
    cost = best.cost if best else None
    frame = evidence.dataset.frame
    return {
        "metrics": metrics(evidence),
        "rows": len(frame),
        "columns": [
            {"name": c.name, "kind": c.kind, "missing": int(frame[c.name].isna().sum())}
            for c in evidence.dataset.inputs
        ],
        "bytes": len(evidence.model.data) if isinstance(evidence, Evidence) else None,
        "microseconds_per_row": cost.microseconds_per_row if cost and cost.convertible else None,
    }


def metrics(evidence: Training) -> list[dict[str, Any]]:
    """Mean and spread over the folds and the holdout's value; the one that decides comes first."""
    trained, chosen = evidence.trained, decisive(evidence)
    best = winner(trained)
    means, spread = (best.metrics, best.spread) if best else ({}, {})
    known = trained.experiment.get_metrics()
    greater = dict(zip(known["Display Name"], known["Greater is Better"], strict=True))
    names = sorted(dict.fromkeys([*means, *trained.holdout]), key=lambda name: name != chosen)
    return [
        {
            "name": name,
            "mean": _known(means, name),
            "spread": _known(spread, name),
            "holdout": _known(trained.holdout, name),
            "greater_is_better": bool(greater.get(name, True)),
        }
        for name in names
    ]


def _known(values: Mapping[str, float], name: str) -> float | None:
    """None for what could not be computed: JSON has no NaN."""
    value = values.get(name)
    return None if value is None or math.isnan(value) else value
