"""Scores that fail are missing and never rank; those that PyCaret computes are its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import chdir
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.metrics import roc_auc_score

from pipeline.automl.compare import search_models
from pipeline.automl.ensembles import EnsembleContext, compose_models
from pipeline.automl.holdout_predictions import predict_holdout
from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.config.train_config import TrainConfig
from pipeline.errors import ConfigError
from pipeline.system.progress import Silent
from pipeline.tasks import CLASSIFICATION

SCORED = ["knn", "nb", "dt", "rf"]
"""Models without a decision_function, whose AUC PyCaret computes."""
REFUSED = ["lr", "lda", "gbc", "lightgbm"]
"""Models with one, whose AUC of three classes PyCaret cannot compute."""


@pytest.fixture(scope="module", autouse=True)
def work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with chdir(tmp_path_factory.mktemp("work")), isolate_pycaret():
        yield


def three_classes(rows: int = 210) -> pd.DataFrame:
    random = np.random.default_rng(3)
    x, noise = random.normal(size=rows), random.normal(size=rows)
    kinds = np.select([x + 0.4 * noise > 1.3, x + 0.4 * noise > 0], ["rare", "some"], "most")
    return pd.DataFrame({"x": x, "kind": random.choice(list("ab"), rows), "y": kinds})


def set_up(frame: pd.DataFrame) -> Any:
    from pycaret.classification import ClassificationExperiment

    return ClassificationExperiment().setup(
        frame, target="y", session_id=1, fold=3, n_jobs=1, html=False, verbose=False
    )


@pytest.fixture(scope="module")
def kinds(work: None) -> Any:
    return set_up(three_classes())


def out_of_fold_auc(experiment: Any, fresh: Any) -> float:
    """By hand: the mean over PyCaret's folds of scikit-learn's weighted one-vs-rest AUC."""
    rows, target = experiment.X_train_transformed, experiment.y_train_transformed
    found = []
    for train, test in experiment.fold_generator.split(rows, target):
        # one-hot columns and codes of classes are the same in every fold of this table
        model = clone(fresh).fit(rows.iloc[train], target.iloc[train])
        given = model.predict_proba(rows.iloc[test])
        found.append(roc_auc_score(target.iloc[test], given, average="weighted", multi_class="ovr"))
    return float(np.mean(found))


def test_the_auc_of_three_classes_is_that_of_the_probabilities(kinds: Any) -> None:
    found = search_models(kinds, {"sort": "auc", "include": REFUSED}, Silent())
    board = found.leaderboard
    kinds.compare_models(include=REFUSED, verbose=False)
    assert (kinds.pull()["AUC"] == 0.0).all()
    for model_id in REFUSED:
        fresh = kinds.create_model(model_id, cross_validation=False, verbose=False)
        by_hand = out_of_fold_auc(kinds, fresh)
        assert board.loc[model_id, "AUC"] == pytest.approx(by_hand, abs=1e-4)
    assert list(board["AUC"]) == sorted(board["AUC"], reverse=True)


def test_every_other_score_and_the_order_are_pycarets_own(kinds: Any) -> None:
    models = [*SCORED, *REFUSED[:1], "ridge", "dummy"]
    ours = search_models(kinds, {"sort": "acc", "include": models}, Silent()).leaderboard
    kinds.compare_models(include=models, sort="acc", verbose=False)
    theirs = kinds.pull()
    pd.testing.assert_frame_equal(
        ours.drop(columns=["TT (Sec)", "AUC"]),
        theirs.drop(columns=["TT (Sec)", "AUC"]),
        check_exact=True,
    )
    real = [*SCORED, "dummy"]
    assert (ours.loc[real, "AUC"] == theirs.loc[real, "AUC"]).all()
    assert (ours.loc["dummy", ["Kappa", "MCC"]] == 0.0).all()  # real zeros


@pytest.mark.parametrize("order", [["ridge", "dummy", "dt"], ["dt", "ridge", "dummy"]])
def test_a_model_without_the_metric_comes_after_all_that_have_it(
    kinds: Any, order: list[str]
) -> None:
    found = search_models(kinds, {"sort": "auc", "include": order}, Silent())
    assert list(found.leaderboard.index) == ["dt", "dummy", "ridge"]
    assert math.isnan(found.leaderboard.loc["ridge", "AUC"])


def test_a_search_by_a_metric_that_no_model_has_is_refused(kinds: Any) -> None:
    with pytest.raises(ConfigError, match="AUC could not be computed for any of 2 models"):
        search_models(kinds, {"sort": "auc", "include": ["ridge", "svm"]}, Silent())


class Moody(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Cannot be fitted on rows whose first column goes beyond `most`."""

    def __init__(self, most: float = 0.0) -> None:
        self.most = most

    def fit(self, X: Any, y: Any) -> Moody:
        if np.asarray(X)[:, 0].max() > self.most:
            raise ValueError("not in the mood")
        self.classes_ = np.unique(y)
        return self

    def predict(self, X: Any) -> Any:
        return np.resize(self.classes_, len(X))


