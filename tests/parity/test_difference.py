"""When two predictions count as the same, at the ends of the numbers."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from pipeline.convert.pycaret_pipeline import shrink_dtypes
from pipeline.parity.difference import LARGEST, Bounds, measure_difference
from pipeline.parity.pycaret_reference import PyCaretAnswers, predict_with_pycaret
from pipeline.runtime.predictions import Predictions
from tests.tables import trained

BOUNDS = Bounds(exact=1e-9, single=1e-5, scale=1.0)


def test_an_infinite_prediction_is_the_largest_number_that_predict_model_makes_of_it() -> None:
    known, dataset = trained("insurance", "lr")
    rows = dataset.frame[list(dataset.features)].head(50)
    pipeline = deepcopy(known.pipeline)
    model = pipeline.steps[-1][1]
    model.coef_ = np.where(np.arange(len(model.coef_)) == 0, LARGEST / 40, 0.0)  # of the age
    predicted = np.asarray(pipeline.predict(shrink_dtypes(rows)), dtype=float)
    assert 0 < np.isinf(predicted).sum() < len(rows)
    theirs = predict_with_pycaret(replace(known, pipeline=pipeline), rows)
    assert np.isfinite(theirs.labels).all()
    same = measure_difference(Predictions(predicted, None), theirs, BOUNDS)
    assert same.within(BOUNDS.exact).all()
    itself = measure_difference(
        Predictions(predicted, None), PyCaretAnswers.of(Predictions(predicted, None)), BOUNDS
    )
    assert (itself.errors == 0.0).all()
    other = measure_difference(Predictions(-predicted, None), theirs, BOUNDS)
    assert not other.within(BOUNDS.exact).any()


@pytest.mark.parametrize("answer", [0.0, 1e300, LARGEST])
def test_a_missing_prediction_is_none_of_them(answer: float) -> None:
    theirs = PyCaretAnswers.of(Predictions(np.array([answer]), None))
    found = measure_difference(Predictions(np.array([np.nan]), None), theirs, BOUNDS)
    assert not found.within(BOUNDS.single).any()
