"""The holdout: what a fitted model says of rows that it has not seen, and its metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.automl.cross_validate import scores
from pipeline.automl.failures import by_probabilities, failed_is_missing

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.tasks import Task


def held_against(
    experiment: Any, model: Any, task: Task, rows: pd.DataFrame | None = None
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Predictions, unrounded, and their metrics as PyCaret shows them.

    Args:
        model: a fitted model of it, or for other rows a whole pipeline.
        task: of a classification there are also columns `prediction_score_<label>`.
        rows: with the target; the experiment's holdout if None. PyCaret forgets that it was asked.
    """
    with failed_is_missing():
        predicted = task.predict(experiment, model, rows)
    found = scores(experiment.pull(pop=rows is not None).round(4).iloc[0])
    if experiment.is_multiclass:
        found = by_probabilities(experiment, predicted, found)
    return predicted, found
