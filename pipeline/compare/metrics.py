"""Compares metrics, size and speed of the two runs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipeline.compare.runs import ComparedRun
from pipeline.compare.section import (
    PageTable,
    Section,
    Tile,
    format_amount,
    format_difference,
    make_page_table,
    subtract_known,
)
from pipeline.rendering.wording import format_size

Row = Mapping[str, Any]
MEASURED = ("mean", "holdout")


def compare_metrics(a: ComparedRun, b: ComparedRun) -> Section:
    """Models, verdicts, metrics and cost side by side."""
    rows = list_metric_changes(a, b)
    values = {"a": _describe_run(a), "b": _describe_run(b), "metrics": rows}
    tables = (_models(a, b), _table(rows))
    return Section(
        "metrics", "Models", tuple(_describe_changes(a, b, rows)), tables, values, _tiles(rows)
    )


def list_metric_changes(a: ComparedRun, b: ComparedRun) -> list[dict[str, Any]]:
    """One row per metric of either run, B's deciding metric first."""
    older, newer = ({m["name"]: m for m in run.figures["metrics"]} for run in (a, b))
    rows = []
    for name in dict.fromkeys([*newer, *older]):
        sides = older.get(name, {}), newer.get(name, {})
        is_greater = (sides[1] or sides[0])["greater_is_better"]
        row: dict[str, Any] = {"name": name, "greater_is_better": is_greater}
        for key in ("mean", "spread", "holdout"):
            row[key] = {"a": sides[0].get(key), "b": sides[1].get(key)}
        for key in MEASURED:
            row[key]["difference"] = subtract_known(row[key]["a"], row[key]["b"])
            row[key]["verdict"] = judge_change(row[key]["difference"], is_greater)
        rows.append(row)
    return rows


def judge_change(change: float | None, greater_is_better: bool) -> str:
    """What a difference means; nothing where it is not known."""
    if change is None or math.isnan(change):
        return ""
    if change == 0:
        return "same"
    return "better" if (change > 0) == greater_is_better else "worse"


def have_same_holdout(a: ComparedRun, b: ComparedRun) -> bool:
    """Whether both were scored on the same rows: same values in the same order."""
    from pipeline.report.holdout import FILE

    older, newer = a.tables.get(FILE), b.tables.get(FILE)
    if older is None or newer is None or len(older) != len(newer):
        return False
    names = [*a.features, a.facts["target"]]
    return a.features == b.features and bool(older[names].equals(newer[names]))


def _describe_changes(a: ComparedRun, b: ComparedRun, rows: list[dict[str, Any]]) -> list[str]:
    said = [f"{r.letter} is {r.facts['model']['name']}, {r.facts['headline']}." for r in (a, b)]
    if not rows:
        return said
    first = rows[0]
    for key, where in (("mean", "in cross-validation"), ("holdout", "on the holdout")):
        found = first[key]
        if not found["verdict"]:
            continue
        change = f"{format_difference(found['difference'])}, {found['verdict']}"
        change = "the same" if found["verdict"] == "same" else change
        values = f"{format_amount(found['a'])} in A, {format_amount(found['b'])} in B"
        said.append(f"{first['name']} {where}: {values} ({change}).")
    if (note := _spread(first)) is not None:
        said.append(note)
    if not have_same_holdout(a, b):
        said.append("The holdouts are different rows, so part of their difference is chance.")
    return said


def _spread(row: Row) -> str | None:
    """A difference that is smaller than what the folds differ by says little."""
    change, spread = row["mean"]["difference"], row["spread"]["b"]
    if not change or spread is None or abs(change) > spread:
        return None
    folds = f"the spread of B's folds, {format_amount(spread)}"
    return f"The difference in cross-validation is within {folds}."


def _models(a: ComparedRun, b: ComparedRun) -> PageTable:
    older, newer = _describe_run(a), _describe_run(b)
    rows = [(name, older[name], newer[name]) for name in older if older[name] or newer[name]]
    return make_page_table("Side by side", ("", "A", "B"), rows, texts="text")


def _describe_run(run: ComparedRun) -> dict[str, str]:
    facts, figures = run.facts, run.figures
    speed, count = figures["microseconds_per_row"], figures["bytes"]
    return {
        "run": run.id,
        "given as": run.address,
        "model": f"{facts['model']['name']} ({facts['model']['id']})",
        "verdict": facts["headline"],
        "chosen by": str(facts["decisive"]),
        "folds": str(facts["folds"]),
        "seed": str(facts["model"]["seed"]),
        "rows": f"{figures['rows']:,}",
        "columns": f"{len(figures['columns']):,}",
        "ONNX file": "none" if count is None else format_size(count),
        "time of one row": "" if speed is None else f"{speed:,.1f} µs",
    }


def _table(rows: list[dict[str, Any]]) -> PageTable:
    head = ("metric", "A, folds", "B, folds", "difference", "", "A, holdout", "B, holdout")
    cells = [
        (
            row["name"],
            _with_spread(row, "a"),
            _with_spread(row, "b"),
            format_difference(row["mean"]["difference"]),
            row["mean"]["verdict"],
            format_amount(row["holdout"]["a"]),
            format_amount(row["holdout"]["b"]),
            format_difference(row["holdout"]["difference"]),
            row["holdout"]["verdict"],
        )
        for row in rows
    ]
    return make_page_table(
        "Metrics", (*head, "difference", ""), cells, marks=("chosen",) if rows else ()
    )


def _with_spread(row: Row, side: str) -> str:
    mean, spread = row["mean"][side], row["spread"][side]
    return (
        format_amount(mean)
        if spread is None
        else f"{format_amount(mean)} ± {format_amount(spread)}"
    )


def _tiles(rows: list[dict[str, Any]]) -> tuple[Tile, ...]:
    found = []
    for row in rows[:1]:
        for key, where in (("mean", "cross-validation"), ("holdout", "holdout")):
            side = row[key]
            if side["verdict"]:
                values = f"{format_amount(side['a'])} → {format_amount(side['b'])}"
                beside = side["verdict"]
                if beside != "same":
                    beside = f"{format_difference(side['difference'])}, {beside}"
                found.append((f"{row['name']}, {where}", values, beside))
    return tuple(found)
