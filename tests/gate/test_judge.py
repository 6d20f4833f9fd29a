"""The gate lets through what is at least as good as the model in use, and says why not."""

from __future__ import annotations

from pathlib import Path

import pytest
from sklearn.metrics import f1_score, mean_absolute_error, roc_auc_score

from pipeline.errors import DataError
from pipeline.gate.absolute_checks import MOVED
from pipeline.runtime.scorer import Scorer
from pipeline.tasks import CLASSIFICATION, REGRESSION
from tests.gate.models import (
    CLASSES,
    TARGET,
    by,
    classification,
    verdict,
    words,
)
from tests.gate.pairs import broken, metrics, pair

pytestmark = pytest.mark.usefixtures("few_resamples")


EVERY = [
    *((0, metric.id) for metric in REGRESSION.all_metrics),
    *((count, metric.id) for count in (2, 3) for metric in CLASSIFICATION.all_metrics),
]


@pytest.mark.parametrize(("count", "name"), EVERY)
def test_the_better_one_passes_and_the_worse_one_does_not(count: int, name: str) -> None:
    good, bad, holdout = pair(count, 1.0)
    better = verdict(good, bad, holdout, metrics(count, name))
    assert better.passed, better.text
    assert better.figures["gain_low"] > 0
    worse = verdict(bad, good, holdout, metrics(count, name))
    assert not worse.passed
    assert worse.figures["gain_high"] < 0
    assert "so it is worse" in worse.text
    assert better.figures["gain"] == -worse.figures["gain"]


@pytest.mark.parametrize(
    ("count", "name"), [(0, "mae"), (0, "r2"), (2, "acc"), (2, "auc"), (3, "f1"), (3, "auc")]
)
def test_an_identical_model_is_never_refused(count: int, name: str) -> None:
    good, _, holdout = pair(count, 1.0)
    found = verdict(good, good, holdout, metrics(count, name), max_churn=0.0, confidence=0.5)
    assert found.passed
    assert (found.figures["gain"], found.figures["churn"]) == (0, 0)
    unpaired = verdict(good, good, holdout.head(5), metrics(count, name), confidence=0.5)
    assert unpaired.passed
    assert unpaired.figures["gain"] == 0


def test_figures_are_those_of_scikit_learn_on_the_graphs_answers() -> None:
    good, bad, holdout = pair(0, 0.2)
    predicted = [Scorer(side.data).score_frame(holdout)["prediction_label"] for side in (good, bad)]
    found = verdict(good, bad, holdout, by("mae")).figures
    errors = [mean_absolute_error(holdout[TARGET], p) for p in predicted]
    assert (found["challenger"], found["champion"]) == pytest.approx(errors, rel=1e-12)
    assert found["gain"] == pytest.approx(errors[1] - errors[0], rel=1e-9)  # smaller is better
    moved = (predicted[0] - predicted[1]).abs() > MOVED * holdout[TARGET].std(ddof=0)
    assert found["churn"] == moved.mean() > 0


def test_figures_of_classes_are_those_of_scikit_learn() -> None:
    good, bad, holdout = pair(2, 0.4)
    answers = [Scorer(side.data).score_frame(holdout, raw_score=True) for side in (good, bad)]
    actual = holdout[TARGET] == CLASSES[1]
    aucs = [roc_auc_score(actual, a[f"prediction_score_{CLASSES[1]}"]) for a in answers]
    found = verdict(good, bad, holdout, metrics(2, "auc")).figures
    assert (found["challenger"], found["champion"]) == pytest.approx(aucs, rel=1e-12)
    labels = [a["prediction_label"] for a in answers]
    assert found["churn"] == (labels[0] != labels[1]).mean() > 0
    scores = [f1_score(actual, label == CLASSES[1]) for label in labels]
    found = verdict(good, bad, holdout, metrics(2, "f1")).figures
    assert (found["challenger"], found["champion"]) == pytest.approx(scores, rel=1e-12)


@pytest.mark.parametrize("how", ["no file", "half", "no numbers"])
def test_a_broken_challenger_is_refused(how: str, tmp_path: Path) -> None:
    good, bad, holdout = pair(0, 1.0)
    for champion in (bad, None):
        found = verdict(broken(good, how, tmp_path), champion, holdout)
        assert not found.passed
        assert "the challenger cannot be scored" in found.text


def test_a_class_in_the_holdout_alone_is_an_error() -> None:
    with pytest.raises(DataError, match="classes that the challenger was not trained on"):
        verdict(classification(words(2)), None, words(3).holdout, metrics(2, "acc"))
