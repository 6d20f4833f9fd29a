"""Writes the drift report as one HTML file, and as tables that MLflow shows."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd

from pipeline.drift.charts import format_bar_label, pair_bars
from pipeline.drift.drift_report import NAMED, ColumnReport, DriftReport
from pipeline.drift.numeric import KOLMOGOROV_SMIRNOV
from pipeline.rendering.html import render_template, write_page
from pipeline.rendering.tables import write_table
from pipeline.rendering.wording import (
    format_count,
    format_number,
    format_small,
    join_items,
    shorten,
)
from pipeline.report.result_tables import TextTable

HTML = Path("reports", "drift.html")
COLUMNS, PROBLEMS = Path("tables", "drift.json"), Path("tables", "drift_problems.json")
TEMPLATES = Path(__file__).with_name("templates")

DRAWN, AT_LEAST = 12, 4
"""Pictures: of the columns that drifted, and if these are fewer, of the next ones."""
FIELDS = (
    *("column", "kind", "drifted", "watched", "psi", "test", "statistic", "p_value"),
    *("missing_before", "missing_after", "new", "vanished"),
)
"""Columns of tables/drift.json."""
MOST_ROWS = 200
"""Columns in the page's table; tables/drift.json has all of them."""


def write_drift_report(folder: Path, report: DriftReport) -> Path:
    """Write the page and both tables into a folder, which may be new; returns the page's path.

    Raises:
        OSError: the folder cannot be written to.
    """
    (folder / COLUMNS).parent.mkdir(parents=True, exist_ok=True)
    write_table(folder / COLUMNS, tabulate_columns(report))
    write_table(folder / PROBLEMS, tabulate_problems(report))
    write_page(folder / HTML, render_drift_report(report).encode(errors="replace"))
    return folder / HTML


def render_drift_report(report: DriftReport) -> str:
    """The page, which needs nothing but itself."""
    moved = report.columns[: max(AT_LEAST, min(DRAWN, len(report.drifted)))]
    level, headline, said = _verdict(report)
    values = {
        "report": report,
        "name": report.file.name,
        "level": level,
        "headline": headline,
        "said": said,
        "tiles": _tiles(report),
        "psi": format_small(report.settings.psi),
        "watch": format_small(report.settings.watch),
        "p_value": format_small(report.settings.p_value),
        "columns": _table(report.columns[:MOST_ROWS]),
        "more": max(0, len(report.columns) - MOST_ROWS),
        "pictures": "Columns that drifted most" if report.drifted else "Columns that moved most",
        "drawn": [(column, pair_bars(column)) for column in moved],
    }
    return render_template(HTML.name, values, TEMPLATES)


def _verdict(report: DriftReport) -> tuple[str, str, str]:
    """CSS class, headline and sentence."""
    drift = f"{report.drift[:1].upper()}{report.drift[1:]}."
    if report.problems:
        return "fail", "Data refused", f"{format_count(len(report.problems), 'problem')}. {drift}"
    news = f": {'; '.join(report.news)}" if report.news else ""
    if report.drifted:
        return "none", f"Drift found, data accepted{news}", drift
    if news or any(column.watched for column in report.columns):
        return "none", f"Watch{news}", drift
    return "pass", "No drift", drift


def _tiles(report: DriftReport) -> list[tuple[str, str, str]]:
    before, after = report.rows
    found = [("rows", f"{after:,}", f"champion's: {before:,}")]
    if report.fresh < after:
        found.append(("new rows compared", f"{report.fresh:,}", "the champion has seen the others"))
    if report.columns:
        of = f"of {len(report.columns):,} compared"
        largest = report.columns[0]
        found.append(("columns drifted", f"{len(report.drifted):,}", of))
        found.append(("largest PSI", f"{largest.change.psi:.3f}", shorten(largest.name, 30)))
    return found


def _table(columns: Sequence[ColumnReport]) -> TextTable:
    head: tuple[str, ...] = ("column", "verdict", "PSI", "test", "p-value", "missing before", "now")
    rows = [_cells(column) for column in columns]
    named = [
        (_name_values(column.change.new), _name_values(column.change.vanished))
        for column in columns
    ]
    for place, title in enumerate(("new values", "vanished values")):
        if any(cells[place] for cells in named):
            head = (*head, title)
            rows = [(*row, cells[place]) for row, cells in zip(rows, named, strict=True)]
    marks = tuple("chosen" if column.drifted else "" for column in columns)
    return TextTable(head, tuple(rows), marks)


def _cells(column: ColumnReport) -> tuple[str, ...]:
    change = column.change
    sign = "D" if change.test == KOLMOGOROV_SMIRNOV else "χ²"
    return (
        shorten(column.name, 40),
        column.verdict,
        f"{change.psi:.3f}",
        f"{sign} {format_number(change.statistic)}",
        format_small(change.p_value),
        *(f"{share:.1%}" for share in column.missing),
    )


def _name_values(values: Sequence[str]) -> str:
    return join_items([format_bar_label(value) for value in values], NAMED)


def tabulate_columns(report: DriftReport) -> pd.DataFrame:
    """A row per column, by index from large to small."""
    rows = [
        {
            "column": column.name,
            "kind": column.kind,
            "drifted": column.drifted,
            "watched": column.watched,
            "psi": column.change.psi,
            "test": column.change.test,
            "statistic": column.change.statistic,
            "p_value": column.change.p_value,
            "missing_before": column.missing[0],
            "missing_after": column.missing[1],
            "new": _name_values(column.change.new),
            "vanished": _name_values(column.change.vanished),
        }
        for column in report.columns
    ]
    return pd.DataFrame(rows, columns=FIELDS)


def tabulate_problems(report: DriftReport) -> pd.DataFrame:
    """A row per problem; none if the data may be used."""
    rows = [(p.what, p.found, p.expected, p.hint) for p in report.problems]
    return pd.DataFrame(rows, columns=["what", "found", "expected", "hint"])
