"""Shorthands: rows on trial, of one table with what its graph answers, or of none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.automl.experiment import SearchResult
from pipeline.data.dataset import Dataset
from pipeline.export.model import export_model
from pipeline.parity.difference import Bounds
from pipeline.parity.explain import compare_rows
from pipeline.parity.pycaret_reference import PyCaretAnswers, predict_with_pycaret
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


def plain_trial(
    errors: Sequence[float],
    columns: Sequence[str] | None = None,
    kinds: Sequence[str] | None = None,
    frame: pd.DataFrame | None = None,
    **flags: Sequence[bool],
) -> Trial:
    """Rows under test that no model has answered: with bounds of 1, and flags that are given."""
    count = len(errors)
    frame = pd.DataFrame({"x": range(count)}) if frame is None else frame
    words = [np.array(w or ["any"] * count, dtype=object) for w in (columns, kinds)]
    none = np.zeros(count, dtype=bool)
    marks = {name: np.array(values, dtype=bool) for name, values in flags.items()}
    answers = Predictions(np.arange(count, dtype=float), None)
    theirs = PyCaretAnswers(answers.labels, None, none, marks.pop("refused", none))
    names = ("flips", "ties", "regrouped", "noisy", "rounded")
    return Trial(
        rows=TrialRows(frame, *words, frame),
        ours=answers,
        theirs=theirs,
        errors=np.array(errors, dtype=float),
        bounds=np.ones(count),
        **{name: marks.get(name, none) for name in names},
    )
