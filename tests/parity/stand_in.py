"""A stand-in of PyCaret that answers whatever its tests want to be asked."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd


class Task:
    """Answers x + 1, drops rows without x, and refuses batches that hold a negative number."""

    outputs = ("prediction_label", "prediction_score")

    def __init__(self, predicts: str = "numbers") -> None:
        self.predicts = predicts
        self.batches: list[list[float]] = []

    def predict(self, _experiment: Any, _pipeline: Any, rows: pd.DataFrame) -> pd.DataFrame:
        self.batches.append(rows["x"].tolist())
        if (rows["x"] < 0).any():
            raise ValueError("a negative number")
        kept = rows.dropna()
        if self.predicts == "numbers":
            return kept.assign(prediction_label=kept["x"] + 1)
        labels = np.where(kept["x"] > 1, "many", "few")
        return kept.assign(
            prediction_label=labels, prediction_score_few=0.25, prediction_score_many=0.75
        )


def trained(task: Any, data: pd.DataFrame | None = None, model: Any = None) -> Any:
    """A training with this task, on `data` of a target and the column `x`."""
    pipeline = SimpleNamespace(steps=[("model", model)], feature_names_in_=["x", "target"])
    experiment = SimpleNamespace(dataset=data)
    return SimpleNamespace(task=task, experiment=experiment, pipeline=pipeline)
