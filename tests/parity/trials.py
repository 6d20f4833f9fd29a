"""Shorthands: rows of one table on trial, and what its graph answers to them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.automl.experiment import SearchResult
from pipeline.data.dataset import Dataset
from pipeline.export.model import export_model
from pipeline.parity.difference import Bounds
from pipeline.parity.explain import compare_rows
from pipeline.parity.pycaret_reference import predict_with_pycaret
from pipeline.parity.trial import Trial, TrialRows
from pipeline.runtime.frames import score_rows
from pipeline.runtime.predictions import Predictions
from pipeline.runtime.scorer import Scorer


def on_trial(
    known: SearchResult,
    rows: pd.DataFrame,
    ours: Predictions,
    bounds: Bounds,
    beside: pd.DataFrame | None = None,
) -> Trial:
    """Answers that pass for the graph's, against PyCaret's own for the same rows."""
    words = np.full(len(rows), "any", object)
    on = TrialRows(rows, words, words, rows if beside is None else beside)
    return compare_rows(known, ours, on, predict_with_pycaret(known, rows), bounds)


def graph(known: SearchResult, dataset: Dataset, rows: pd.DataFrame) -> Predictions:
    """The answers of the exported graph."""
    return score_rows(Scorer(export_model(known, dataset).data), rows)
