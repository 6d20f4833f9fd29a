"""Answers beside the truth, whatever classes a model has."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pandas as pd
import pytest

from pipeline.gate.scored_rows import read_scored_rows
from pipeline.runtime.scorer import Scorer
from pipeline.tasks import CLASSIFICATION, TaskMetric
from tests.gate.models import (
    TARGET,
    by,
    check,
    classification,
    verdict,
    words,
)
from tests.gate.pairs import metrics

pytestmark = pytest.mark.usefixtures("few_resamples")


def test_a_class_that_the_champion_does_not_know_counts_as_answered_wrongly() -> None:
    now, before = words(3), words(2)
    ours, theirs = classification(now), classification(before)
    for name in ("acc", "auc", "f1"):
        found = verdict(ours, theirs, now.holdout, metrics(3, name))
        assert found.passed
        assert "only the challenger knows class 'mid'" in check(found, "classes").text
    accuracy = verdict(ours, theirs, now.holdout, metrics(3, "acc")).figures["champion"]
    said = Scorer(theirs.data).score_frame(now.holdout)["prediction_label"]
    assert accuracy == pytest.approx((said == now.holdout[TARGET]).mean(), rel=1e-12)


@pytest.mark.parametrize("metric", CLASSIFICATION.metrics, ids=lambda metric: metric.id)
def test_a_class_that_only_the_champion_knows_is_a_wrong_answer(metric: TaskMetric) -> None:
    name = metric.id
    before, now = words(3), words(2)
    ours, theirs = classification(now), classification(before, off=0.6)
    found = verdict(ours, theirs, now.holdout, metrics(2, name))
    assert found.passed
    assert check(found, "champion").text.startswith(f"{metric.column} ")
    assert "only the champion knows class 'mid'" in check(found, "classes").text
    if name == "acc":
        said = Scorer(theirs.data).score_frame(now.holdout)["prediction_label"]
        expected = (said == now.holdout[TARGET]).mean()
        assert found.figures["champion"] == pytest.approx(expected, rel=1e-12)


def test_whole_numbers_as_classes_are_compared_too() -> None:
    table = words(2)
    coded = [
        p.assign(**{TARGET: p[TARGET].map({"high": 7, "low": 12})})
        for p in (table.train, table.holdout)
    ]
    whole = type(table)(*coded)
    found = verdict(
        classification(whole), classification(whole, off=1.0), whole.holdout, by("f1", (7, 12))
    )
    words_found = verdict(
        classification(table), classification(table, off=1.0), table.holdout, metrics(2, "f1")
    )
    assert found.figures["gain"] == words_found.figures["gain"] > 0


@pytest.mark.parametrize(
    "table", [{"other": [1.0]}, {"y": ["x"], "prediction_label": [1.0]}, {"y": [1.0]}]
)
def test_kept_rows_of_another_table_are_not_known(table: dict[str, list[object]]) -> None:
    manifest: Any = SimpleNamespace(target="y", labels=None)
    assert read_scored_rows(pd.DataFrame(table), manifest) is None
    whole = read_scored_rows(pd.DataFrame({"y": [1.0], "prediction_label": [2.0]}), manifest)
    assert whole is not None and whole.actual.tolist() == [1.0]
