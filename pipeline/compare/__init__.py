"""Compares two runs: settings, data, metrics, and predictions for the same rows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.compare.runs import ComparedRun
    from pipeline.compare.section import Section


def compare_runs(a: ComparedRun, b: ComparedRun, data: Path | None = None) -> tuple[Section, ...]:
    """Every part of the comparison, in the order in which it is read.

    Args:
        data: rows for both models; B's holdout without it.

    Raises:
        UsageError: the runs predict different things.
        DataError: the file is not a table, or its values do not fit the columns.
    """
    from pipeline.compare.importance import compare_importance
    from pipeline.compare.metrics import compare_metrics
    from pipeline.compare.predictions import compare_predictions
    from pipeline.compare.runs import require_comparable
    from pipeline.compare.settings import compare_settings
    from pipeline.compare.table_changes import compare_data as data_section

    require_comparable(a, b)
    return (
        compare_metrics(a, b),
        compare_predictions(a, b, data),
        compare_importance(a, b),
        data_section(a, b),
        compare_settings(a, b),
    )
