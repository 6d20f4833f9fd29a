"""Composed models: PyCaret's own functions, in one order, each with its line of the leaderboard."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import pandas as pd
import pytest

from pipeline.automl import compare
from pipeline.automl.deadline import Deadline
from pipeline.automl.experiment import Candidate, SearchResult, run_experiment
from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.automl.setup import set_up
from pipeline.errors import ConfigError
from pipeline.system.progress import Silent
from tests.automl.benches import Bench, bench, config, small


@cache
def classification() -> SearchResult:
    steps = {
        "ensemble": {"method": "Boosting", "n_estimators": 3},
        "calibrate": {"calibrate_fold": 2},
        "threshold": {"probability_threshold": 0.3},
    }
    return run_experiment(small("juice"), config(("nb",), **steps))


@pytest.fixture(scope="module")
def insurance() -> Iterator[Bench]:
    with bench("insurance", "r2", ["lr", "knn"]) as made:
        yield made


def candidate(trained: SearchResult) -> Candidate:
    return next(c for c in trained.candidates if c.id == trained.model_id)


def chain(estimator: Any, *inside: str) -> list[str]:
    """Class names from a composed estimator inwards."""
    found = [type(estimator).__name__]
    for attribute in inside:
        estimator = getattr(estimator, attribute)
        found.append(type(estimator).__name__)
    return found


def test_steps_are_taken_in_order_and_each_has_a_line_of_the_leaderboard(insurance: Bench) -> None:
    made = insurance.composed(
        tune={"n_iter": 1, "choose_better": False, "return_train_score": True},
        ensemble={"n_estimators": 2},
        blend={"top": 2},
        stack={"models": ["dt"], "meta": "ridge", "meta_model_fold": 2},
    )
    blend = "blend(bagging(tune(lr))+knn)"
    steps = ["tune(lr)", "bagging(tune(lr))", blend, f"stack({blend}+dt)"]
    assert set(made.found.leaderboard.index) == {"lr", "knn", *steps}
    assert made.model.id == steps[-1]
    assert made.model.name == (
        "Stack of Blend of Bagging of Tuned Linear Regression and K Neighbors Regressor "
        "and Decision Tree Regressor"
    )
    stack = made.model.estimator
    assert chain(stack, "final_estimator") == ["StackingRegressor", "Ridge"]
    blended = stack.estimators[0][1]
    assert chain(blended) == ["VotingRegressor"]
    assert chain(blended.estimators[0][1]) == ["BaggingRegressor"]


def test_the_leaderboard_is_sorted_and_the_candidates_say_the_same() -> None:
    trained = classification()
    board = trained.leaderboard
    assert list(board["Accuracy"]) == sorted(board["Accuracy"], reverse=True)
    assert [found.id for found in trained.candidates] == list(board.index)
    for found in trained.candidates:
        row = board.loc[found.id].drop(["Model", "TT (Sec)"])
        assert dict(found.metrics) == row.to_dict()
        assert found.name == board.loc[found.id, "Model"]
        assert found.spread.keys() == found.metrics.keys()
    assert not board.isna().any(axis=None)


def test_boosting_calibration_and_threshold_wrap_one_another() -> None:
    trained = classification()
    assert trained.model_id == "threshold(calibrate(boosting(nb)))"
    assert trained.model_name == "Own threshold for Calibrated Boosting of Naive Bayes"
    final = trained.pipeline.steps[-1][1]
    assert final.probability_threshold == 0.3
    wrapped = chain(final.classifier, "estimator", "estimator")
    assert wrapped == ["CalibratedClassifierCV", "AdaBoostClassifier", "GaussianNB"]
    assert candidate(trained).params["probability_threshold"] == "0.3"


def test_the_model_and_its_figures_are_those_of_pycaret_by_hand() -> None:
    table = small("juice")
    ours = run_experiment(table, config(("lr", "nb", "dt"), blend={"top": 2, "weights": [1, 2]}))
    with isolate_pycaret() as caches:
        experiment = set_up(table, config(("lr",)), caches)
        best = experiment.compare_models(include=["lr", "nb", "dt"], n_select=2, verbose=False)
        blend = experiment.blend_models(best, weights=[1, 2], verbose=False)
        scores = experiment.pull().loc["Mean"]
        experiment.predict_model(blend, verbose=False)
        holdout = experiment.pull().drop(columns="Model").iloc[0]
        final = experiment.finalize_model(blend)
        rows = table.frame.drop(columns=table.spec.target)
        theirs = experiment.predict_model(final, rows, raw_score=True, round=17, verbose=False)
    assert dict(candidate(ours).metrics) == scores.to_dict()
    assert dict(ours.holdout) == holdout.to_dict()
    mine = ours.experiment.predict_model(
        ours.pipeline, rows, raw_score=True, round=17, verbose=False
    )
    pd.testing.assert_frame_equal(mine, theirs, check_exact=True)


@pytest.mark.long
def test_the_same_settings_give_the_same_composed_model() -> None:
    steps = {"ensemble": {"n_estimators": 2}, "stack": {"top": 2}}
    boards, answers = [], []
    for _ in range(2):
        with bench("insurance", "r2", ["lr", "knn"]) as fresh:
            made = fresh.composed(**steps)
            boards.append(made.found.leaderboard.drop(columns="TT (Sec)"))
            answers.append(made.model.estimator.predict(fresh.experiment.X_test_transformed))
    pd.testing.assert_frame_equal(*boards, check_exact=True)
    assert (answers[0] == answers[1]).all()


def test_choose_better_keeps_a_member_and_still_shows_what_was_made(insurance: Bench) -> None:
    made = insurance.composed(blend={"models": ["lr", "dummy"], "choose_better": True})
    board = made.found.leaderboard
    assert made.model.id == "lr"
    assert chain(made.model.estimator) == ["LinearRegression"]
    assert board.index[0] == "lr"
    assert set(board.index) == {"lr", "knn", "blend(lr+dummy)"}


def test_a_composed_model_is_kept_as_asked_for_but_not_without_a_word(
    insurance: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    made = insurance.composed(blend={"models": ["lr", "dummy"]})
    assert made.model.id == "blend(lr+dummy)"
    assert made.found.leaderboard.index[0] == "lr"
    assert "blend(lr+dummy): R2" in caplog.text
    assert "lr alone" in caplog.text


def test_a_member_that_was_not_compared_gets_its_line_when_it_is_kept(insurance: Bench) -> None:
    made = insurance.composed(blend={"models": ["dummy", "ridge"], "choose_better": True})
    assert made.model.id == "ridge"
    assert set(made.found.leaderboard.index) == {"lr", "knn", "ridge", "blend(dummy+ridge)"}


def test_a_member_that_lost_its_tuning_stands_in_its_own_place(insurance: Bench) -> None:
    tune = {"n_iter": 1, "custom_grid": {"fit_intercept": [True]}}  # as good as before
    made = insurance.composed(tune=tune, stack={"models": ["knn", "lr"]})
    assert made.model.id == "stack(knn+lr)"
    assert "tune(lr)" in made.found.leaderboard.index


def test_the_search_for_a_threshold_is_pycarets_own_and_shows_no_plot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("plotly.io.show", lambda *_, **__: pytest.fail("a plot was shown"))
    search = {"optimize": "F1", "n": 2, "options": {"maxiter": 1}}
    settings = config(("nb",), threshold=search)
    table = small("juice")
    ours = run_experiment(table, settings)
    assert settings.threshold == {"optimize": "F1", "n": 2, "options": {"maxiter": 1}}
    monkeypatch.setattr("plotly.io.show", lambda *_, **__: None)
    with isolate_pycaret() as caches:
        experiment = set_up(table, config(("nb",)), caches)
        model = experiment.create_model("nb", verbose=False)
        theirs = experiment.optimize_threshold(model, verbose=False, **search)
    assert ours.model_id == "threshold(nb)"
    final = ours.pipeline.steps[-1][1]
    assert final.probability_threshold == theirs.probability_threshold
    assert len(ours.experiment._master_model_container) == 1  # not every threshold's model


class Watcher(Silent):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []

    def stage(self, name: str, detail: str = "") -> None:
        self.told.append((name, detail))

    def model_finished(self, model_id: str, metrics: Mapping[str, float], seconds: float) -> None:
        assert metrics
        self.told.append(("finished", model_id))


def test_progress_says_which_step_runs_and_a_failing_one_says_what_to_do(
    insurance: Bench,
) -> None:
    watcher = Watcher()
    with pytest.raises(ConfigError) as caught:
        insurance.composed(
            watcher, ensemble={"n_estimators": 2}, blend={"top": 2, "groups": "nowhere"}
        )
    assert watcher.told == [
        ("compose", "bagging(lr)"),
        ("finished", "bagging(lr)"),
        ("compose", "blend(bagging(lr)+knn)"),
    ]
    text = str(caught.value)
    assert text.startswith("[blend]: PyCaret's blend_models fails: Column nowhere")
    assert "leave [blend] out" in text


def test_three_classes_have_no_threshold() -> None:
    with pytest.raises(ConfigError, match="got a target with 3 classes, expected two"):
        run_experiment(small("penguins"), config(("lr",), threshold={}))
    spec = small("juice").spec.model_copy(update={"metric": "AUC"})
    with pytest.raises(ConfigError, match="expected a metric that depends on it"):
        run_experiment(replace(small("juice"), spec=spec), config(("nb",), threshold={}))


class Expiring(Deadline):
    """A budget that is used up after so many looks at the clock."""

    def after(self, looks: int) -> Expiring:
        object.__setattr__(self, "looks", looks)
        return self

    def search_remaining(self) -> float:
        object.__setattr__(self, "looks", self.looks - 1)  # type: ignore[attr-defined]
        return float(self.looks >= 0)  # type: ignore[attr-defined]


@pytest.mark.long
def test_steps_after_the_deadline_are_left_out_aloud(
    insurance: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    steps: dict[str, Any] = {"tune": {"n_iter": 2}, "ensemble": {"n_estimators": 2}, "blend": {}}
    for looks, taken in ((0, ()), (2, ("tune",)), (3, ("tune", "ensemble"))):
        caplog.clear()
        made = insurance.composed(deadline=Expiring(60.0).after(looks), **steps)
        assert made.taken == taken
        assert made.found.left_out == tuple(f"[{s}]" for s in steps if s not in taken)
        assert f"no time is left for {', '.join(made.found.left_out)}" in caplog.text
        whole = insurance.composed(**{s: steps[s] for s in taken})
        assert (made.model.id, made.model.origin) == (whole.model.id, whole.model.origin)
        assert list(made.found.leaderboard.index) == list(whole.found.leaderboard.index)


def test_a_blend_of_more_models_than_there_was_time_for_is_left_out_not_refused(
    insurance: Bench,
) -> None:
    made = insurance.composed(deadline=Expiring(60.0).after(0), blend={"top": 5})
    assert made.found.left_out == ("[blend]",)
    assert made.model.id == insurance.found.leaderboard.index[0]


def test_a_deadline_that_is_not_reached_changes_no_composed_model(insurance: Bench) -> None:
    steps: dict[str, Any] = {"blend": {"top": 2}}
    far, none = insurance.composed(deadline=Deadline(3600.0), **steps), insurance.composed(**steps)
    assert far.found.left_out == ()
    columns = [c for c in none.found.leaderboard.columns if c != "TT (Sec)"]
    pd.testing.assert_frame_equal(
        far.found.leaderboard[columns], none.found.leaderboard[columns], check_exact=True
    )


def test_what_was_left_out_is_said_of_the_whole_training_whose_model_is_fitted() -> None:
    late = Deadline(1.0, started=time.monotonic() - 60)
    models = ("lr", "ridge", "dt")  # whichever is first, it beats the dummy
    settings = config(models, tune={"n_iter": 2})
    trained = run_experiment(small("insurance"), settings, deadline=late)
    assert trained.left_out[-1] == "[tune]"
    assert set(trained.left_out[:-1]) == set(models) - {c.id for c in trained.candidates}
    assert trained.model_id == trained.leaderboard.index[0]
    features = small("insurance").frame[list(small("insurance").features)]
    assert len(trained.pipeline.predict(features)) == len(features)


def test_where_the_best_of_a_cut_search_knows_nothing_the_budget_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compare, "usable_cores", lambda: 1)  # more might finish all at once
    late = Deadline(1.0, started=time.monotonic() - 60)
    table = small("insurance")
    noise = table.frame["charges"].sample(frac=1, random_state=0).to_numpy()
    table = replace(table, frame=table.frame.assign(charges=noise))
    trained = run_experiment(table, config(("lr", "ridge", "dt")), deadline=late)
    assert trained.nothing_learned
    assert trained.hint.startswith("The budget ended the search before ")
