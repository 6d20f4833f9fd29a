"""Compares the errors of both models on rows with a known target."""

from __future__ import annotations

from typing import Any

import numpy as np

from pipeline.compare.paired_scores import PairedScores
from pipeline.compare.section import format_amount


def compare_accuracy(found: PairedScores) -> dict[str, Any] | None:
    """Mean error of both on the rows whose target is known, and on how many each is nearer."""
    if found.actual is None or found.known is None:
        return None
    used = found.known & found.answered
    if not used.any():
        return None
    actual = found.actual[used]
    older, newer = (side.labels[used] for side in (found.a, found.b))
    if found.a.classes:
        errors = [(labels != actual).astype(float) for labels in (older, newer)]
    else:
        errors = [np.abs(labels - actual) for labels in (older, newer)]
    return {
        "error": "error rate" if found.a.classes else "mean absolute error",
        "rows": int(used.sum()),
        "a": float(errors[0].mean()),
        "b": float(errors[1].mean()),
        "nearer_a": int((errors[0] < errors[1]).sum()),
        "nearer_b": int((errors[1] < errors[0]).sum()),
    }


def describe_accuracy(values: dict[str, Any], target: str) -> str:
    """The same in a sentence."""
    a, b, name = values["a"], values["b"], values["error"]
    figures = f"{name} {format_amount(a)} for A and {format_amount(b)} for B"
    rows = f"A is nearer on {values['nearer_a']:,} rows, B on {values['nearer_b']:,}"
    if a == b:
        return f"Both are equally near the actual {target}: {figures}; {rows}."
    return f"{'A' if a < b else 'B'} is nearer the actual {target}: {figures}; {rows}."
