"""The members of an ensemble: who they are, and which cannot be combined."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from pipeline.automl import ensemble_members as stage
from pipeline.errors import ConfigError
from pipeline.tasks import CLASSIFICATION
from tests.automl.benches import Bench, bench


@pytest.fixture(scope="module")
def juice() -> Iterator[Bench]:
    with bench("juice", "acc", ["ridge", "knn", "dt"]) as made:
        yield made


@pytest.mark.parametrize(
    ("winner", "steps", "says"),
    [
        ("knn", {"ensemble": {"method": "Boosting"}}, "got Boosting over knn, which won"),
        ("ridge", {"ensemble": {"method": "Boosting"}}, "got Boosting over ridge, which won"),
        ("ridge", {"threshold": {}}, "[threshold] model: got ridge, which won"),
        ("dt", {"blend": {"method": "soft"}}, "'soft' with ridge"),
        ("dt", {"blend": {}, "calibrate": {}}, "[calibrate] model: got a blend that counts votes"),
        ("dt", {"blend": {}, "threshold": {}}, "[threshold] model: got a blend that counts votes"),
        ("dt", {"blend": {"top": 9}}, "[blend] top: got 9, expected at most 3"),
        ("dt", {"stack": {"method": "decision_function"}}, "'decision_function' with dt, knn"),
    ],
)
def test_what_the_leaderboard_makes_impossible_is_refused_before_the_first_step(
    juice: Bench, monkeypatch: pytest.MonkeyPatch, winner: str, steps: Any, says: str
) -> None:
    board = juice.found.leaderboard
    ranked = board.loc[[winner, *(i for i in ("ridge", "dt", "knn") if i != winner)]]
    monkeypatch.setattr(
        juice.experiment, "tune_model", lambda *_, **__: pytest.fail("a step was taken")
    )
    with pytest.raises(ConfigError) as caught:
        replace(juice, found=replace(juice.found, leaderboard=ranked)).composed(tune={}, **steps)
    assert says in str(caught.value)
    assert caught.value.hint


def test_a_tuned_model_that_is_no_member_is_said_to_be_unused(
    juice: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    tuned = stage.SearchModel("tune(dt)", "Tuned Decision Tree", None, "dt")
    with caplog.at_level(logging.WARNING):
        models = {"models": ["nb", "ridge"]}
        made_of = stage.pick_members(juice.experiment, juice.found, "blend", models, tuned)
    assert [model.id for model in made_of] == ["nb", "ridge"]
    assert "tune(dt) is not among them" in caplog.text


def test_the_lists_of_classifiers_that_lack_something_are_pycarets(juice: Bench) -> None:
    from sklearn.utils.validation import has_fit_parameter

    experiment = juice.experiment
    ids = experiment.models().index
    models = {i: stage.pick_model(experiment, juice.found, i).estimator for i in ids}
    silent = [i for i, model in models.items() if not hasattr(model, "predict_proba")]
    unweighted = [i for i, m in models.items() if not has_fit_parameter(m, "sample_weight")]
    assert set(silent) == set(CLASSIFICATION.without_probabilities)
    assert set(unweighted) == set(CLASSIFICATION.without_weights)
