"""The holdout's predictions and metrics, taken from PyCaret without a trace of the question."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from pipeline.automl.holdout_predictions import predict_holdout

HOLDOUT = pd.DataFrame(
    {
        "y": ["a", "b", "c", "a", "b", "c"],
        "prediction_label": ["a", "b", "a", "a", "b", "b"],
        **{
            f"prediction_score_{name}": column
            for name, column in zip(
                "abc",
                np.array(
                    [
                        [0.8, 0.1, 0.1],
                        [0.2, 0.7, 0.1],
                        [0.5, 0.1, 0.4],
                        [0.6, 0.3, 0.1],
                        [0.1, 0.8, 0.1],
                        [0.1, 0.5, 0.4],
                    ]
                ).T,
                strict=True,
            )
        },
    }
)


class Experiment:
    """Shows the metrics of whatever was predicted last."""

    target_param = "y"

    def __init__(self, is_multiclass: bool, **metrics: float) -> None:
        self.is_multiclass = is_multiclass
        self.shown = [pd.DataFrame([{"Model": "any", **metrics}])]
        self.asked: list[Any] = []

    def pull(self, pop: bool = False) -> pd.DataFrame:
        return self.shown.pop() if pop else self.shown[-1]

    def get_metrics(self) -> pd.DataFrame:
        options = {"average": "weighted", "multi_class": "ovr"}
        rows = [("Accuracy", "pred", None, {}), ("AUC", "pred_proba", roc_auc_score, options)]
        return pd.DataFrame(rows, columns=["Display Name", "Target", "Score Function", "Args"])

    def predict(self, _experiment: Any, model: Any, rows: pd.DataFrame | None) -> pd.DataFrame:
        self.asked.append((model, rows))
        return HOLDOUT


def predicted(experiment: Experiment, rows: pd.DataFrame | None = None) -> Any:
    task: Any = SimpleNamespace(predict=experiment.predict)
    return predict_holdout(experiment, "a model", task, rows)


def test_metrics_are_rounded_as_pycaret_shows_them_and_stay_shown() -> None:
    experiment = Experiment(False, Accuracy=0.123456, MAE=2.0)
    rows, metrics = predicted(experiment)
    assert rows is HOLDOUT
    assert metrics == {"Accuracy": 0.1235, "MAE": 2.0}
    assert experiment.asked == [("a model", None)]
    assert len(experiment.shown) == 1


def test_of_other_rows_pycaret_forgets_that_it_was_asked() -> None:
    experiment = Experiment(False, Accuracy=1.0)
    predicted(experiment, HOLDOUT)
    assert experiment.shown == []


@pytest.mark.parametrize("auc", [np.nan, 0.5])
def test_of_three_classes_a_missing_metric_is_that_of_the_probabilities(auc: float) -> None:
    _, metrics = predicted(Experiment(True, Accuracy=0.6667, AUC=auc))
    scores = HOLDOUT[[f"prediction_score_{name}" for name in "abc"]]
    by_hand = roc_auc_score(HOLDOUT["y"], scores, average="weighted", multi_class="ovr")
    assert metrics["AUC"] == (round(by_hand, 4) if np.isnan(auc) else auc)
    assert metrics["Accuracy"] == 0.6667
