"""Figures of a run are those of its parts, and JSON can hold them."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.automl.candidate_cost import Cost
from pipeline.report.raw_figures import collect_figures, collect_metrics
from pipeline.track.training_result import Converted
from tests import tracked


def run(folder: Path, **changes: Any) -> Converted:
    found = tracked.evidence(folder)
    return replace(found, trained=replace(found.trained, **changes))


def test_the_deciding_metric_comes_first_with_mean_spread_and_holdout(tmp_path: Path) -> None:
    found = run(tmp_path)
    first, *rest = collect_metrics(found)
    (winner, *_) = found.trained.candidates
    assert first == {
        **{"name": "R2", "mean": winner.metrics["R2"], "spread": winner.spread["R2"]},
        **{"holdout": found.trained.holdout["R2"], "greater_is_better": True},
    }
    assert {m["name"]: m["greater_is_better"] for m in rest} == {"MAE": False, "MAPE": False}
    assert next(m for m in rest if m["name"] == "MAPE")["holdout"] is None


def test_what_could_not_be_computed_is_none_and_no_nan(tmp_path: Path) -> None:
    found = run(tmp_path, holdout={"MAE": math.nan, "Own": 3.0})
    figures = collect_figures(found)
    json.dumps(figures, allow_nan=False)
    by_name = {m["name"]: m for m in figures["metrics"]}
    assert by_name["MAE"]["holdout"] is None
    assert (by_name["Own"]["mean"], by_name["Own"]["holdout"]) == (None, 3.0)


def test_rows_columns_and_gaps_are_those_of_the_table(tmp_path: Path) -> None:
    found = run(tmp_path)
    frame, figures = found.dataset.frame, collect_figures(found)
    assert (figures["rows"], figures["bytes"]) == (len(frame), len(found.model.data))
    for column in figures["columns"]:
        assert column["missing"] == frame[column["name"]].isna().sum()
    assert [column["name"] for column in figures["columns"]] == [*found.dataset.features]


def test_a_cost_that_nobody_measured_is_none(tmp_path: Path) -> None:
    assert collect_figures(run(tmp_path))["microseconds_per_row"] is None
    first, *rest = tracked.candidates()
    cost = Cost(max_error=0.0, rows=9, microseconds_per_row=12.5, bytes=9)
    found = run(tmp_path, candidates=(replace(first, cost=cost), *rest))
    assert collect_figures(found)["microseconds_per_row"] == 12.5
