"""PyCaret's metrics of any predictions, held against scikit-learn's own."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    f1_score,
    mean_absolute_error,
    r2_score,
    roc_auc_score,
)

from pipeline.automl.leaderboard_metrics import encode_labels
from pipeline.runtime.predictions import Predictions
from pipeline.selection.metric import Metric, build_metrics
from pipeline.tasks import CLASSIFICATION

LABELS = ("no", "yes")
ACTUAL = np.array(["no", "yes", "yes", "no", "yes"], dtype=object)
SAID = Predictions(
    np.array(["no", "yes", "no", "no", "yes"], dtype=object),
    np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3], [0.1, 0.9]]),
)
NUMBERS = np.array([1.0, 2.0, 4.0])
GUESSES = Predictions(np.array([1.5, 2.0, 3.0]), None)


def metric(function: Any, labels: Any = None, sign: float = 1.0, **more: Any) -> Metric:
    options = {"arguments": {}, "probable": False, **more}
    return Metric("any", sign, labels, function, **options)


def test_greater_is_better_whatever_the_metric() -> None:
    assert metric(r2_score).value(NUMBERS, GUESSES) == r2_score(NUMBERS, GUESSES.labels)
    error = mean_absolute_error(NUMBERS, GUESSES.labels)
    assert metric(mean_absolute_error, sign=-1.0).value(NUMBERS, GUESSES) == -error


def test_classes_are_their_numbers_and_arguments_are_handed_on() -> None:
    codes, given = encode_labels(ACTUAL, LABELS), encode_labels(SAID.labels, LABELS)
    assert codes.tolist() == [0, 1, 1, 0, 1]
    assert metric(accuracy_score, LABELS).value(ACTUAL, SAID) == (codes == given).mean()
    weighted = metric(f1_score, LABELS, arguments={"average": "weighted"})
    assert weighted.value(ACTUAL, SAID) == f1_score(codes, given, average="weighted")
    assert encode_labels(np.array([2, 0]), (0, 1, 2)).tolist() == [2, 0]
    with pytest.raises(KeyError):
        encode_labels(np.array(["maybe"]), LABELS)


def test_probabilities_are_those_of_the_second_of_two_classes() -> None:
    codes = encode_labels(ACTUAL, LABELS)
    auc = metric(roc_auc_score, LABELS, probable=True)
    assert SAID.scores is not None
    assert auc.value(ACTUAL, SAID) == roc_auc_score(codes, SAID.scores[:, 1])
    three = Predictions(SAID.labels, np.full((5, 3), 1 / 3))
    assert auc.given(three) is three.scores
    assert math.isnan(auc.value(ACTUAL, Predictions(SAID.labels, None)))


def test_what_cannot_be_computed_is_no_number() -> None:
    auc = metric(roc_auc_score, LABELS, probable=True)
    assert math.isnan(auc.value(ACTUAL[:1], SAID.at([0])))  # one class alone


def test_weights_are_how_often_a_row_counts() -> None:
    often = [0, 1, 1, 2, 4]
    repeated = np.repeat(np.arange(5), often)
    codes, given = encode_labels(ACTUAL, LABELS), encode_labels(SAID.labels, LABELS)
    weighted = metric(accuracy_score, LABELS).of(codes, given, np.array(often))
    assert weighted == accuracy_score(codes[repeated], given[repeated])


@pytest.mark.parametrize(
    ("wanted", "function"), [("auc", roc_auc_score), ("bacc", balanced_accuracy_score)]
)
def test_the_deciding_metric_comes_first_then_the_tasks_own(wanted: str, function: Any) -> None:
    rows = {
        "acc": (accuracy_score, {}),
        "auc": (roc_auc_score, {"average": "weighted"}),
        "bacc": (None, {}),  # what PyCaret is given takes names of classes
    }
    known = pd.DataFrame.from_dict(rows, orient="index", columns=["Score Function", "Args"])
    trained = SimpleNamespace(
        experiment=SimpleNamespace(get_metrics=lambda: known),
        labels=LABELS,
        task=CLASSIFICATION,
        metric=CLASSIFICATION.find_metric(wanted),
    )
    evidence: Any = SimpleNamespace(trained=trained)
    first, second = build_metrics(evidence)
    assert (first.name, first.function) == (trained.metric.column, function)
    assert (first.sign, first.probable) == (1, wanted == "auc")
    assert (second.name, second.function) == ("Accuracy", accuracy_score)