def test_a_model_of_which_a_fold_fails_has_failed(
    kinds: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """PyCaret counts the fold as zero."""
    second, largest = kinds.X_train["x"].nlargest(2).iloc[::-1]  # not in one training part of three
    for models in (kinds._all_models, kinds._all_models_internal):
        monkeypatch.setattr(models["knn"], "class_def", Moody)
        monkeypatch.setattr(models["knn"], "args", {"most": (second + largest) / 2})
    found = search_models(kinds, {"sort": "acc", "include": ["dt", "knn"]}, Silent())
    assert list(found.leaderboard.index) == ["dt"]
    assert "model knn failed and is left out: ValueError: not in the mood" in caplog.text


@pytest.mark.parametrize("model_id", ["dummy", "qda", "lr"])
def test_the_holdouts_auc_is_that_of_the_probabilities(kinds: Any, model_id: str) -> None:
    """PyCaret hands on those of one class where a model names at most two of three."""
    model = kinds.create_model(model_id, verbose=False)
    predicted, metrics = predict_holdout(kinds, model, CLASSIFICATION)
    scores = predicted[[c for c in predicted if str(c).startswith("prediction_score")]]
    theirs = roc_auc_score(predicted["y"], scores, average="weighted", multi_class="ovr")
    assert metrics["AUC"] == pytest.approx(theirs, abs=5e-5)
    kinds.predict_model(model, verbose=False)
    for name, value in metrics.items():
        if name != "AUC":
            assert value == kinds.pull()[name][0]


def test_a_holdouts_metric_that_cannot_be_computed_is_missing(kinds: Any) -> None:
    _, metrics = predict_holdout(kinds, kinds.create_model("ridge", verbose=False), CLASSIFICATION)
    assert math.isnan(metrics.pop("AUC"))
    assert not any(map(math.isnan, metrics.values()))


def composed(kinds: Any, **steps: Any) -> Any:
    found = search_models(kinds, {"sort": "auc", "include": ["dt", "lda"]}, Silent())
    return compose_models(
        EnsembleContext(kinds, found, CLASSIFICATION.metrics[1]),
        TrainConfig(fold=3, **steps),
        Silent(),
    )


def test_a_blend_without_the_metric_is_kept_as_asked_for_but_not_ranked(
    kinds: Any, caplog: pytest.LogCaptureFixture
) -> None:
    made = composed(kinds, blend={"top": 2, "method": "hard"})
    assert made.model.id == made.found.leaderboard.index[-1] == "blend(lda+dt)"
    assert math.isnan(made.found.leaderboard["AUC"].iloc[-1])
    assert "AUC nan in cross-validation, lda alone" in caplog.text


def test_nothing_is_chosen_by_a_metric_that_it_does_not_have(kinds: Any) -> None:
    with pytest.raises(ConfigError, match=r"\[blend\]: AUC of .* could not be computed"):
        composed(kinds, blend={"top": 2, "method": "hard", "choose_better": True})


def test_tuning_by_the_auc_of_three_classes_is_by_probabilities(kinds: Any) -> None:
    made = composed(kinds, tune={"n_iter": 2, "choose_better": False})
    assert made.model.id == "tune(lda)"
    by_hand = out_of_fold_auc(kinds, made.model.estimator)
    assert made.found.leaderboard.loc["tune(lda)", "AUC"] == pytest.approx(by_hand, abs=1e-4)
