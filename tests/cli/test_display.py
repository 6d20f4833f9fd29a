"""A watcher shows what happens and never gets in the way."""

from __future__ import annotations

import io
import math
import re
import threading
import time

import pytest
import typer
from rich.console import Console

from pipeline.cli.display import LiveProgress, LoggedProgress
from pipeline.tasks import TASKS, TaskMetric
from tests.cli.watched import search, terminal


def shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_the_live_leaderboard_shows_names_metrics_and_what_is_being_fitted() -> None:
    console = terminal()
    with LiveProgress(console) as progress:
        progress.stage("dataset", "insurance")
        progress.stage("experiment", "10 folds")
        search(progress)
        progress.stage("export")
    text = shown(console)
    assert "2 of 3 models; fitting Gradient Boosting Regressor" in text
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
        ("mae", ["gbr", "lr", "svm"]),
        ("Nothing", ["gbr", "lr", "svm"]),
    ],
)
def test_the_best_model_is_first_and_a_failed_one_last(
    metric: str | None, ranked: list[str]
) -> None:
    with LiveProgress(terminal(), metric) as progress:
        search(progress)
        assert progress.ranked() == ranked


METRICS = [metric for task in TASKS.values() for metric in task.all_metrics]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.id)
def test_a_metric_ranks_by_its_id_as_by_its_column(metric: TaskMetric) -> None:
    ranked, column = [], metric.column
    for word in (metric.id, column):
        with LiveProgress(terminal(), word) as progress:
            for place, (model, value) in enumerate({"a": 0.2, "b": 0.9, "c": 0.5}.items()):
                others = {"R2": 0.1 * place, "Accuracy": 0.1 * place, "AUC": 0.3}
                progress.model_finished(model, {**others, column: value}, 0.1)
            ranked.append(progress.ranked())
    assert ranked[0] == ranked[1]
    assert ranked[0] == (["a", "c", "b"] if metric.is_loss else ["b", "c", "a"])


def test_a_metric_that_is_not_a_number_ranks_last() -> None:
    with LiveProgress(terminal(), "AUC") as progress:
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


def plain(text: str) -> list[str]:
    """The lines that were drawn, without what moves the cursor."""
    return re.split(r"[\r\n]+", re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", text))


@pytest.mark.parametrize("width", [80, 100, 120, 155])
def test_nothing_that_is_drawn_is_wider_than_the_terminal(width: int) -> None:
    console = terminal(width)
    numbers = dict.fromkeys(("MAE", "MSE", "RMSE", "RMSLE", "MAPE", "Other", "More"), 12345678.9)
    with LiveProgress(console, "R2") as progress:
        progress.models({f"m{k}": f"Light Gradient Boosting Machine {k}" for k in range(9)})
        for k in range(9):
            progress.model_started(f"m{k}")
        progress.model_finished("m0", {**numbers, "R2": 0.5}, 12.0)
    lines = plain(shown(console))
    assert max(map(len, lines)) <= width
    head = [line.split() for line in lines if "model " in line][-1]
    assert {"model", "R2", "seconds"} <= set(head)


def test_the_clock_goes_on_while_nothing_happens_and_stops_with_the_block() -> None:
    console = terminal()
    with LiveProgress(console) as progress:
        progress.stage("start")
        limit = time.monotonic() + 30
        while "1 s    start" not in shown(console) and time.monotonic() < limit:
            time.sleep(0.05)
    assert "1 s    start" in shown(console)
    assert [t.name for t in threading.enumerate() if t.name == "second-hand"] == []


def test_a_result_gets_a_terminal_of_its_own() -> None:
    console = terminal()
    with LiveProgress(console) as progress:
        progress.stage("start")
        progress.free()
        before = shown(console)
        time.sleep(1.2)
        assert shown(console) == before
        progress.step("on it goes")
        assert "on it goes" in shown(console)


def test_in_a_log_every_stage_step_and_model_is_a_line_with_the_time_so_far(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO", "pipeline.cli.display")
    progress = LoggedProgress()
    progress.stage("experiment", "10 rows")
    search(progress)
    progress.stage("verify")
    progress.step("40 % of rows")
    texts = [re.sub(r"^ +\d+\.\d s  ", "", record.getMessage()) for record in caplog.records]
    assert texts == [
        "experiment: 10 rows",
        "lr finished after 1.0 s, 1 of 3 models",
        "svm failed after 0.1 s, 2 of 3 models",
        "gbr finished after 2.0 s, 3 of 3 models",
        "verify",
        "verify: 40 % of rows",
    ]
