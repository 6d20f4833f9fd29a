"""Scores a pandas frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.runtime.predictions import Predictions

if TYPE_CHECKING:
    from pipeline.runtime.scorer import Scorer


def score_rows(scorer: Scorer, frame: pd.DataFrame) -> Predictions:
    """The graph's answers for raw rows."""
    outputs = scorer.predict(list_columns(frame))
    return Predictions(outputs["prediction_label"], outputs.get("prediction_score"))


def list_columns(frame: pd.DataFrame) -> dict[str, Any]:
    """The (N,) values of each column."""
    return {str(c): frame[c].to_numpy() for c in frame}
