"""Two runs side by side: what they are, what they learned from, and what each predicts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.compare.runs import Run
    from pipeline.compare.section import Section


def sections(a: Run, b: Run, data: Path | None = None) -> tuple[Section, ...]:
    """Every part of the comparison, in the order in which it is read.

    Args:
        data: rows for both models; B's holdout without it.

    Raises:
        UsageError: the runs predict different things.
        DataError: the file is not a table, or its values do not fit the columns.
    """
    from pipeline.compare.data import data as data_section
    from pipeline.compare.importance import importance
    from pipeline.compare.metrics import metrics
    from pipeline.compare.predictions import predictions
    from pipeline.compare.runs import check
    from pipeline.compare.settings import settings

    check(a, b)
    return (
        metrics(a, b),
        predictions(a, b, data),
        importance(a, b),
        data_section(a, b),
        settings(a, b),
    )
