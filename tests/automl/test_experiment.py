"""The experiment: what PyCaret does by hand, in one function."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from threadpoolctl import threadpool_limits

from pipeline.automl.experiment import SearchResult, run_experiment
from pipeline.automl.setup import build_feature_arguments, set_up
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import Dataset, find_dataset, load_dataset
from pipeline.errors import ConfigError, DataError
from pipeline.tasks import REGRESSION

QUICK = ("lr", "dt", "dummy")


def dataset(name: str) -> Dataset:
    return load_dataset(find_dataset(TrainConfig(dataset=name)))


def misaligned(name: str, seed: int = 0) -> Dataset:
    """A table whose target belongs to other rows."""
    table = dataset(name)
    target = np.random.default_rng(seed).permutation(table.frame[table.spec.target].to_numpy())
    return replace(table, frame=table.frame.assign(**{table.spec.target: target}))


def by_hand(name: str, **setup: Any) -> Any:
    """PyCaret as its documentation says, on the file as pandas reads it."""
    from pycaret.classification import ClassificationExperiment
    from pycaret.regression import RegressionExperiment

    table = dataset(name)
    regression = table.spec.task == "regression"
    experiment = RegressionExperiment() if regression else ClassificationExperiment()
    frame = pd.read_csv(table.path).drop(columns=list(table.spec.ignore))
    fixed = {"session_id": 1, "n_jobs": 1, "html": False, "verbose": False, "system_log": False}
    return experiment.setup(frame, target=table.spec.target, **fixed, **setup)


def assert_same_leaderboard(ours: SearchResult, theirs: pd.DataFrame) -> None:
    """Bit by bit, but for the clock, and for an AUC of 0.0: PyCaret computed none there."""
    board, theirs = (found.drop(columns="TT (Sec)") for found in (ours.leaderboard, theirs))
    if "AUC" in theirs:
        board["AUC"] = board["AUC"].mask(theirs["AUC"] == 0, 0.0)
    pd.testing.assert_frame_equal(board, theirs, check_exact=True)


@pytest.fixture(scope="module")
def insurance() -> SearchResult:
    return run_experiment(dataset("insurance"), TrainConfig(include=(*QUICK, "gbr"), fold=3))


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("insurance", marks=pytest.mark.long),
        pytest.param("juice", marks=pytest.mark.long),
        "penguins",
        pytest.param("titanic", marks=pytest.mark.long),
    ],
)
def test_leaderboard_holdout_and_model_are_those_of_pycaret_by_hand(name: str) -> None:
    """PyCaret infers the column kinds from the file; the dataset's spec must come to the same."""
    ours = run_experiment(dataset(name), TrainConfig(include=QUICK, fold=3))
    # logistic regression stops early here, and where depends on the number of BLAS threads
    with threadpool_limits(1):
        experiment = by_hand(name, fold=3)
        model = experiment.compare_models(include=list(QUICK), verbose=False)
        assert_same_leaderboard(ours, experiment.pull())
        experiment.predict_model(model, verbose=False)
        assert dict(ours.holdout) == experiment.pull().drop(columns="Model").iloc[0].to_dict()
        final = experiment.finalize_model(model)
    rows = experiment.data[list(final.feature_names_in_[:-1])]
    raw = {} if ours.task is REGRESSION else {"raw_score": True}
    theirs = experiment.predict_model(final, rows, round=17, verbose=False, **raw)
    pd.testing.assert_frame_equal(
        ours.experiment.predict_model(ours.pipeline, rows, round=17, verbose=False, **raw),
        theirs,
        check_exact=True,
    )


def test_trained_describes_the_winner_and_every_candidate(insurance: SearchResult) -> None:
    assert (insurance.task, insurance.seed) == (REGRESSION, 1)
    assert (insurance.model_id, insurance.model_name) == ("gbr", "Gradient Boosting Regressor")
    assert insurance.labels is None
    assert insurance.pipeline.steps[-1][1].__class__.__name__ == "GradientBoostingRegressor"
    assert [candidate.id for candidate in insurance.candidates] == list(insurance.leaderboard.index)
    for candidate in insurance.candidates:
        row = insurance.leaderboard.loc[candidate.id]
        assert dict(candidate.metrics) == row.drop(["Model", "TT (Sec)"]).to_dict()
        assert candidate.spread.keys() == candidate.metrics.keys()
        assert candidate.seconds > 0
        assert not candidate.failed
    assert insurance.candidates[0].params["learning_rate"] == "0.1"


