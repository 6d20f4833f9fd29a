"""Shorthands: rows of one table on trial, and what its graph answers to them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.automl.experiment import Trained
from pipeline.data.dataset import Dataset
from pipeline.export.model import export
from pipeline.parity.difference import Bounds
from pipeline.parity.explain import compare_rows
from pipeline.parity.pycaret_reference import answers
from pipeline.parity.trial import Rows, Trial
from pipeline.runtime.frames import scored
from pipeline.runtime.predictions import Predictions
from pipeline.runtime.scorer import Scorer


def on_trial(
    known: Trained,
    rows: pd.DataFrame,
    ours: Predictions,
    bounds: Bounds,
    beside: pd.DataFrame | None = None,
) -> Trial:
    """Answers that pass for the graph's, against PyCaret's own for the same rows."""
    words = np.full(len(rows), "any", object)
    on = Rows(rows, words, words, rows if beside is None else beside)
    return compare_rows(known, ours, on, answers(known, rows), bounds)


def graph(known: Trained, dataset: Dataset, rows: pd.DataFrame) -> Predictions:
    """The answers of the exported graph."""
    return scored(Scorer(export(known, dataset).data), rows)
