"""Detects drift: compares new data with the champion's baseline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.config.retrain_config import Drift
from pipeline.config.suggest import suggest
from pipeline.data.column_types import column_kind
from pipeline.data.dataset import Dataset
from pipeline.drift.baseline import Baseline
from pipeline.drift.drift_report import NAMED, ColumnReport, DriftReport, Problem
from pipeline.manifest.columns import Kind
from pipeline.rendering.wording import format_count, join_items

BY_HAND = "if the change is meant, train once with python -m pipeline.train --promote REASON"
WORDS: dict[Kind, str] = {
    "number": "numbers",
    "text": "text",
    "boolean": "true or false in every row",
    "date": "dates",
}


def detect_drift(
    baseline: Baseline,
    dataset: Dataset,
    settings: Drift,
    fresh: NDArray[np.bool_] | None = None,
) -> DriftReport:
    """Compare a table that loads with what the champion was trained on.

    Args:
        baseline: of the champion's training data.
        dataset: the new table (M, F + 1).
        fresh: (M,) rows that the champion has not seen; in a table that grows these alone are
            held against its data, or what is new drowns in what is old. All rows without it.

    A column has drifted when its index (PSI) reaches `settings.psi` and the p-value of its test
    is below `settings.p_value`: neither what is significant but tiny counts, nor what is large
    but noise. The test is Kolmogorov-Smirnov for numbers and dates (see `Spread.against`), and
    chi-squared for all else.
    """
    newer = dataset if fresh is None or not fresh.any() else dataset.part(fresh)
    compared = _columns(baseline, newer, dataset, settings)
    columns = tuple(sorted(compared, key=lambda c: (-c.change.psi, c.name)))
    problems = (
        *_subject(baseline, dataset),
        *_schema(baseline, dataset),
        *_classes(baseline, columns),
        *_rows(baseline, dataset, settings),
        *_check_missing(columns, settings),
        *_share(columns, settings),
    )
    return DriftReport(
        file=dataset.path,
        target=dataset.spec.target,
        settings=settings,
        rows=(baseline.rows, len(dataset.frame)),
        columns=columns,
        problems=problems,
        notes=tuple(_notes(baseline, dataset, columns)),
        fresh=len(newer.frame),
    )


def _columns(
    baseline: Baseline, newer: Dataset, dataset: Dataset, settings: Drift
) -> Iterator[ColumnReport]:
    """Every column that can be compared; what has vanished must be gone from the whole table."""
    same_task = baseline.task == dataset.spec.task
    kinds = _kinds(dataset)
    for name, column in baseline.columns.items():
        if kinds.get(name) != column.kind or (name == baseline.target and not same_task):
            continue
        values = newer.frame[name]
        change = column.content.against(values)
        if newer is not dataset and change.vanished:
            whole = column.content.against(dataset.frame[name])
            change = replace(change, vanished=whole.vanished)
        sure = change.p_value < settings.p_value
        drifted = sure and change.psi >= settings.psi
        watched = sure and not drifted and change.psi >= settings.watch
        missing = column.missing, float(values.isna().mean())
        yield ColumnReport(name, column.kind, change, missing, drifted, watched)


def _kinds(dataset: Dataset) -> dict[str, Kind]:
    return {str(name): column_kind(dataset.frame[name]) for name in dataset.frame.columns}


def _subject(baseline: Baseline, dataset: Dataset) -> Iterator[Problem]:
    """The question must be the same."""
    spec = dataset.spec
    for what, found, expected in (
        ("task", spec.task, baseline.task),
        ("target", repr(spec.target), repr(baseline.target)),
    ):
        if found != expected:
            hint = f"Give the {what} of the champion, or the new model another name"
            yield Problem(what, found, f"{expected} as the champion has it", hint)


def _schema(baseline: Baseline, dataset: Dataset) -> Iterator[Problem]:
    """Every column of the champion must be there, of its kind."""
    kinds = _kinds(dataset)
    for name, column in baseline.columns.items():
        what = f"target {name!r}" if name == baseline.target else f"column {name!r}"
        if name not in kinds:
            # what to do about a missing column, with the nearest of the new ones
            new = [other for other in kinds if other not in baseline.columns]
            guess = suggest(name, new) if new else ""
            hint = f"{guess} Bring it back, or rename another to it; {BY_HAND}".strip()
            yield Problem(what, "no such column", WORDS[column.kind], hint)
        elif kinds[name] != column.kind and not _asks_otherwise(name, baseline, dataset):
            hint = f"Correct its values, or declare its kind in the dataset's spec; {BY_HAND}"
            yield Problem(what, WORDS[kinds[name]], WORDS[column.kind], hint)


def _asks_otherwise(name: str, baseline: Baseline, dataset: Dataset) -> bool:
    """Whether the column is a target whose change of task is reported already."""
    return name == baseline.target and baseline.task != dataset.spec.task


def _classes(baseline: Baseline, columns: tuple[ColumnReport, ...]) -> Iterator[Problem]:
    """A model that is trained without a class never answers it again."""
    for column in columns:
        if column.name == baseline.target and (gone := column.change.vanished):
            word = "class" if len(gone) == 1 else "classes"
            yield Problem(
                f"target {column.name!r}",
                f"no row of {word} {join_items([repr(name) for name in gone], NAMED)}",
                "rows of every class that the champion knows",
                f"Add rows of what is absent; {BY_HAND}",
            )


def _rows(baseline: Baseline, dataset: Dataset, settings: Drift) -> Iterator[Problem]:
    rows, fewest = len(dataset.frame), settings.min_rows * baseline.rows
    if rows < fewest:
        yield Problem(
            "rows",
            f"{rows:,}",
            f"at least {fewest:,.0f} ({settings.min_rows:.0%} of the champion's {baseline.rows:,})",
            "Look whether the file was cut off; min_rows in [drift] sets the limit",
        )


def _check_missing(columns: tuple[ColumnReport, ...], settings: Drift) -> Iterator[Problem]:
    for column in columns:
        before, after = column.missing
        if after - before > settings.max_missing:
            yield Problem(
                f"column {column.name!r}",
                f"no value in {after:.1%} of the rows",
                f"at most {settings.max_missing:.1%} more than the champion's {before:.1%}",
                "Look at where the column comes from; max_missing in [drift] sets the limit",
            )


def _share(columns: tuple[ColumnReport, ...], settings: Drift) -> Iterator[Problem]:
    drifted = [repr(column.name) for column in columns if column.drifted]
    if settings.max_drifted is None or len(drifted) <= settings.max_drifted * len(columns):
        return
    of = format_count(len(columns), "column")
    yield Problem(
        "drift",
        f"{len(drifted)} of {of} drifted ({join_items(drifted, NAMED)})",
        f"at most {settings.max_drifted:.0%}",
        f"Look at the report of the drift; {BY_HAND}, or raise max_drifted in [drift]",
    )


def _notes(
    baseline: Baseline, dataset: Dataset, columns: tuple[ColumnReport, ...]
) -> Iterator[str]:
    new = [repr(name) for name in dataset.features if name not in baseline.columns]
    if new:
        yield f"New columns, which the champion does not take: {join_items(new, NAMED)}."
    classes = [
        value
        for column in columns
        if column.name == baseline.target
        for value in map(repr, column.change.new)
    ]
    if classes:
        yield f"New classes of the target: {join_items(classes, NAMED)}."
    if baseline.sha256 == dataset.sha256:
        yield "The file is the one that the champion was trained on."