def test_a_model_that_fails_is_a_failed_candidate_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*arguments: Any) -> Any:
        experiment = set_up(*arguments)
        for models in (experiment._all_models, experiment._all_models_internal):
            models["knn"].args["metric"] = "no such distance"
        return experiment

    monkeypatch.setattr("pipeline.automl.experiment.set_up", broken)
    trained = run_experiment(dataset("insurance"), TrainConfig(include=("knn", "lr"), fold=3))
    assert [candidate.id for candidate in trained.candidates] == ["lr", "knn"]
    failed = trained.candidates[1]
    assert (failed.failed, failed.metrics, failed.spread, failed.params) == (True, {}, {}, {})


@pytest.mark.parametrize(
    ("name", "labels"),
    [
        pytest.param("juice", ("CH", "MM"), marks=pytest.mark.long),
        ("penguins", ("Adelie", "Chinstrap", "Gentoo")),
        ("titanic", (0, 1)),
    ],
)
def test_labels_are_the_classes_of_the_table_in_the_order_of_the_probabilities(
    name: str, labels: tuple[Any, ...]
) -> None:
    trained = run_experiment(dataset(name), TrainConfig(include=("lr",), fold=2))
    assert trained.labels == labels
    assert {type(label) for label in trained.labels or ()} == {type(labels[0])}
    assert len(trained.pipeline.steps[-1][1].classes_) == len(labels)


@pytest.mark.long
@pytest.mark.parametrize("name", ["insurance", "juice"])
@pytest.mark.parametrize("seed", [0, 1])
def test_where_no_model_beats_the_dummy_the_best_is_kept_and_it_is_said(
    name: str, seed: int
) -> None:
    table = misaligned(name, seed)
    models = ("lr", "ridge", "knn", "dt")
    trained = run_experiment(table, TrainConfig(include=models, blend={"top": 2}))
    assert "not clearly better than the dummy's" in trained.nothing_learned
    assert set(trained.leaderboard.index) == set(models)  # nothing was composed
    assert len(trained.pipeline.predict(table.frame[list(table.features)])) == len(table.frame)
    if seed == 0:  # the same with the dummy among the candidates
        again = run_experiment(table, TrainConfig(include=(*models, "dummy")))
        assert again.nothing_learned == trained.nothing_learned


def test_for_a_loss_better_than_the_dummy_means_smaller() -> None:
    config = TrainConfig(include=("lr", "dt"), fold=3, metric="RMSE")
    trained = run_experiment(dataset("insurance"), config)
    assert list(trained.leaderboard["RMSE"]) == sorted(trained.leaderboard["RMSE"])
    assert not trained.nothing_learned
    assert "RMSE" in run_experiment(misaligned("insurance"), config).nothing_learned


def test_without_cross_validation_the_holdout_decides_about_the_dummy() -> None:
    config = TrainConfig(include=("lr", "dt"), compare={"cross_validation": False})
    assert not run_experiment(dataset("insurance"), config).candidates[0].spread
    assert run_experiment(misaligned("insurance"), config).nothing_learned


