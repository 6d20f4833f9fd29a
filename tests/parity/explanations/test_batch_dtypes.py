"""What the dtypes of a whole batch decide of one row, with a PyCaret that shows it."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsRegressor

from pipeline.parity.difference import Bounds
from pipeline.parity.explanations.batch_dtypes import OtherBatch, SinglePrecision
from pipeline.parity.trial import Trial
from pipeline.runtime.predictions import Predictions
from tests.parity.stand_in import trained
from tests.parity.trials import plain_trial

BOUNDS = Bounds(exact=1e-12, single=1e-5, scale=1.0)
INCOMES = [16777217.0, np.nan, 3.0]


class Shrinking:
    """Answers the income as it holds it: float32, unless all of the batch are integers."""

    outputs = ("prediction_label",)
    predicts = "numbers"

    def predict(self, _experiment: Any, _pipeline: Any, rows: pd.DataFrame) -> pd.DataFrame:
        held = rows["x"] if rows["x"].dtype.kind == "i" else rows["x"].astype(np.float32)
        return rows.assign(prediction_label=held.astype(float).fillna(0.0))


def trial_of(errors: list[float], single: list[bool] | None = None) -> Trial:
    trial = plain_trial(errors, frame=pd.DataFrame({"x": INCOMES}))
    ours = Predictions(np.nan_to_num(np.array(INCOMES)), None)
    theirs = replace(trial.theirs, single=np.array(single or [False] * len(errors)))
    bounds = np.full(len(errors), BOUNDS.exact)
    return replace(trial, ours=ours, theirs=theirs, bounds=bounds)


def test_an_integer_beside_a_gap_is_answered_alone_as_the_graph_does() -> None:
    whole = pd.DataFrame({"x": [1, 2], "target": [0.0, 1.0]})
    known = trained(Shrinking(), whole)
    # beside the gap PyCaret holds 16777216; companions of the batch are integers, as in the table
    trial = trial_of([1 / 16777217, 0.0, 0.0])
    trial = replace(trial, rows=replace(trial.rows, beside=whole[["x"]]))
    assert trial.failed.tolist() == [True, False, False]
    found = OtherBatch().explain(known, trial, BOUNDS)
    assert not found.failed.any()
    assert found.regrouped.tolist() == [True, False, False]


@pytest.mark.parametrize("targets", [np.float32, np.float64])
def test_rows_in_float32_have_its_bound_and_so_have_means_of_such_targets(targets: Any) -> None:
    model = KNeighborsRegressor(1).fit([[0.0], [1.0]], np.array([1, 2], dtype=targets))
    known = trained(SimpleNamespace(predicts="numbers"), None, model)
    trial = trial_of([1e-7, 1e-7, 1e-3], [True, False, True])
    found = SinglePrecision().explain(known, trial, BOUNDS)
    averaged = targets is np.float32
    widened = np.where([True, averaged, True], BOUNDS.single, BOUNDS.exact)
    np.testing.assert_array_equal(found.bounds, widened)
    assert found.failed.tolist() == [False, not averaged, True]


def test_a_row_that_does_not_fail_keeps_its_bound() -> None:
    known = trained(SimpleNamespace(predicts="numbers"))
    trial = trial_of([0.0, 1e-7, 0.0], [True, True, True])
    found = SinglePrecision().explain(known, trial, BOUNDS)
    assert found.bounds.tolist() == [BOUNDS.exact, BOUNDS.single, BOUNDS.exact]
