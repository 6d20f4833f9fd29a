"""What has changed in the tables."""

from __future__ import annotations

import math

import pandas as pd

from pipeline.compare.table_changes import compare_data
from pipeline.drift.psi import count_bins
from pipeline.drift.statistics import population_stability_index
from tests.compare.conftest import Pair
from tests.compare.edited import with_figures


def test_missing_values_and_kinds_are_those_of_the_whole_tables(classes: Pair) -> None:
    frame = classes.a.dataset.frame
    for column in classes.compared()["data"].values["columns"]:
        assert column["missing"]["a"] == frame[column["name"]].isna().sum()
        assert column["kind"]["a"] == column["kind"]["b"]


def test_shifts_are_those_of_the_holdouts(numbers: Pair) -> None:
    holdouts = [
        pd.read_parquet(e.folder / "tables" / "holdout.parquet") for e in (numbers.a, numbers.b)
    ]
    found = {row["name"]: row for row in numbers.compared()["data"].values["shifts"]}
    assert set(found) == {*numbers.a.dataset.features, "charges"}
    for name, row in found.items():
        expected = population_stability_index(*count_bins(holdouts[0][name], holdouts[1][name]))
        assert math.isclose(row["psi"], expected)
    assert found["age"]["shift"] == "large"  # A knew nobody below 31
    assert found["sex"]["shift"] == "none"


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
