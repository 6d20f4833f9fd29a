"""Metrics of two runs side by side."""

from __future__ import annotations

import math

import pytest

from pipeline.compare.metrics import judge_change
from tests.compare.conftest import Pair


def test_metrics_are_those_of_the_trainings(numbers: Pair) -> None:
    found = {m["name"]: m for m in numbers.compared()["metrics"].values["metrics"]}
    older, newer = (
        next(c for c in e.trained.candidates if c.id == e.trained.model_id)
        for e in (numbers.a, numbers.b)
    )
    assert set(found) == {*newer.metrics}
    for name, row in found.items():
        change = newer.metrics[name] - older.metrics[name]
        is_better = (change > 0) == (name == "R2")
        assert row["mean"]["difference"] == pytest.approx(change)
        assert row["mean"]["verdict"] == ("better" if is_better else "worse")
        assert row["spread"]["a"] == pytest.approx(older.spread[name])
        held = [e.trained.holdout[name] for e in (numbers.a, numbers.b)]
        assert row["holdout"]["difference"] == pytest.approx(held[1] - held[0])
    assert next(iter(found)) == "R2"


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
