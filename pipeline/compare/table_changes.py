"""Compares the tables that the two runs were trained on."""

from __future__ import annotations

from typing import Any

from pipeline.compare.metrics import have_same_holdout
from pipeline.compare.runs import ComparedRun
from pipeline.compare.section import PageTable, Section, Tile, make_page_table
from pipeline.data.column_types import column_kind
from pipeline.drift.psi import measure_shift
from pipeline.rendering.wording import format_count, join_items
from pipeline.report.holdout import FILE

Column = dict[str, Any]

NAMED = 8


def compare_data(a: ComparedRun, b: ComparedRun) -> Section:
    """Rows, columns, kinds and missing values of the whole tables; shifts of the holdouts."""
    columns = _columns(a, b)
    shifts = _shifts(a, b)
    sides = [{"rows": run.figures["rows"], "sha256": run.facts["data"]["sha256"]} for run in (a, b)]
    values = {"a": sides[0], "b": sides[1], "columns": columns, "shifts": shifts}
    said = (*_tables_said(a, b), *_columns_said(columns), *_shifts_said(a, b, shifts))
    tables = (*_tabulate_changes(columns, sides), *_tabulate_shifts(shifts))
    return Section("data", "Data", said, tables, values, _tiles(shifts))


def _columns(a: ComparedRun, b: ComparedRun) -> list[Column]:
    older, newer = ({c["name"]: c for c in run.figures["columns"]} for run in (a, b))
    found = []
    for name in dict.fromkeys([*newer, *older]):
        sides = {"a": older.get(name), "b": newer.get(name)}
        column: Column = {"name": name, "change": _change(older.get(name), newer.get(name))}
        for key in ("kind", "missing"):
            column[key] = {side: c and c[key] for side, c in sides.items()}
        found.append(column)
    return found


def _change(older: Column | None, newer: Column | None) -> str:
    if older is None:
        return "added"
    if newer is None:
        return "removed"
    return "" if older["kind"] == newer["kind"] else "another kind"


def _shifts(a: ComparedRun, b: ComparedRun) -> list[dict[str, Any]]:
    """Every column of both holdouts that is of one kind, the target first; by size."""
    older, newer = a.tables.get(FILE), b.tables.get(FILE)
    if older is None or newer is None:
        return []
    target = a.facts["target"]
    names = [target, *(name for name in b.features if name in a.features)]
    shared = [n for n in names if n == target or column_kind(older[n]) == column_kind(newer[n])]
    found = []
    for name in shared:
        sides = older[name], newer[name]
        if name == target and a.facts["labels"] is not None:
            sides = sides[0].astype(object), sides[1].astype(object)
        found.append({"name": name, **measure_shift(*sides, columns=len(shared))})
    return sorted(found, key=lambda row: -row["psi"])


def _tables_said(a: ComparedRun, b: ComparedRun) -> list[str]:
    rows = [f"{run.figures['rows']:,}" for run in (a, b)]
    if a.facts["data"]["sha256"] == b.facts["data"]["sha256"]:
        return [f"Both learned from the same file of {rows[0]} rows."]
    return [f"The files differ: A learned from {rows[0]} rows, B from {rows[1]}."]


def _columns_said(columns: list[Column]) -> list[str]:
    said = []
    for change, words in (
        ("added", "Only in B"),
        ("removed", "Only in A"),
        ("another kind", "Of another kind"),
    ):
        names = [repr(column["name"]) for column in columns if column["change"] == change]
        if names:
            said.append(f"{words}: {join_items(names, NAMED)}.")
    return said or ["The columns are the same, and of the same kinds."]


def _shifts_said(a: ComparedRun, b: ComparedRun, shifts: list[dict[str, Any]]) -> list[str]:
    if not shifts:
        return ["Without the holdout's rows in both runs, shifts cannot be measured."]
    if have_same_holdout(a, b):
        return ["The holdouts are the same rows: no column has shifted."]
    moved = [row for row in shifts if row["shift"] != "none"]
    if not moved:
        text = "No column has shifted beyond chance between the holdouts"
        return [f"{text} (PSI of at most {shifts[0]['psi']:.3f})."]
    named = [f"{row['name']!r} ({row['psi']:.3f}, {row['shift']})" for row in moved]
    of = format_count(len(shifts), "column")
    has = "has" if len(moved) == 1 else "have"
    return [
        f"{len(moved)} of {of} {has} shifted beyond chance, by PSI: {join_items(named, NAMED)}."
    ]


def _tabulate_changes(columns: list[Column], sides: list[dict[str, Any]]) -> list[PageTable]:
    """Columns that came, went, or have other kinds or shares of missing values."""
    rows = []
    for column in columns:
        shares = [
            _share(column["missing"][side], found["rows"])
            for side, found in zip("ab", sides, strict=True)
        ]
        if column["change"] or shares[0] != shares[1]:
            kinds = [column["kind"][side] or "" for side in "ab"]
            rows.append((column["name"], column["change"], *kinds, *shares))
    head = ("column", "change", "kind in A", "kind in B", "missing in A", "missing in B")
    return [make_page_table("Columns that have changed", head, rows, texts="text2")] if rows else []


def _share(missing: int | None, rows: int) -> str:
    return "" if missing is None else f"{missing / rows:.2%}"


def _tabulate_shifts(shifts: list[dict[str, Any]]) -> list[PageTable]:
    if not shifts or shifts[0]["psi"] == 0:
        return []
    rows = [
        (row["name"], f"{row['psi']:.4f}", f"{row['by_chance']:.4f}", row["shift"])
        for row in shifts
    ]
    marks = ["chosen" if row["shift"] != "none" else "" for row in shifts]
    head = ("column", "PSI", "by chance up to", "shift")
    return [make_page_table("Shifts between the holdouts", head, rows, marks=marks)]


def _tiles(shifts: list[dict[str, Any]]) -> tuple[Tile, ...]:
    if not shifts:
        return ()
    moved = sum(row["shift"] != "none" for row in shifts)
    return (("columns that shifted", f"{moved:,}", f"of {len(shifts):,}, beyond chance"),)
