"""Tabulates metrics, leaderboard and parity as text."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.automl.candidate_cost import COLUMNS
from pipeline.rendering.wording import format_number, format_small
from pipeline.report.findings import list_failing_rows
from pipeline.track.description import find_winner
from pipeline.track.training_result import Converted, TrainingResult

MOST_PARITY_ROWS = 500
"""Rows of the parity table on the page; tables/parity.json has all of them."""
SHOWN_VALUES = 12
NOT_COMPARED = ("ties", "rounded_by_pycaret", "refused_by_pycaret")
"""Columns of the parity table that count rows which prove nothing, or are proven otherwise."""

KINDS: Mapping[str, str] = {
    "table": "a row of the table as it is",
    "missing": "no value",
    "minimum": "the table's smallest value",
    "maximum": "the table's largest value",
    "just outside": "a hundredth of the range beyond these",
    "zero": "0 and -0",
    "negative": "below zero",
    "whole as float": "a whole number written with a point",
    "fraction": "a number between others",
    "very large": "up to 1e30, and below -1e30",
    "very small": "next to zero",
    "tree threshold": "on a split of the model's trees and a hair beside it",
    "unseen": "a word that training never had",
    "case": "capitals for small letters and the reverse",
    "whitespace": "spaces and line ends around a word",
    "unicode": "other scripts, emoji, 5,000 letters",
    "known": "a value of the table in another row",
    "calendar edge": "leap days, 1677, 1969, 2262",
    "mixture": "two to four of all these in one row",
    "all missing": "no value in any column that may lack one",
}
"""What was done to a real row, by the kind's name in the parity table."""


@dataclass(frozen=True)
class TextTable:
    """Text in rows; `marks` are the CSS classes of the rows."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    marks: tuple[str, ...]


def tabulate_metrics(evidence: TrainingResult) -> TextTable:
    """One row per metric: mean and spread over the folds, the holdout, the look forward."""
    trained, chosen = evidence.trained, evidence.trained.metric.column
    best = find_winner(trained)
    means, spread = (best.metrics, best.spread) if best else ({}, {})
    names = sorted(dict.fromkeys([*means, *trained.holdout]), key=lambda name: name != chosen)
    head = ["metric", "cross-validation", "± spread", "holdout"]
    found = [means, spread, trained.holdout]
    if trained.forward is not None and trained.forward.metrics:
        head, found = [*head, "forward in time"], [*found, trained.forward.metrics]
    cells = tuple((name, *(_cell(values, name) for values in found)) for name in names)
    marks = tuple("chosen" if name == chosen else "" for name in names)
    return TextTable(tuple(head), cells, marks)


def tabulate_leaderboard(evidence: TrainingResult) -> TextTable:
    """PyCaret's leaderboard with the composed models, the failed ones last.

    The deciding metric comes first; the chosen model is marked, wherever it stands.
    """
    candidates, chosen = evidence.trained.candidates, evidence.trained.metric.column
    found = dict.fromkeys(name for c in candidates for name in c.metrics)
    names = sorted(found, key=lambda name: name != chosen)
    rows, marks = [], []
    for candidate in candidates:
        cells = [_cell(candidate.metrics, name) for name in names]
        if cells and math.isfinite(candidate.spread.get(chosen, math.nan)):
            cells[0] += f" ± {format_number(candidate.spread[chosen])}"
        if candidate.failed:
            cells = ["failed", *[""] * (len(names) - 1)]
        rows.append((candidate.id, candidate.name, *cells, f"{candidate.seconds:.1f}"))
        won = candidate.id == evidence.trained.model_id
        marks.append("chosen" if won else "failed" if candidate.failed else "")
    return TextTable(("id", "model", *names, "seconds"), tuple(rows), tuple(marks))


def tabulate_graphs(evidence: TrainingResult) -> TextTable:
    """The candidates that were tried as graphs: what each is as such."""
    tried = [(c, c.cost) for c in evidence.trained.candidates if c.cost is not None]
    chosen = evidence.trained.metric.column
    rows = tuple((c.id, c.name, _cell(c.metrics, chosen), *cost.texts) for c, cost in tried)
    marks = tuple("chosen" if c.id == evidence.trained.model_id else "" for c, _ in tried)
    return TextTable(("id", "model", chosen, *COLUMNS), rows, marks)


def tabulate_parity_by_kind(evidence: Converted) -> TextTable:
    """What was tried, summed over the columns."""
    kinds: dict[str, list[Mapping[str, Any]]] = {}
    for row in evidence.parity.table:
        kinds.setdefault(str(row["kind"]), []).append(row)
    found = _parity(("kind of row",), [((kind,), rows) for kind, rows in kinds.items()])
    rows = tuple((*cells, KINDS.get(cells[0], "")) for cells in found.rows)
    return TextTable((*found.head, "what was put in"), rows, found.marks)


def tabulate_parity_by_column(evidence: Converted) -> TextTable:
    """What was tried per column and kind of row, failures first, at most `MOST_PARITY_ROWS`."""
    bad = list_failing_rows(evidence)
    good = [row for row in evidence.parity.table if not row["failures"]]
    shown = [*bad, *good][:MOST_PARITY_ROWS]
    groups = [((str(row["column"]), str(row["kind"])), [row]) for row in shown]
    return _parity(("column", "kind of row"), groups)


def tabulate_worst_rows(evidence: Converted) -> TextTable:
    """The rows that are furthest apart, with both answers."""
    rows, marks = [], []
    for row in sorted(evidence.parity.worst, key=lambda row: not row["failed"]):
        error = format_small(float(row["error"]))
        changed = f"{row['column']}: {row['kind']}"
        rows.append((changed, error, row["pycaret"], row["onnx"], _values(row)))
        marks.append("failed" if row["failed"] else "")
    head = ("what was done", "error", "PyCaret", "ONNX", "the row")
    return TextTable(head, tuple(rows), tuple(marks))


def _parity(
    head: tuple[str, ...], groups: Iterable[tuple[tuple[str, ...], list[Mapping[str, Any]]]]
) -> TextTable:
    rows, marks = [], []
    for name, group in groups:
        total = {key: sum(row[key] for row in group) for key in ("rows", "failures", "flips")}
        excused = sum(row[key] for row in group for key in NOT_COMPARED if key in row)
        numbers = [total["rows"], total["failures"], total["flips"], excused]
        error, bound = (_largest(row[key] for row in group) for key in ("max_error", "bound"))
        counts = tuple(f"{value:,}" for value in numbers)
        rows.append((*name, counts[0], format_small(error), format_small(bound), *counts[1:]))
        marks.append("failed" if total["failures"] else "")
    columns = ("rows", "largest error", "allowed", "failures", "labels flipped", "not compared")
    return TextTable((*head, *columns), tuple(rows), tuple(marks))


def _largest(values: Iterable[float]) -> float:
    """Not a number where PyCaret refused every row."""
    known = [float(value) for value in values if not math.isnan(value)]
    return max(known, default=math.nan)


def _values(row: Mapping[str, Any]) -> str:
    """The row's values, the changed column first."""
    values = dict(row["row"])
    names = sorted(values, key=lambda name: name != row["column"])
    shown = ", ".join(f"{name} = {values[name]}" for name in names[:SHOWN_VALUES])
    rest = len(names) - SHOWN_VALUES
    return f"{shown} and {rest} more" if rest > 0 else shown


def _cell(values: Mapping[str, float], name: str) -> str:
    value = values.get(name)
    if value is None:
        return ""
    return format_number(value) if math.isfinite(value) else "-"
