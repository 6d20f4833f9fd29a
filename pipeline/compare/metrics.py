"""How good each run was on its own rows, how large and how fast it is."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from pipeline.compare.runs import Run
from pipeline.compare.section import Section, Shown, Tile, amount, difference, shown, signed
from pipeline.rendering.wording import size

Row = Mapping[str, Any]
MEASURED = ("mean", "holdout")


def metrics(a: Run, b: Run) -> Section:
    """Models, verdicts, metrics and cost side by side."""
    rows = compared(a, b)
    values = {"a": _described(a), "b": _described(b), "metrics": rows}
    tables = (_models(a, b), _table(rows))
    return Section("metrics", "Models", tuple(_said(a, b, rows)), tables, values, _tiles(rows))


def compared(a: Run, b: Run) -> list[dict[str, Any]]:
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
            row[key]["difference"] = difference(row[key]["a"], row[key]["b"])
            row[key]["verdict"] = verdict(row[key]["difference"], is_greater)
        rows.append(row)
    return rows


def verdict(change: float | None, greater_is_better: bool) -> str:
    """What a difference means; nothing where it is not known."""
    if change is None or math.isnan(change):
        return ""
    if change == 0:
        return "same"
    return "better" if (change > 0) == greater_is_better else "worse"


def same_holdout(a: Run, b: Run) -> bool:
    """Whether both were scored on the same rows: same values in the same order."""
    from pipeline.report.holdout import FILE

    older, newer = a.tables.get(FILE), b.tables.get(FILE)
    if older is None or newer is None or len(older) != len(newer):
        return False
    names = [*a.features, a.facts["target"]]
    return a.features == b.features and bool(older[names].equals(newer[names]))


def _said(a: Run, b: Run, rows: list[dict[str, Any]]) -> list[str]:
    said = [f"{r.letter} is {r.facts['model']['name']}, {r.facts['headline']}." for r in (a, b)]
    if not rows:
        return said
    first = rows[0]
    for key, where in (("mean", "in cross-validation"), ("holdout", "on the holdout")):
        found = first[key]
        if not found["verdict"]:
            continue
        change = f"{signed(found['difference'])}, {found['verdict']}"
        change = "the same" if found["verdict"] == "same" else change
        values = f"{amount(found['a'])} in A, {amount(found['b'])} in B"
        said.append(f"{first['name']} {where}: {values} ({change}).")
    if (note := _spread(first)) is not None:
        said.append(note)
    if not same_holdout(a, b):
        said.append("The holdouts are different rows, so part of their difference is chance.")
    return said


def _spread(row: Row) -> str | None:
    """A difference that is smaller than what the folds differ by says little."""
    change, spread = row["mean"]["difference"], row["spread"]["b"]
    if not change or spread is None or abs(change) > spread:
        return None
    folds = f"the spread of B's folds, {amount(spread)}"
    return f"The difference in cross-validation is within {folds}."


def _models(a: Run, b: Run) -> Shown:
    older, newer = _described(a), _described(b)
    rows = [(name, older[name], newer[name]) for name in older if older[name] or newer[name]]
    return shown("Side by side", ("", "A", "B"), rows, texts="text")


def _described(run: Run) -> dict[str, str]:
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
        "ONNX file": "none" if count is None else size(count),
        "time of one row": "" if speed is None else f"{speed:,.1f} µs",
    }


def _table(rows: list[dict[str, Any]]) -> Shown:
    head = ("metric", "A, folds", "B, folds", "difference", "", "A, holdout", "B, holdout")
    cells = [
        (
            row["name"],
            _with_spread(row, "a"),
            _with_spread(row, "b"),
            signed(row["mean"]["difference"]),
            row["mean"]["verdict"],
            amount(row["holdout"]["a"]),
            amount(row["holdout"]["b"]),
            signed(row["holdout"]["difference"]),
            row["holdout"]["verdict"],
        )
        for row in rows
    ]
    return shown("Metrics", (*head, "difference", ""), cells, marks=("chosen",) if rows else ())


def _with_spread(row: Row, side: str) -> str:
    mean, spread = row["mean"][side], row["spread"][side]
    return amount(mean) if spread is None else f"{amount(mean)} ± {amount(spread)}"


def _tiles(rows: list[dict[str, Any]]) -> tuple[Tile, ...]:
    found = []
    for row in rows[:1]:
        for key, where in (("mean", "cross-validation"), ("holdout", "holdout")):
            side = row[key]
            if side["verdict"]:
                values = f"{amount(side['a'])} → {amount(side['b'])}"
                beside = side["verdict"]
                if beside != "same":
                    beside = f"{signed(side['difference'])}, {beside}"
                found.append((f"{row['name']}, {where}", values, beside))
    return tuple(found)