def test_a_single_model_asked_for_by_name_may_be_as_bad_as_the_dummy(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trained = run_experiment(misaligned("insurance"), TrainConfig(include=("lr",), fold=3))
    assert trained.model_id == "lr"
    assert "no better than the dummy" in caplog.text
    (alarm,) = trained.alarms
    assert (alarm.check, alarm.level) == ("nothing learned", "red")


def test_the_dummy_alone_is_allowed_to_be_the_dummy() -> None:
    trained = run_experiment(dataset("insurance"), TrainConfig(include=("dummy",), fold=2))
    assert trained.model_id == "dummy"


@pytest.mark.parametrize(
    "metric", [*(pytest.param(m, marks=pytest.mark.long) for m in ("mae", "MAE")), "Mae"]
)
def test_a_metric_may_be_given_as_pycaret_writes_it_anywhere(metric: str) -> None:
    table = dataset("insurance")
    table = replace(table, spec=table.spec.model_copy(update={"metric": metric}))
    trained = run_experiment(table, TrainConfig(include=("lr", "dt"), fold=2))
    assert trained.model_id == trained.leaderboard["MAE"].idxmin()


def test_a_metric_that_pycaret_does_not_have_is_refused() -> None:
    table = dataset("insurance")
    table = replace(table, spec=table.spec.model_copy(update={"metric": "maee"}))
    with pytest.raises(ConfigError, match=r"got 'maee'.*Did you mean 'mae'"):
        run_experiment(table, TrainConfig(include=("lr",), fold=2))


def test_setup_takes_every_option_and_names_the_one_that_pycaret_refuses() -> None:
    options = {"normalize": True, "train_size": 0.5}
    config = TrainConfig(include=QUICK, fold=3, setup=options)
    experiment = by_hand("insurance", fold=3, **options)
    experiment.compare_models(include=list(QUICK), verbose=False)
    assert_same_leaderboard(run_experiment(dataset("insurance"), config), experiment.pull())
    wrong = TrainConfig(setup={"transform_target_method": "sideways"})
    with pytest.raises(ConfigError, match="transform_target_method"):
        run_experiment(dataset("insurance"), wrong)


def test_a_table_that_pycaret_refuses_is_a_data_error() -> None:
    table = dataset("insurance")
    table = replace(table, frame=table.frame.head(1))
    with pytest.raises(DataError, match="PyCaret's setup refuses the table"):
        run_experiment(table, TrainConfig())


def test_a_column_called_as_one_that_pycaret_makes_is_to_be_renamed(tmp_path: Path) -> None:
    rows = range(60)
    days = [f"2021-0{1 + i % 9}-1{i % 7}" for i in rows]
    frame = pd.DataFrame({"d": days, "d_year": [i % 5 for i in rows], "y": [i / 7 for i in rows]})
    frame.to_csv(tmp_path / "t.csv", index=False)
    config = TrainConfig(data=tmp_path / "t.csv", target="y", include=["dt"], fold=2)
    with pytest.raises(DataError, match="'d_year' returned by") as caught:
        run_experiment(load_dataset(find_dataset(config), config), config)
    assert "Rename that column" in caught.value.hint


def test_columns_that_the_options_claim_are_not_claimed_twice() -> None:
    table = dataset("titanic")
    assert (table.inputs[1].name, table.inputs[1].kind) == ("Name", "text")
    plain = build_feature_arguments(table, {})
    assert "Name" in plain["categorical_features"]
    assert "date_features" not in plain
    text = build_feature_arguments(table, {"text_features": ["Name"]})
    assert text["categorical_features"] == [
        column for column in plain["categorical_features"] if column != "Name"
    ]
    moved = build_feature_arguments(table, {"categorical_features": ["Pclass", "Sex"]})
    assert moved == {"numeric_features": [c for c in plain["numeric_features"] if c != "Pclass"]}


@pytest.mark.long
def test_tuning_gives_the_model_that_pycaret_tunes_by_hand() -> None:
    options = {"n_iter": 3, "choose_better": False}
    config = TrainConfig(include=("dt",), fold=3, tune=options)
    ours = run_experiment(dataset("insurance"), config)
    experiment = by_hand("insurance", fold=3)
    model = experiment.compare_models(include=["dt"], verbose=False)
    tuned = experiment.tune_model(model, verbose=False, tuner_verbose=False, **options)
    assert ours.pipeline.steps[-1][1].get_params() == tuned.get_params()
    assert tuned.get_params() != model.get_params()
    experiment.predict_model(tuned, verbose=False)
    assert dict(ours.holdout) == experiment.pull().drop(columns="Model").iloc[0].to_dict()


def test_without_finalizing_the_model_has_seen_the_training_rows_only(
    insurance: SearchResult,
) -> None:
    config = TrainConfig(include=("gbr",), fold=3, finalize=False)
    unfinished = run_experiment(dataset("insurance"), config)
    experiment = unfinished.experiment
    experiment.predict_model(unfinished.pipeline, experiment.test, verbose=False)
    assert dict(unfinished.holdout) == experiment.pull().drop(columns="Model").iloc[0].to_dict()
    assert dict(unfinished.holdout) == dict(insurance.holdout)
    rows = experiment.X_test
    assert not np.array_equal(unfinished.pipeline.predict(rows), insurance.pipeline.predict(rows))


QUIET = """
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.automl.experiment import run_experiment
config = TrainConfig(dataset="insurance", include=("catboost", "lightgbm", "lr", "knn"), fold=3,
                     tune={"n_iter": 2})
run_experiment(load_dataset(find_dataset(config)), config)
"""


@pytest.mark.long
def test_nothing_is_printed_and_nothing_is_left_in_the_working_directory(tmp_path: Path) -> None:
    root = str(Path(__file__).parents[2])
    command = [sys.executable, "-c", f"import sys; sys.path.insert(0, {root!r}); {QUIET}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("", "")
    assert not list(tmp_path.iterdir())
