"""Metrics that PyCaret lacks: columns of its leaderboard, and what ranks the models."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray
from sklearn import metrics
from sklearn.base import clone

from pipeline.automl.candidate_cost import COLUMNS
from pipeline.automl.cross_validate import NOT_SCORES
from pipeline.automl.experiment import SearchResult, run_experiment
from pipeline.automl.failures import treat_failures_as_missing
from pipeline.automl.holdout_predictions import predict_holdout
from pipeline.automl.leaderboard_metrics import AddedMetric, compute_log_loss, find_deciding_metric
from pipeline.automl.setup import set_up
from pipeline.cli.display import LiveProgress
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import Dataset, find_dataset, load_dataset
from pipeline.errors import ConfigError
from pipeline.selection.metric import build_metrics
from pipeline.tasks import CLASSIFICATION, REGRESSION, TASKS, Task, TaskMetric
from pipeline.train.checkpoint import Checkpoint
from tests.cli.watched import terminal

EXTRA = {task.name: tuple(metric.id for metric in task.extra_metrics) for task in TASKS.values()}


def measure_overshoot(actual: NDArray[Any], predicted: NDArray[Any]) -> float:
    """By how much the predictions are too large on average, where they are."""
    return float(np.clip(predicted - actual, 0, None).mean())


def load(name: str, **settings: Any) -> tuple[Dataset, TrainConfig]:
    config = TrainConfig(dataset=name, fold=3, **settings)
    return load_dataset(find_dataset(config), config), config


def columns(task: Task) -> list[str]:
    return [metric.column for metric in task.extra_metrics]


def compute_extra(task: Task, pipeline: Any, x: pd.DataFrame, y: pd.Series) -> dict[str, float]:
    """What each metric's own function says of a pipeline's answers."""
    actual, said, scores = y.to_numpy(), pipeline.predict(x), None
    if task.predicts == "classes":
        names = {name: code for code, name in enumerate(sorted(set(y)))}
        actual, said = (np.array([names[name] for name in each]) for each in (actual, said))
        scores = pipeline.predict_proba(x)
        scores = scores if len(names) > 2 else scores[:, 1]
    return {
        m.column: m.load_function()(actual, scores if m.of_probabilities else said)
        for m in task.extra_metrics
    }


@pytest.mark.parametrize(
    ("name", "model"), [("insurance", "lr"), ("penguins", "nb"), ("juice", "lda")]
)
def test_the_folds_and_the_holdout_have_what_the_function_computes(
    name: str, model: str, tmp_path: Path
) -> None:
    task = TASKS[find_dataset(TrainConfig(dataset=name)).task]
    table, config = load(name, compare={"metrics": list(EXTRA[task.name])})
    experiment = set_up(table, config, str(tmp_path))
    with treat_failures_as_missing():
        fitted = experiment.create_model(model, verbose=False, round=12)
    board, x, y = experiment.pull(), experiment.X_train, experiment.y_train
    whole = experiment.finalize_model(fitted)
    for fold, (rows, held) in enumerate(experiment.fold_generator.split(x, y)):
        pipeline = clone(whole).fit(x.iloc[rows], y.iloc[rows])
        expected = compute_extra(task, pipeline, x.iloc[held], y.iloc[held])
        assert {column: board.loc[fold, column] for column in expected} == pytest.approx(
            expected, rel=1e-9
        )
    _, found = predict_holdout(experiment, fitted, task)
    pipeline = clone(whole).fit(x, y)
    expected = compute_extra(task, pipeline, experiment.X_test, experiment.y_test)
    assert {column: found[column] for column in expected} == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", ["penguins", "juice"])
def test_a_model_without_probabilities_has_no_metric_of_them(name: str, tmp_path: Path) -> None:
    table, config = load(name, compare={"metrics": list(EXTRA["classification"])})
    experiment = set_up(table, config, str(tmp_path))
    with treat_failures_as_missing():
        model = experiment.create_model("ridge", verbose=False)
    found = experiment.pull().loc["Mean"]
    _, held = predict_holdout(experiment, model, table.task)
    for values in (found, held):
        assert np.isfinite(values["Bal. Acc."])
        assert np.isnan(values["Log Loss"])
        assert np.isnan(values["Avg. Prec."])


@pytest.mark.parametrize("labels", [(0, 1), (1, 2), (False, True), ("a", "b"), ("c", "a", "b")])
def test_classes_go_by_their_names_whatever_they_are(labels: tuple[Any, ...]) -> None:
    labels = tuple(sorted(labels))
    random = np.random.default_rng(0)
    codes, said = random.integers(0, len(labels), (2, 50))
    scores = random.dirichlet(np.ones(len(labels)), 50)
    scores = scores[:, 1] if len(labels) == 2 else scores
    names = pd.Series([labels[code] for code in codes]).astype("category")
    for metric in CLASSIFICATION.extra_metrics:
        given = scores if metric.of_probabilities else [labels[code] for code in said]
        own = scores if metric.of_probabilities else said
        assert AddedMetric(metric, labels)(names, given) == metric.load_function()(codes, own)


def test_a_log_loss_is_that_of_all_classes_where_a_fold_lacks_one() -> None:
    random = np.random.default_rng(0)
    actual, scores = random.integers(0, 3, 60), random.dirichlet(np.ones(3), 60)
    names = np.array(["x", "y", "z"])[actual]
    assert compute_log_loss(actual, scores) == metrics.log_loss(names, scores)
    few = actual < 2
    each = -np.log(scores[few, actual[few]])
    assert compute_log_loss(actual[few], scores[few]) == pytest.approx(each.mean(), rel=1e-12)


@pytest.mark.parametrize("task", TASKS.values(), ids=lambda task: task.name)
def test_a_column_is_no_other_column_of_the_leaderboard(task: Task) -> None:
    words = [word.lower() for m in task.all_metrics for word in {m.id, m.column.lower()}]
    assert len(set(words)) == len(words)
    assert not set(columns(task)) & {*COLUMNS, *NOT_SCORES}


OF_LABELS = [metric for metric in CLASSIFICATION.extra_metrics if not metric.of_probabilities]


@pytest.mark.parametrize("metric", OF_LABELS, ids=lambda m: m.id)
def test_the_gate_may_count_equal_rows(metric: TaskMetric) -> None:
    random, function = np.random.default_rng(0), metric.load_function()
    actual, said, often = random.integers(0, 3, (3, 40))
    repeated = np.repeat(np.arange(40), often)
    weighted = function(actual, said, sample_weight=often)
    assert weighted == pytest.approx(function(actual[repeated], said[repeated]), rel=1e-12)


@pytest.fixture(scope="module")
def own() -> Iterator[SearchResult]:
    """A training by a metric of one's own: its row is all that there is of it."""
    row = TaskMetric(
        "overshoot",
        "Overshoot",
        True,
        function="tests.automl.test_leaderboard_metrics.measure_overshoot",
    )
    with pytest.MonkeyPatch.context() as patch:
        task = replace(REGRESSION, extra_metrics=(*REGRESSION.extra_metrics, row))
        patch.setitem(TASKS, "regression", task)  # type: ignore[arg-type]
        table, config = load("insurance", metric="overshoot", include=("lr", "dt", "dummy"))
        yield run_experiment(table, config)


