"""When two predictions count as the same, at the ends of the numbers."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import replace

import numpy as np
import pytest

from pipeline.convert.pycaret_pipeline import shrunk
from pipeline.parity.difference import LARGEST, Bounds, difference
from pipeline.parity.pycaret_reference import Answers, answers
from pipeline.runtime.predictions import Predictions
from tests.tables import trained

BOUNDS = Bounds(exact=1e-9, single=1e-5, scale=1.0)


def test_an_infinite_prediction_is_the_largest_number_that_predict_model_makes_of_it() -> None:
    known, dataset = trained("insurance", "lr")
    rows = dataset.frame[list(dataset.features)].head(50)
    pipeline = deepcopy(known.pipeline)
    model = pipeline.steps[-1][1]
    model.coef_ = np.where(np.arange(len(model.coef_)) == 0, LARGEST / 40, 0.0)  # of the age
    predicted = np.asarray(pipeline.predict(shrunk(rows)), dtype=float)
    assert 0 < np.isinf(predicted).sum() < len(rows)
    theirs = answers(replace(known, pipeline=pipeline), rows)
    assert np.isfinite(theirs.labels).all()
    same = difference(Predictions(predicted, None), theirs, BOUNDS)
    assert same.within(BOUNDS.exact).all()
    itself = difference(
        Predictions(predicted, None), Answers.of(Predictions(predicted, None)), BOUNDS
    )
    assert (itself.errors == 0.0).all()
    other = difference(Predictions(-predicted, None), theirs, BOUNDS)
    assert not other.within(BOUNDS.exact).any()


@pytest.mark.parametrize("answer", [0.0, 1e300, LARGEST])
def test_a_missing_prediction_is_none_of_them(answer: float) -> None:
    theirs = Answers.of(Predictions(np.array([answer]), None))
    found = difference(Predictions(np.array([np.nan]), None), theirs, BOUNDS)
    assert not found.within(BOUNDS.single).any()
