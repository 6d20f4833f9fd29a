"""The guard: what the metric cannot tell, a proper score of the probabilities does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import brier_score_loss
from sklearn.model_selection import cross_val_predict

from pipeline.automl.brier import compute_brier
from pipeline.automl.compare import Search, search_models
from pipeline.automl.dummy_check import compare_with_dummy
from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.system.progress import Silent


@pytest.fixture(scope="module", autouse=True)
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with chdir(tmp_path_factory.mktemp("work")), isolate_pycaret():
        yield


def few_positives(informative: bool) -> pd.DataFrame:
    """One row in twenty is a Yes, and no row is more likely a Yes than a No."""
    random = np.random.default_rng(5)
    rows = 1200
    x = random.exponential(size=rows)
    odds = np.exp(-4.6 + 1.1 * np.minimum(x, 3.0)) if informative else np.full(rows, 0.05)
    y = np.where(random.random(rows) < odds / (1 + odds), "Yes", "No")
    return pd.DataFrame({"x": x, "z": random.normal(size=rows), "y": y})


def compared(frame: pd.DataFrame, include: list[str]) -> tuple[Any, Search]:
    from pycaret.classification import ClassificationExperiment

    experiment = ClassificationExperiment().setup(
        frame, target="y", session_id=1, fold=5, n_jobs=1, html=False, verbose=False
    )
    return experiment, search_models(experiment, {"sort": "acc", "include": include}, Silent())


@pytest.fixture(scope="module")
def rare(work: None) -> tuple[Any, Search]:
    return compared(few_positives(True), ["dummy", "ridge", "lr", "dt"])


def test_a_model_that_says_more_than_the_frequencies_is_chosen_and_that_is_said(
    rare: tuple[Any, Search],
) -> None:
    experiment, found = rare
    board = found.leaderboard["Accuracy"]
    assert board.loc["lr"] <= board.loc["dummy"], "accuracy tells nothing"
    verdict = compare_with_dummy(experiment, found, {"sort": "acc"})
    assert (verdict.model_id, verdict.nothing_learned) == ("lr", "")
    minority = int((experiment.y_train == "Yes").sum())
    assert f"of {minority} rows of Yes" in verdict.text


def test_a_metric_that_tells_needs_no_second_opinion(rare: tuple[Any, Search]) -> None:
    experiment, found = rare
    board = found.leaderboard.sort_values("AUC", ascending=False)
    by_auc = Search(found.names, found.outcomes, board)
    verdict = compare_with_dummy(experiment, by_auc, {"sort": "auc"})
    assert (verdict.model_id, verdict.text) == (board.index[0], "")


def test_the_score_is_that_of_scikit_learn_over_the_same_folds(rare: tuple[Any, Search]) -> None:
    experiment, found = rare
    outcome = next(o for o in found.outcomes if o.model_id == "lr")
    assert outcome.record is not None
    rows, target = experiment.X_train_transformed, experiment.y_train_transformed
    folds = list(outcome.record["cv"].split(rows, target))
    given = cross_val_predict(
        outcome.record["model"], rows, target, cv=folds, method="predict_proba"
    )[:, 1]
    mine = compute_brier(experiment, outcome)
    by_hand = [2 * brier_score_loss(target.iloc[test], given[test]) for _, test in folds]
    constant = [
        2 * brier_score_loss(target.iloc[test], np.full(len(test), target.iloc[train].mean()))
        for train, test in folds
    ]
    assert mine.score == pytest.approx(np.mean(by_hand), rel=1e-5)
    assert mine.gains == pytest.approx(np.subtract(constant, by_hand), abs=1e-6)
    assert mine.hits == int(((given > 0.5) & (target == 1)).sum())


def test_noise_beside_few_positives_is_nothing_learned(work: None) -> None:
    experiment, found = compared(few_positives(False), ["dummy", "lr", "nb", "dt"])
    verdict = compare_with_dummy(experiment, found, {"sort": "acc"})
    assert verdict.nothing_learned
    assert verdict.model_id != "dummy"


@pytest.mark.parametrize("missing", [np.nan, -np.inf])
def test_a_metric_that_failed_in_a_fold_speaks_for_no_model(
    rare: tuple[Any, Search], missing: float
) -> None:
    experiment, found = rare
    outcomes = [replace(o, record=failed_in_one_fold(o.record, missing)) for o in found.outcomes]
    verdict = compare_with_dummy(experiment, replace(found, outcomes=outcomes), {"sort": "acc"})
    assert verdict.nothing_learned


def failed_in_one_fold(record: Any, missing: float) -> Any:
    scores = record["scores"].copy()
    scores.loc[scores.index[0], "AUC"] = missing
    return {**record, "scores": scores}
