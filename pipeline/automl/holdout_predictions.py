"""Predicts the holdout with a fitted model, and computes its metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.automl.cross_validate import read_scores
from pipeline.automl.failures import add_probability_metrics, treat_failures_as_missing

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.tasks import Task


def predict_holdout(
    experiment: Any, model: Any, task: Task, rows: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Predictions, unrounded, and their metrics as PyCaret shows them.

    Args:
        model: a fitted model of it, or for other rows a whole pipeline.
        task: of a classification there are also columns `prediction_score_<label>`.
        rows: with the target; the experiment's holdout if None. PyCaret forgets that it was asked.
    """
    with treat_failures_as_missing():
        predicted = task.predict(experiment, model, rows)
    found = read_scores(experiment.pull(pop=rows is not None).round(4).iloc[0])
    if experiment.is_multiclass:
        found = add_probability_metrics(experiment, predicted, found)
    return predicted, found
