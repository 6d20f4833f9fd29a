"""Sections that compose models: what contradicts itself is refused before anything is read."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.config.sections import STEPS
from pipeline.config.train_config import TrainConfig
from pipeline.errors import ConfigError
from pipeline.tasks import CLASSIFICATION

NOT_BOOSTED = (*CLASSIFICATION.without_weights, *CLASSIFICATION.without_probabilities)


def refusal(**values: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        TrainConfig(**values)
    return str(caught.value)


@pytest.mark.parametrize(
    "values",
    [
        {section: {} for section in STEPS},
        {"blend": {"top": 4}, "stack": {"models": ["lr"], "meta": "ridge"}},
        {"include": ("ridge", "lr"), "blend": {"weights": [2, 0]}},
        {"include": ("ridge",), "blend": {"models": ["lr", "dt"], "method": "soft"}},
        {"include": ("ridge",), "calibrate": {}, "threshold": {}},
        {"include": ("ridge",), "ensemble": {}, "threshold": {"optimize": "F1"}},
        {"include": ("knn",), "ensemble": {"method": "Boosting"}, "task": "regression"},
        {"blend": {"method": "hard"}, "stack": {}, "calibrate": {}},
        {"metric": "AUC", "threshold": {"probability_threshold": 0.3}},
        {"metric": "AUC", "threshold": {"optimize": "F1", "n": 4}},
        {"stack": {"meta_model_fold": None}},
        {"compare": {"cross_validation": False}},
    ],
)
def test_sections_that_make_sense_pass(values: dict[str, Any]) -> None:
    assert TrainConfig(**values)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"ensemble": {"method": "boosting"}}, "got 'boosting', expected 'Bagging' or 'Boosting'"),
        ({"blend": {"method": "median"}}, "expected 'auto' or 'soft' or 'hard'"),
        ({"stack": {"method": "proba"}}, "or 'predict_proba' or"),
        ({"calibrate": {"method": "platt"}}, "expected 'sigmoid' or 'isotonic'"),
        ({"ensemble": {"n_estimators": 0}}, "[ensemble] n_estimators: got 0, expected at least 1"),
        ({"stack": {"meta_model_fold": 1}}, "expected at least 2"),
        ({"blend": {"top": 1}}, "[blend] top: got 1, expected at least 2"),
        ({"blend": {"top": 2, "models": ["lr", "dt"]}}, "got both, expected one of them"),
        ({"blend": {"models": ["lr"]}}, "[blend] members: got 1, expected at least 2"),
        ({"stack": {"models": []}}, "[stack] members: got 0, expected at least 1"),
        ({"blend": {"models": ["lr", "lgbm"]}}, "Did you mean 'lightgbm'?"),
        ({"blend": {"models": ["lr", "lr"]}}, "expected every id once"),
        ({"stack": {"meta": "gbc"}, "task": "regression"}, "a model id of regression"),
        ({"include": ("lr",), "blend": {}}, "[blend] members: got 1, expected at least 2"),
        ({"include": ("lr", "dt"), "stack": {"top": 3}}, "[stack] top: got 3, expected at most 2"),
        ({"blend": {"weights": [1, 2]}}, "[blend] weights: got 2 of them, expected 3"),
        ({"blend": {"top": 5, "weights": [1, 2]}}, "expected 5"),
        ({"include": ("lr", "dt"), "blend": {"weights": [1, 2, 3]}}, "expected 2"),
        ({"blend": {"top": 2, "weights": [0, 0]}}, "not all of them 0"),
        ({"blend": {"top": 2, "weights": [2, -1]}}, "numbers from 0 up"),
        ({"blend": {"method": "soft", "models": ["lr", "svm"]}}, "Leave svm out"),
        ({"stack": {"method": "predict_proba", "models": ["ridge"]}}, "Leave ridge out"),
        ({"blend": {"method": "hard"}, "calibrate": {}}, "[calibrate] model: got a blend that"),
        ({"blend": {"method": "hard"}, "threshold": {}}, "[threshold] model: got a blend that"),
        ({"blend": {"models": ["lr", "svm"]}, "calibrate": {}}, "got a blend that counts votes"),
        ({"stack": {"meta": "ridge"}, "threshold": {}}, "got a stack under ridge"),
        ({"include": ("svm",), "threshold": {}}, "[threshold] model: got svm"),
        ({"threshold": {"probability_threshold": 1.5}}, "expected between 0 and 1"),
        ({"threshold": {"probability_threshold": 0.5, "n": 3}}, "got beside probability_threshold"),
        ({"threshold": {"optimize": "acuracy"}}, "Did you mean 'Accuracy'?"),
        ({"threshold": {"optimize": "auc"}}, "expected a metric that depends on it"),
        ({"metric": "AUC", "threshold": {}}, "expected a metric that depends on it"),
        ({"blend": {}, "compare": {"cross_validation": False}}, "leave out [blend]"),
        ({"tune": {}, "compare": {"cross_validation": False}}, "leave out [tune]"),
        ({"stack": {}, "compare": {"probability_threshold": 0.3}}, "Put it under [threshold]"),
        ({"calibrate": {}, "task": "regression"}, "a section for classification"),
        ({"threshold": {}, "task": "regression"}, "a section for classification"),
    ],
)
def test_nonsense_says_got_expected_and_what_to_do(values: dict[str, Any], says: str) -> None:
    assert says in refusal(**values)


@pytest.mark.parametrize("model", NOT_BOOSTED)
def test_a_classifier_that_cannot_be_boosted_is_refused_once_the_task_is_known(model: str) -> None:
    config = TrainConfig(include=(model,), ensemble={"method": "Boosting"})
    with pytest.raises(ConfigError, match=f"got Boosting over {model}.*Use Bagging"):
        config.for_task("classification")


def test_a_config_keeps_its_sections_when_its_task_becomes_known() -> None:
    config = TrainConfig(blend={"top": 2, "weights": None}, stack={"meta_model_fold": "none"})
    again = config.for_task("classification")
    assert (again.blend, again.stack) == (config.blend, {"meta_model_fold": None})
