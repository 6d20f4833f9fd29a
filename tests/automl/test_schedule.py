"""The search under a deadline: ended in time, with the best so far, and never with nothing."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import chdir
from typing import Any

import pandas as pd
import pytest

from pipeline.automl import compare as stage
from pipeline.automl.compare import Search, search_models
from pipeline.automl.cross_validate import CrossValidation, cross_validate
from pipeline.automl.deadline import Deadline
from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.automl.setup import set_up
from pipeline.config.train_config import TrainConfig
from pipeline.system.progress import Silent
from tests import tables

QUICK = ["lr", "dt", "knn", "dummy"]
FAR = Deadline(3600.0)


@pytest.fixture(scope="module")
def insurance(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with chdir(tmp_path_factory.mktemp("work")), isolate_pycaret() as caches:
        yield set_up(tables.dataset("insurance"), TrainConfig(fold=2), caches)


@pytest.fixture(params=[1, 2])
def cores(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.setattr(stage, "usable_cores", lambda: request.param)
    return int(request.param)


def used_up() -> Deadline:
    """One whose share for the search is over already."""
    return Deadline(1.0, started=time.monotonic() - 60)


def with_models(patch: pytest.MonkeyPatch, **tasks: Callable[[], None]) -> None:
    """Do something else before PyCaret compares the models of these ids."""

    def first(experiment: Any, model_id: str, arguments: Mapping[str, Any]) -> CrossValidation:
        tasks.get(model_id, lambda: None)()
        return cross_validate(experiment, model_id, arguments)

    patch.setattr(stage, "cross_validate", first)


def hang() -> None:
    while True:
        time.sleep(60)


def compared(experiment: Any, include: list[str], deadline: Deadline | None) -> Search:
    return search_models(experiment, {"sort": "r2", "include": include}, Silent(), deadline)


def ids(found: Search) -> list[str]:
    return [outcome.model_id for outcome in found.outcomes]


def test_a_deadline_that_is_not_reached_changes_nothing(cores: int, insurance: Any) -> None:
    without, under = compared(insurance, QUICK, None), compared(insurance, QUICK, FAR)
    assert under.left_out == without.left_out == ()
    pd.testing.assert_frame_equal(
        under.leaderboard.drop(columns="TT (Sec)"),
        without.leaderboard.drop(columns="TT (Sec)"),
        check_exact=True,
    )
    assert ids(under) == ids(without)


def test_a_model_that_hangs_for_ever_is_ended_and_named(
    cores: int, insurance: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with_models(monkeypatch, knn=hang)
    found = compared(insurance, QUICK, Deadline(5.0))
    assert "knn" in found.left_out
    assert set(found.left_out) | set(ids(found)) == set(QUICK)
    assert not set(found.left_out) & set(ids(found))
    assert list(found.leaderboard.index)
    assert f"left out: {', '.join(found.left_out)}" in caplog.text
    assert "60 %" in caplog.text
    assert "5s" in caplog.text
    assert not multiprocessing.active_children()


def test_models_that_finished_rank_as_they_do_in_the_whole_search(
    insurance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = compared(insurance, QUICK, None)
    with_models(monkeypatch, knn=hang)
    monkeypatch.setattr(stage, "usable_cores", lambda: 2)
    found = compared(insurance, QUICK, Deadline(6.0))
    pd.testing.assert_frame_equal(
        found.leaderboard.drop(columns="TT (Sec)"),
        whole.leaderboard.drop(columns="TT (Sec)").drop(index=list(found.left_out)),
        check_exact=True,
    )


def test_without_any_result_the_first_is_waited_for(cores: int, insurance: Any) -> None:
    found = compared(insurance, QUICK, used_up())
    assert 1 <= len([i for i in ids(found) if i != "dummy"]) <= cores
    assert set(found.left_out) == set(QUICK) - set(ids(found))


def test_a_model_that_fails_is_no_result(
    cores: int, insurance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    for models in (insurance._all_models, insurance._all_models_internal):
        monkeypatch.setitem(models["knn"].args, "metric", "no such distance")
    found = compared(insurance, ["knn", "lr"], used_up())
    assert list(found.leaderboard.index) == ["lr"]


def test_the_dummy_alone_is_no_result(cores: int, insurance: Any) -> None:
    found = compared(insurance, ["dummy", "lr"], used_up())
    assert "lr" in ids(found)


def test_where_there_is_no_fork_the_search_ends_between_two_models(
    insurance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "usable_cores", lambda: 1)
    monkeypatch.setattr(stage, "can_fork", lambda: False)
    started: list[str] = []
    with_models(monkeypatch, **{i: lambda i=i: started.append(i) for i in QUICK})  # type: ignore[misc]
    found = compared(insurance, QUICK, used_up())
    assert sorted(started) == sorted(ids(found))
    assert len(started) < len(QUICK)


def test_the_slow_models_come_last_under_a_deadline(
    insurance: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stage, "usable_cores", lambda: 1)

    class Watcher(Silent):
        def __init__(self) -> None:
            self.started: list[str] = []

        def model_started(self, model_id: str) -> None:
            self.started.append(model_id)

    early, late = Watcher(), Watcher()
    include = ["rf", "lr", "dummy"]
    search_models(insurance, {"sort": "r2", "include": include}, early)
    search_models(insurance, {"sort": "r2", "include": include}, late, FAR)
    assert (early.started, late.started) == (["rf", "lr", "dummy"], ["dummy", "lr", "rf"])


def test_pycarets_own_time_budget_keeps_its_meaning(cores: int, insurance: Any) -> None:
    arguments = {"sort": "r2", "include": QUICK, "budget_time": 1e-9}
    found = search_models(insurance, arguments, Silent(), FAR)
    assert ids(found) == QUICK[:1]  # the first is compared whatever the clock says
    assert found.left_out == ()
