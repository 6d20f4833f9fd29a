"""Report, contents: what is in the table that the model learned from."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.report.results import Table
from pipeline.report.wording import cell

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.dataset import Dataset
    from pipeline.manifest import Input

MOST_COLUMNS = 200
MOST_CLASSES = 30


def columns(dataset: Dataset) -> Table:
    """Name, kind, missing values and range of each feature, at most `MOST_COLUMNS`."""
    inputs = dataset.inputs[:MOST_COLUMNS]
    frame = dataset.frame
    rows = tuple(
        (column.name, column.kind, _missing(frame[column.name]), _range(column, frame))
        for column in inputs
    )
    return Table(("column", "kind", "missing", "values"), rows, ("",) * len(rows))


def missing(dataset: Dataset) -> int:
    """Columns with missing values."""
    return int(dataset.frame[list(dataset.features)].isna().any().sum())


def target(dataset: Dataset) -> Table:
    """The target's distribution: figures of a number, or how often each class occurs."""
    values = dataset.frame[dataset.spec.target]
    if dataset.spec.task == "regression":
        numbers = values.astype(float)
        facts = ("min", "mean", "median", "max", "std")
        amounts = tuple((fact, cell(float(getattr(numbers, fact)()))) for fact in facts)
        return Table((dataset.spec.target, "value"), amounts, ("",) * len(amounts))
    counts = values.value_counts().head(MOST_CLASSES)
    classes = tuple(
        (str(label), f"{count:,}", f"{count / len(values):.1%}") for label, count in counts.items()
    )
    return Table(
        (f"class of {dataset.spec.target}", "rows", "share"), classes, ("",) * len(classes)
    )


def _missing(values: pd.Series) -> str:
    count = int(values.isna().sum())
    return f"{count:,} ({count / len(values):.1%})" if count else "0"


def _range(column: Input, frame: pd.DataFrame) -> str:
    values = frame[column.name].dropna()
    if values.empty:
        return "no value"
    if column.kind == "text":
        return f"{values.nunique():,} different"
    if column.kind == "boolean":
        return f"true in {values.mean():.1%}"
    low, high = values.min(), values.max()
    if column.kind == "date":
        return f"{low:%Y-%m-%d} to {high:%Y-%m-%d}"
    return f"{cell(low)} to {cell(high)}"
