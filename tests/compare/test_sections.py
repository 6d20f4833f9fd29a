"""What single sections say of runs that differ in one thing only."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.compare.importance import FILE, compare_importance
from pipeline.compare.metrics import judge_change
from pipeline.compare.page import render_comparison, render_comparison_json
from pipeline.compare.predictions import compare_predictions
from pipeline.compare.runs import ComparedRun, open_run_of_comparison
from pipeline.compare.section import MOST_ROWS, Section, make_page_table
from pipeline.compare.settings import compare_settings, find_differing_settings
from pipeline.compare.table_changes import compare_data
from pipeline.errors import UsageError
from tests.compare.conftest import Pair
from tests.report.page import Page


def with_figures(run: ComparedRun, **figures: object) -> ComparedRun:
    return replace(run, facts={**run.facts, "figures": {**run.figures, **figures}})


def test_better_depends_on_the_metric_s_direction() -> None:
    assert [judge_change(change, True) for change in (0.1, -0.1, 0.0)] == [
        "better",
        "worse",
        "same",
    ]
    assert [judge_change(change, False) for change in (0.1, -0.1, 0.0)] == [
        "worse",
        "better",
        "same",
    ]
    assert [judge_change(change, True) for change in (None, math.nan)] == ["", ""]


def test_settings_that_are_there_in_one_run_only_differ() -> None:
    assert find_differing_settings({"a": 1, "b": 2}, {"b": 2, "c": [3]}) == [
        {"name": "c", "a": None, "b": [3]},
        {"name": "a", "a": 1, "b": None},
    ]


def test_settings_are_named_however_deep_they_lie(numbers: Pair) -> None:
    a, _ = numbers.runs
    other = replace(a, settings={**a.settings, "setup": {"x": {"class": "sklearn.X"}}})
    found = compare_settings(a, other)
    assert found.values["settings"] == [{"name": "setup.x.class", "a": None, "b": "sklearn.X"}]
    assert found.said[0] == "1 setting changed: setup.x.class: not set → sklearn.X."


def test_another_version_of_a_package_is_named(numbers: Pair) -> None:
    a, _ = numbers.runs
    versions = {**a.facts["versions"], "numpy": "0.1"}
    found = compare_settings(a, replace(a, facts={**a.facts, "versions": versions}))
    assert [row["name"] for row in found.values["versions"]] == ["numpy"]
    assert f"numpy: {a.facts['versions']['numpy']} → 0.1" in found.said[1]


def test_another_kind_and_another_share_of_missing_values_are_named(numbers: Pair) -> None:
    a, _ = numbers.runs
    columns = [dict(column) for column in a.figures["columns"]]
    columns[0]["kind"], columns[1]["missing"] = "text", 10
    found = compare_data(a, with_figures(a, columns=columns))
    assert f"Of another kind: {columns[0]['name']!r}." in found.said
    changed = found.tables[0].content.rows
    assert [row[:4] for row in changed] == [
        (columns[0]["name"], "another kind", "number", "text"),
        (columns[1]["name"], "", "text", "text"),
    ]
    assert changed[1][5] == f"{10 / a.figures['rows']:.2%}"


def test_a_column_of_another_kind_stops_the_predictions_only(numbers: Pair) -> None:
    a, b = numbers.runs
    rows = b.tables["holdout.parquet"].assign(smoker=True)
    found = compare_predictions(a, replace(b, tables={**b.tables, "holdout.parquet": rows}))
    assert "A cannot score the rows" in found.said[0]
    assert "'smoker'" in found.said[0]


def test_importance_in_different_metrics_is_compared_by_place(numbers: Pair) -> None:
    a, b = numbers.runs
    other = b.tables[FILE].assign(metric="MAE")
    found = compare_importance(a, replace(b, tables={**b.tables, FILE: other}))
    assert "only the places can be compared" in found.said[1]
    assert all(row[-1] == "" for row in found.tables[0].content.rows)


def test_a_run_without_importance_is_left_out(numbers: Pair) -> None:
    a, b = numbers.runs
    for table in ({}, {FILE: a.tables[FILE].head(0)}):
        rest = {name: kept for name, kept in a.tables.items() if name != FILE}
        found = compare_importance(replace(a, tables={**rest, **table}), b)
        assert found.said == ("A kept no importance of columns, so it is not compared.",)


def test_a_run_of_an_earlier_version_is_refused(numbers: Pair, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    shutil.copytree(numbers.a.folder, folder)
    facts = json.loads((folder / "config" / "report.json").read_text(encoding="utf-8"))
    del facts["figures"]
    (folder / "config" / "report.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(UsageError, match="earlier version"):
        open_run_of_comparison("A", str(folder), tmp_path / "fetched")


def test_long_tables_are_cut_off_on_the_page_and_say_so(numbers: Pair) -> None:
    a, b = numbers.runs
    table = make_page_table("Many", ("name",), [(f"row {k}",) for k in range(MOST_ROWS + 7)])
    page = Page(render_comparison(a, b, [Section("many", "Many", (), (table,))]))
    assert f"row {MOST_ROWS - 1}" in page.said
    assert f"row {MOST_ROWS}" not in page.said
    assert "and 7 more in compare.json" in page.said


def test_what_json_cannot_write_is_null(numbers: Pair) -> None:
    section = Section("odd", "Odd", (), values={"numbers": [math.nan, math.inf, 1.5]})
    assert json.loads(render_comparison_json(*numbers.runs, [section]))["odd"]["numbers"] == [
        None,
        None,
        1.5,
    ]
