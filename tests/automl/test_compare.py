"""The search: PyCaret's own leaderboard, whatever the number of workers."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.automl import compare as stage
from pipeline.automl.compare import Search, search_models
from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.errors import ConfigError, DataError, PipelineError
from pipeline.system.progress import Silent

DATASETS = Path(__file__).parents[2] / "datasets"
QUICK = ["lr", "dt", "knn", "dummy"]


@pytest.fixture(scope="module", autouse=True)
def caches(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    # PyCaret's own search, which ours is compared with, leaves catboost_info/ where it runs
    with chdir(tmp_path_factory.mktemp("work")), isolate_pycaret() as folder:
        yield folder


def set_up(name: str, target: str, caches: str, **options: Any) -> Any:
    from pycaret.classification import ClassificationExperiment
    from pycaret.regression import RegressionExperiment

    experiment = RegressionExperiment() if name == "insurance" else ClassificationExperiment()
    return experiment.setup(
        pd.read_csv(DATASETS / f"{name}.csv"),
        target=target,
        session_id=1,
        fold=3,
        n_jobs=1,
        html=False,
        verbose=False,
        memory=caches,
        **options,
    )


@pytest.fixture(scope="module")
def insurance(caches: str) -> Any:
    return set_up("insurance", "charges", caches)


@pytest.fixture(
    params=[pytest.param(1, marks=pytest.mark.long), 2, pytest.param(3, marks=pytest.mark.long)]
)
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(stage, "usable_cores", lambda: request.param)
    return int(request.param)


def assert_like_pycaret(found: Search, experiment: Any, **arguments: Any) -> None:
    """Rows, order and values, bit by bit; "TT (Sec)" is a clock."""
    experiment.compare_models(verbose=False, **arguments)
    theirs = experiment.pull()
    assert list(found.leaderboard.columns) == list(theirs.columns)
    mine, theirs = found.leaderboard.drop(columns="TT (Sec)"), theirs.drop(columns="TT (Sec)")
    if "AUC" in theirs:  # 0.0 is what PyCaret could not compute: see test_failures.py
        failed = theirs["AUC"] == 0.0
        assert (mine["AUC"][failed] != 0.0).all()
        mine = mine.assign(AUC=mine["AUC"].where(~failed))
        theirs = theirs.assign(AUC=theirs["AUC"].where(~failed))
    pd.testing.assert_frame_equal(mine, theirs, check_exact=True)


class Watcher(Silent):
    """Writes down what it is told."""

    def __init__(self) -> None:
        self.told: list[tuple[Any, ...]] = []

    def models(self, names: Mapping[str, str]) -> None:
        self.told.append(("models", dict(names)))

    def model_started(self, model_id: str) -> None:
        self.told.append(("started", model_id))

    def model_finished(self, model_id: str, metrics: Mapping[str, float], seconds: float) -> None:
        self.told.append(("finished", model_id, dict(metrics)))


@pytest.mark.parametrize(
    ("name", "target", "sort"),
    [
        ("insurance", "charges", "r2"),
        ("juice", "Purchase", "acc"),
        ("penguins", "species", "f1"),
    ],
)
@pytest.mark.long
def test_the_whole_leaderboard_is_pycarets_own(
    name: str, target: str, sort: str, caches: str
) -> None:
    experiment = set_up(name, target, caches)
    found = search_models(experiment, {"sort": sort}, Silent())
    assert_like_pycaret(found, experiment, sort=sort)


def test_the_leaderboard_does_not_depend_on_the_number_of_workers(
    cores: int, insurance: Any
) -> None:
    found = search_models(insurance, {"sort": "mae", "include": QUICK}, Silent())
    assert_like_pycaret(found, insurance, sort="mae", include=QUICK)


def test_the_other_arguments_of_compare_models_reach_every_model(insurance: Any) -> None:
    arguments = {"sort": "r2", "include": QUICK, "round": 1, "fold": 2}
    assert_like_pycaret(search_models(insurance, arguments, Silent()), insurance, **arguments)
    arguments = {"sort": "r2", "include": QUICK, "cross_validation": False}
    assert_like_pycaret(search_models(insurance, arguments, Silent()), insurance, **arguments)


def test_a_probability_threshold_gives_pycarets_leaderboard(caches: str) -> None:
    experiment = set_up("juice", "Purchase", caches)
    arguments = {"sort": "acc", "include": ["lr", "nb"], "probability_threshold": 0.3}
    assert_like_pycaret(search_models(experiment, arguments, Silent()), experiment, **arguments)


@pytest.mark.parametrize(
    "options",
    [
        {"feature_selection": True},
        pytest.param({"remove_outliers": True, "outliers_method": "lof"}, marks=pytest.mark.long),
        pytest.param({"pca": True, "pca_method": "kernel"}, marks=pytest.mark.long),
    ],
    ids=lambda options: next(iter(options)),
)
def test_workers_may_prepare_with_what_uses_threads(options: dict[str, Any], caches: str) -> None:
    """The caller's set-up has used it already, and its threads are not the workers'."""
    experiment = set_up("insurance", "charges", caches, **options)
    found = search_models(experiment, {"sort": "r2", "include": QUICK}, Silent())
    assert_like_pycaret(found, experiment, sort="r2", include=QUICK)


def test_models_can_be_left_out(insurance: Any) -> None:
    slow = [i for i in insurance.models().index if i not in QUICK]
    found = search_models(insurance, {"sort": "r2", "exclude": slow, "turbo": False}, Silent())
    assert_like_pycaret(found, insurance, sort="r2", exclude=slow, turbo=False)


def test_afterwards_pycaret_remembers_the_same_models_as_after_its_own_search(caches: str) -> None:
    ours, theirs = (set_up("insurance", "charges", caches) for _ in range(2))
    found = search_models(ours, {"sort": "r2", "include": QUICK}, Silent())
    theirs.compare_models(include=QUICK, verbose=False)
    assert ours.pull() is found.leaderboard
    assert len(ours._master_model_container) == len(theirs._master_model_container)
    for mine, other in zip(
        ours._master_model_container, theirs._master_model_container, strict=True
    ):
        assert str(mine["model"]) == str(other["model"])
        pd.testing.assert_frame_equal(mine["scores"], other["scores"], check_exact=True)


def test_mean_and_spread_over_the_folds_are_those_of_create_model(insurance: Any) -> None:
    found = search_models(insurance, {"sort": "r2", "include": ["dt"]}, Silent())
    insurance.create_model("dt", verbose=False)
    folds = insurance.pull()
    (outcome,) = found.outcomes
    assert outcome.metrics == folds.loc["Mean"].to_dict()
    assert outcome.spread == folds.loc["Std"].to_dict()


def test_a_watcher_hears_of_every_model_as_it_starts_and_ends(cores: int, insurance: Any) -> None:
    watcher = Watcher()
    found = search_models(insurance, {"sort": "r2", "include": QUICK}, watcher)
    assert watcher.told[0] == ("models", dict(insurance.models().Name[QUICK]))
    for outcome in found.outcomes:
        started = watcher.told.index(("started", outcome.model_id))
        assert started < watcher.told.index(("finished", outcome.model_id, outcome.metrics))
    assert len(watcher.told) == 1 + 2 * len(QUICK)


def test_a_model_that_fails_is_left_out_as_pycaret_leaves_it_out(
    cores: int,
    insurance: Any,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for models in (insurance._all_models, insurance._all_models_internal):
        monkeypatch.setitem(models["knn"].args, "metric", "no such distance")
    arguments = {"sort": "r2", "include": QUICK}
    watcher = Watcher()
    found = search_models(insurance, arguments, watcher)
    assert_like_pycaret(found, insurance, **arguments)
    failed = [outcome for outcome in found.outcomes if outcome.row is None]
    assert [outcome.model_id for outcome in failed] == ["knn"]
    assert "no such distance" in failed[0].reason
    assert ("finished", "knn", {}) in watcher.told
    assert "knn" in caplog.text


def test_a_model_that_fails_ends_the_search_if_errors_are_to_be_raised(
    cores: int, insurance: Any
) -> None:
    arguments = {"sort": "r2", "include": QUICK, "errors": "raise", "fit_kwargs": {"wrong": 1}}
    with pytest.raises(PipelineError, match=r"failed in cross-validation.*wrong"):
        search_models(insurance, arguments, Silent())
    assert not multiprocessing.active_children()


def test_a_search_in_which_every_model_fails_says_why(insurance: Any) -> None:
    arguments = {"sort": "r2", "include": QUICK, "fit_kwargs": {"wrong": 1}}
    with pytest.raises(DataError, match="got 4 models that all failed") as raised:
        search_models(insurance, arguments, Silent())
    assert raised.value.details["reasons"].keys() == set(QUICK)
    assert "wrong" in str(raised.value)


def test_no_model_starts_after_the_time_budget(cores: int, insurance: Any) -> None:
    arguments = {"sort": "r2", "include": QUICK, "budget_time": 1e-6}
    found = search_models(insurance, arguments, Silent())
    ids = [outcome.model_id for outcome in found.outcomes]
    assert ids == QUICK[: len(ids)]
    assert 1 <= len(ids) <= cores


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"include": ["lightgmb"]}, "got model 'lightgmb'.*Did you mean 'lightgbm'"),
        ({"exclude": ["ridg"]}, "got model 'ridg'.*Did you mean 'ridge'"),
        ({"include": ["lr"], "exclude": ["dt"]}, "both include and exclude"),
        ({"include": ["lr"], "fit_kwargs": {}, "round": "two"}, "Round parameter"),
    ],
)
def test_arguments_that_make_no_sense_are_refused(
    arguments: dict[str, Any], message: str, insurance: Any
) -> None:
    with pytest.raises(ConfigError, match=message):
        search_models(insurance, {"sort": "r2", **arguments}, Silent())


def test_leaving_out_every_model_is_refused(insurance: Any) -> None:
    with pytest.raises(ConfigError, match="no model"):
        search_models(
            insurance, {"sort": "r2", "exclude": list(insurance.models().index)}, Silent()
        )


def test_a_killed_worker_is_an_error_with_advice_and_not_a_hang(
    insurance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(experiment: Any, model_id: str, arguments: Mapping[str, Any]) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(stage, "usable_cores", lambda: 2)
    monkeypatch.setattr(stage, "cross_validate", killed)
    with pytest.raises(PipelineError, match=r"SIGKILL.*--exclude"):
        search_models(insurance, {"sort": "r2", "include": ["lr", "dt"]}, Silent())
    assert not multiprocessing.active_children()


def test_an_interrupted_search_leaves_no_worker_behind(
    insurance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Impatient(Silent):
        def model_finished(self, *_: Any) -> None:
            raise KeyboardInterrupt

    monkeypatch.setattr(stage, "usable_cores", lambda: 2)
    with pytest.raises(KeyboardInterrupt):
        search_models(insurance, {"sort": "r2", "include": QUICK}, Impatient())
    assert not multiprocessing.active_children()


@pytest.mark.long
def test_a_second_search_in_the_same_process_works_after_its_models_were_fitted_in_it(
    insurance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Threads of OpenMP and CatBoost that the caller has used do not exist in a forked worker."""
    monkeypatch.setattr(stage, "usable_cores", lambda: 2)
    threaded = ["catboost", "lightgbm", "xgboost", "rf"]
    for model_id in threaded:
        insurance.create_model(model_id, cross_validation=False, verbose=False)
    found = search_models(insurance, {"sort": "r2", "include": threaded}, Silent())
    assert_like_pycaret(found, insurance, sort="r2", include=threaded)
