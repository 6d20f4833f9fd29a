"""A watcher shows what happens and never gets in the way."""

from __future__ import annotations

import io
import math
import threading

import pytest
import typer
from rich.console import Console

from pipeline.display import LiveProgress, LoggedProgress
from pipeline.progress import Progress, Silent

NAMES = {"lr": "Linear Regression", "gbr": "Gradient Boosting Regressor", "svm": "Broken"}


def terminal() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def search(progress: Progress) -> None:
    progress.models(NAMES)
    progress.model_started("lr")
    progress.model_finished("lr", {"MAE": 4000.0, "R2": 0.7}, 1.0)
    progress.model_started("gbr")
    progress.model_started("svm")
    progress.model_finished("svm", {}, 0.1)
    progress.model_finished("gbr", {"MAE": 2639.0, "R2": 0.847}, 2.0)


def test_the_live_leaderboard_shows_names_metrics_and_what_is_being_fitted() -> None:
    console = terminal()
    with LiveProgress(console) as progress:
        progress.stage("dataset", "insurance")
        progress.stage("experiment", "10 folds")
        search(progress)
        progress.stage("export")
    text = shown(console)
    assert "2 of 3 models, fitting Gradient Boosting Regressor" in text
    assert "2639.0000" in text
    assert "failed" in text
    for stage in ("dataset     insurance", "experiment  10 folds", "export"):
        assert stage in text


def test_results_are_written_below_the_stages_not_into_the_leaderboard(
    capsys: pytest.CaptureFixture[str],
) -> None:
    console = terminal()
    with LiveProgress(console) as progress:
        progress.stage("experiment")
        search(progress)
        typer.echo("result")
    assert capsys.readouterr().out == "result\n"
    assert "result" not in shown(console)


def test_an_interrupted_search_gives_the_terminal_back() -> None:
    console = terminal()
    with pytest.raises(KeyboardInterrupt), LiveProgress(console) as progress:
        search(progress)
        raise KeyboardInterrupt
    hide, show = "\x1b[?25l", "\x1b[?25h"
    assert shown(console).count(hide) == shown(console).count(show) == 1


@pytest.mark.parametrize(
    ("metric", "ranked"),
    [
        (None, ["gbr", "lr", "svm"]),
        ("MAE", ["gbr", "lr", "svm"]),
        ("Nothing", ["gbr", "lr", "svm"]),
    ],
)
def test_the_best_model_is_first_and_a_failed_one_last(
    metric: str | None, ranked: list[str]
) -> None:
    progress = LiveProgress(terminal(), metric)
    search(progress)
    assert progress.ranked() == ranked


def test_a_metric_that_is_not_a_number_ranks_last() -> None:
    progress = LiveProgress(terminal(), "AUC")
    progress.model_finished("a", {"AUC": math.nan}, 0.1)
    progress.model_finished("b", {"AUC": 0.5}, 0.1)
    progress.model_finished("c", {"AUC": 0.9}, 0.1)
    assert progress.ranked() == ["c", "b", "a"]


def test_events_in_any_order_never_raise() -> None:
    console = terminal()
    with LiveProgress(console) as progress:
        progress.model_finished("never started", {"[bold]": math.inf}, 0.0)
        progress.model_started("x")
        progress.models({})
        progress.stage("[red]markup[/]", "[/]")
        progress.model_finished("y", {}, math.nan)
    assert "[red]markup[/]" in shown(console)


def test_no_thread_runs_while_nothing_happens() -> None:
    before = threading.active_count()
    with LiveProgress(terminal()) as progress:
        search(progress)
        assert threading.active_count() == before


def test_every_watcher_keeps_the_protocol() -> None:
    watchers: list[Progress] = [Silent(), LoggedProgress(), LiveProgress(terminal())]
    for progress in watchers:
        progress.stage("experiment")
        search(progress)
