"""Which columns the two models lean on."""

from __future__ import annotations

import json
from dataclasses import replace

import pandas as pd
import pytest

from pipeline.compare.importance import FILE, compare_importance
from tests.compare.conftest import REMOVED, Pair


def test_importance_is_that_of_the_tables(numbers: Pair) -> None:
    tables = [
        pd.DataFrame(content["data"], columns=content["columns"]).set_index("column")
        for e in (numbers.a, numbers.b)
        for content in [json.loads((e.folder / "tables" / "importance.json").read_bytes())]
    ]
    rows = {row["name"]: row for row in numbers.compared()["importance"].values["columns"]}
    for name in tables[0].index:
        older, newer = (table.loc[name, "importance"] for table in tables)
        assert rows[name]["difference"] == pytest.approx(newer - older)
    assert rows[REMOVED]["a"] is None


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
