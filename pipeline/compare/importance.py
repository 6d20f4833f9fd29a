"""Compares the feature importance of the two models."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.compare.runs import ComparedRun
from pipeline.compare.section import (
    Section,
    format_amount,
    format_difference,
    make_page_table,
    subtract_known,
)
from pipeline.rendering.wording import join_items
from pipeline.report.importance import FILE

NAMED = 3


def compare_importance(a: ComparedRun, b: ComparedRun) -> Section:
    """Every column's importance in both and its difference; left out where a run has none."""
    lacking = [run.letter for run in (a, b) if not _has(run)]
    if lacking:
        text = f"{' and '.join(lacking)} kept no importance of columns, so it is not compared."
        return Section("importance", "What the models look at", (text,))
    sides = [_rank_importance(run.tables[FILE]) for run in (a, b)]
    rows = _rows(*sides)
    metrics = [str(run.tables[FILE]["metric"].iloc[0]) for run in (a, b)]
    comparable = metrics[0] == metrics[1]
    said = [_first(sides), *(_describe_moves(rows, metrics[1]) if comparable else _other(metrics))]
    head = ("column", "A", "place", "B", "place", "difference")
    cells = [_cells(row, comparable) for row in rows]
    marks = ["chosen" if comparable and row["beyond_spread"] else "" for row in rows]
    table = make_page_table("Importance of the columns", head, cells, marks=marks)
    values = {"metrics": metrics, "columns": rows}
    return Section("importance", "What the models look at", tuple(said), (table,), values)


def _has(run: ComparedRun) -> bool:
    table = run.tables.get(FILE)
    return table is not None and len(table) > 0


def _rank_importance(table: pd.DataFrame) -> dict[str, dict[str, float]]:
    """Importance, spread and place of each column, the most important first."""
    ranked = table.sort_values("importance", ascending=False, kind="stable")
    return {
        str(row["column"]): {
            "importance": float(row["importance"]),
            "spread": float(row["spread"]),
            "place": place,
        }
        for place, row in enumerate(ranked.to_dict("records"), start=1)
    }


def _rows(older: Mapping[str, Any], newer: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = []
    for name in dict.fromkeys([*newer, *older]):
        sides = {"a": older.get(name), "b": newer.get(name)}
        values = [side and side["importance"] for side in sides.values()]
        change = subtract_known(*values)
        spread = math.hypot(*(side["spread"] for side in sides.values() if side))
        beyond = change is not None and abs(change) > 2 * spread and change != 0
        rows.append({"name": name, **sides, "difference": change, "beyond_spread": beyond})
    return rows


def _describe_moves(rows: list[dict[str, Any]], metric: str) -> list[str]:
    moved = [row for row in rows if row["beyond_spread"]]
    if not moved:
        return ["No column's importance has changed by more than twice its spread."]
    moved.sort(key=lambda row: -abs(row["difference"]))
    named = [f"{row['name']!r} {format_difference(row['difference'])}" for row in moved]
    return [f"Changed by more than twice the spread, in {metric}: {join_items(named, NAMED)}."]


def _first(sides: list[dict[str, dict[str, float]]]) -> str:
    older, newer = (next(iter(side)) for side in sides)
    if older == newer:
        return f"{newer!r} matters most in both."
    return f"{older!r} matters most in A, {newer!r} in B."


def _other(metrics: list[str]) -> list[str]:
    words = f"{metrics[0]} in A, {metrics[1]} in B"
    return [f"It is measured by {words}: only the places can be compared."]


def _cells(row: Mapping[str, Any], comparable: bool) -> tuple[str, ...]:
    found = []
    for side in (row["a"], row["b"]):
        if side is None:
            found += ["", ""]
        else:
            mean = f"{format_amount(side['importance'])} ± {format_amount(side['spread'])}"
            found += [mean, str(side["place"])]
    return (row["name"], *found, format_difference(row["difference"]) if comparable else "")