def test_a_metric_of_ones_own_is_a_column_and_ranks_the_models(own: SearchResult) -> None:
    assert own.leaderboard["Overshoot"].is_monotonic_increasing
    assert own.model_id == own.leaderboard["Overshoot"].idxmin() == "dt"
    rows = own.holdout_predictions
    expected = measure_overshoot(rows["charges"], rows["prediction_label"])
    assert own.holdout["Overshoot"] == pytest.approx(expected, abs=1e-4)


def test_the_gate_and_the_screen_know_which_way_is_better(own: SearchResult) -> None:
    evidence: Any = type("Evidence", (), {"trained": own})
    first, second = build_metrics(evidence)
    assert (first.name, first.sign, second.name) == ("Overshoot", -1, "R2")
    with LiveProgress(terminal(), "overshoot") as progress:
        for candidate in own.candidates:
            progress.model_finished(candidate.id, candidate.metrics, 1.0)
        assert progress.ranked() == list(own.leaderboard.index)


def test_a_search_with_it_is_kept_and_read_back(own: SearchResult, tmp_path: Path) -> None:
    kept = Checkpoint(tmp_path / "kept", "fingerprint")
    kept.save("experiment", own)
    back = kept.load("experiment")
    assert back is not None
    assert back.metric == own.metric
    names = back.experiment.get_metrics()["Display Name"]
    assert list(names) == [*(m.column for m in REGRESSION.metrics), "Overshoot"]


def test_a_metric_that_nobody_names_is_no_column(tmp_path: Path) -> None:
    table, config = load("insurance")
    experiment = set_up(table, config, str(tmp_path))
    assert list(experiment.get_metrics().index) == [metric.id for metric in REGRESSION.metrics]
    assert find_deciding_metric(table, config).column == "R2"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"compare": {"metrics": ["medea"]}}, r"\[compare\] metrics: got 'medea'"),
        ({"compare": {"metrics": "medae"}}, r"\[compare\] metrics: got"),
        ({"compare": {"metrics": ["bacc"]}, "task": "regression"}, "a metric of regression"),
        ({"threshold": {"optimize": "logloss"}}, "got Log Loss, expected a metric that depends"),
    ],
)
def test_what_is_no_metric_is_refused_before_anything_is_read(
    settings: dict[str, Any], message: str
) -> None:
    with pytest.raises(ConfigError, match=message):
        TrainConfig(dataset="insurance", **settings)
