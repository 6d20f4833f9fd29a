"""Summarizes the training table."""

from __future__ import annotations

from collections import Counter

import pandas as pd

from pipeline.data.dataset import Dataset
from pipeline.manifest.columns import Input
from pipeline.rendering.wording import format_cell, format_number, shorten
from pipeline.report.result_tables import TextTable
from pipeline.track.training_result import TrainingResult

MOST_COLUMNS = 200
MOST_CLASSES = 30
FREQUENT = 3
"""Categories that the table of columns names."""
LONGEST = 24
AMOUNTS = ("min", "mean", "median", "max", "std")


def summarize_columns(dataset: Dataset) -> TextTable:
    """Name, kind, missing values and range of each feature, at most `MOST_COLUMNS`."""
    inputs = dataset.inputs[:MOST_COLUMNS]
    frame = dataset.frame
    rows = tuple(
        (column.name, column.kind, _format_missing(frame[column.name]), _range(column, frame))
        for column in inputs
    )
    return TextTable(("column", "kind", "missing", "values"), rows, ("",) * len(rows))


def count_missing_columns(dataset: Dataset) -> int:
    """Columns with missing values."""
    return int(dataset.frame[list(dataset.features)].isna().any().sum())


def summarize_target(dataset: Dataset) -> TextTable:
    """The target's distribution: figures of a number, or how often each class occurs."""
    values = dataset.frame[dataset.spec.target]
    if dataset.task.target == "numbers":
        amounts = tuple((name, format_cell(_amount(values, name))) for name in AMOUNTS)
        return TextTable((dataset.spec.target, "value"), amounts, ("",) * len(amounts))
    counts = values.value_counts().head(MOST_CLASSES)
    classes = tuple(
        (str(label), f"{count:,}", f"{count / len(values):.1%}") for label, count in counts.items()
    )
    return TextTable(
        (f"class of {dataset.spec.target}", "rows", "share"), classes, ("",) * len(classes)
    )


def count_kinds(dataset: Dataset) -> str:
    """How many features are of which kind: `3 number, 3 text`."""
    found = Counter(column.kind for column in dataset.inputs)
    return ", ".join(f"{count:,} {kind}" for kind, count in found.most_common())


def summarize_split(evidence: TrainingResult) -> TextTable:
    """The target among all rows, those that were trained on, and those held out."""
    dataset, trained = evidence.dataset, evidence.trained
    target = dataset.spec.target
    whole = dataset.frame[target]
    parts = (whole, trained.experiment.y_train, trained.holdout_predictions[target])
    rows = [("rows", *(f"{len(part):,} ({len(part) / len(whole):.0%})" for part in parts))]
    if trained.task.target == "numbers":
        rows += [
            (name, *(format_number(_amount(part, name)) for part in parts)) for name in AMOUNTS
        ]
    else:
        counts = [part.astype(str).value_counts() for part in parts]
        rows += [
            (f"class {label}", *(_share(count, label) for count in counts))
            for label in counts[0].index[:MOST_CLASSES]
        ]
    return TextTable((target, "all rows", "training", "holdout"), tuple(rows), ("",) * len(rows))


def _amount(values: pd.Series, name: str) -> float:
    return float(getattr(values.astype(float), name)())


def _share(counts: pd.Series, label: str) -> str:
    count = counts.get(label, 0)
    return f"{count:,} ({count / counts.sum():.1%})"


def _format_missing(values: pd.Series) -> str:
    count = int(values.isna().sum())
    return f"{count:,} ({count / len(values):.1%})" if count else "0"


def _range(column: Input, frame: pd.DataFrame) -> str:
    values = frame[column.name].dropna()
    if values.empty:
        return "no value"
    if column.kind == "text":
        # how many there are, and the most frequent ones with their rows
        counts = values.value_counts()
        if counts.iloc[0] == 1 and len(counts) > FREQUENT:
            return f"{len(counts):,} different, each once"
        named = [
            f"{shorten(str(name), LONGEST)} ({count:,})"
            for name, count in counts.head(FREQUENT).items()
        ]
        more = ", …" if len(counts) > FREQUENT else ""
        return f"{len(counts):,} different: {', '.join(named)}{more}"
    if column.kind == "boolean":
        return f"true in {values.mean():.1%}"
    low, high = values.min(), values.max()
    if column.kind == "date":
        return f"{low:%Y-%m-%d} to {high:%Y-%m-%d}"
    mean = format_number(float((values / len(values)).sum()))
    return f"{format_cell(low)} to {format_cell(high)}, mean {mean}"
