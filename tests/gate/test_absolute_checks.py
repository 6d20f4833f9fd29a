"""What a challenger must show whatever the champion does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import r2_score

from pipeline.gate.absolute_checks import check_audit
from pipeline.gate.contender import Contender
from tests import small_models, tracked
from tests.gate.models import (
    TARGET,
    by,
    check,
    verdict,
)
from tests.gate.pairs import pair

pytestmark = pytest.mark.usefixtures("few_resamples")


def test_without_a_champion_only_the_challenger_is_checked() -> None:
    good, _, holdout = pair(0, 1.0)
    found = verdict(good, None, holdout)
    assert found.passed
    assert [c.name for c in found.checks] == ["parity", "minimum", "microseconds per row", "bytes"]
    assert set(found.figures) == {"challenger", "microseconds_per_row", "bytes"}
    assert found.text.startswith("passed: R2 ")


@pytest.mark.parametrize(
    ("name", "minimum", "passed"),
    [("r2", 0.5, True), ("r2", 0.999, False), ("mae", 0.1, False), ("mae", 5, True)],
)
def test_the_absolute_limit_knows_what_is_better(name: str, minimum: float, passed: bool) -> None:
    good, _, holdout = pair(0, 1.0)
    found = verdict(good, None, holdout, by(name), minimum=minimum)
    assert found.passed == passed
    assert check(found, "minimum").limit == minimum
    if not passed:
        word = "least" if name == "r2" else "most"
        assert f"expected at {word} {minimum:.4f}" in found.text


def test_a_small_holdout_is_replaced_by_pycarets_own_for_the_absolute_limit() -> None:
    good, _, holdout = pair(0, 1.0)
    kept = good.holdout
    assert kept is not None
    for few in (holdout.head(10), holdout.head(0)):
        found = check(verdict(good, None, few, minimum=0.5), "minimum")
        assert found.found == r2_score(kept[TARGET], kept["prediction_label"])
        assert "on 100 rows of PyCaret's own holdout" in found.text
    unknown = verdict(replace(good, holdout=None), None, holdout.head(10), minimum=0.5)
    assert "R2 cannot be computed of the challenger" in unknown.text
    assert not unknown.passed


@pytest.mark.parametrize(
    ("limit", "name", "text"),
    [
        ({"max_bytes": 100}, "bytes", "B, expected at most 100 B"),
        (
            {"max_microseconds_per_row": 1e-3},
            "microseconds per row",
            "for one row, expected at most 0.0 µs",
        ),
        ({"max_churn": 0.001}, "churn", "of the predictions change, expected at most 0.1%"),
    ],
)
def test_budgets_are_kept(limit: Any, name: str, text: str) -> None:
    good, bad, holdout = pair(0, 1.0)
    found = verdict(good, bad, holdout, **limit)
    assert not check(found, name).passed
    assert text in found.text
    assert check(verdict(good, bad, holdout), name).passed


def test_an_unproven_graph_is_refused() -> None:
    unproven = Contender(small_models.regression(verdict="fail"), None, None)
    frame = tracked.frame(40).assign(charges=np.arange(40.0))
    found = verdict(unproven, None, frame)
    assert not found.passed
    assert "parity with PyCaret: got the verdict 'fail'" in found.text


@pytest.mark.parametrize(
    ("level", "champion", "passed"),
    [("red", "clean", False), ("red", "", False), ("red", "red", True), ("amber", "", True)],
)
def test_a_score_that_is_probably_not_real_replaces_only_one_that_is_not_either(
    level: str, champion: str, passed: bool
) -> None:
    found = check_audit(level, f"{level}, look", champion)
    assert (found.passed, found.found, found.limit) == (passed, level, champion or None)
