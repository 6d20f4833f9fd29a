"""Rows of the holdout, as many as there is time for."""

from __future__ import annotations

from pipeline.report.holdout_sample import LEAST_ROWS, ScoringBudget, sample_holdout
from pipeline.track.training_result import Converted


def test_the_sample_keeps_its_budget(insurance: Converted) -> None:
    passes = 10
    few = sample_holdout(insurance, passes, ScoringBudget(rows=100, total=10**9, seconds=60))
    fewer = sample_holdout(
        insurance, passes, ScoringBudget(rows=100, total=50 * passes, seconds=60)
    )
    assert few is not None
    assert fewer is not None
    assert (len(few.actual), len(fewer.actual)) == (100, 50)
    assert few.frame.index.isin(insurance.trained.holdout_predictions.index).all()
    assert list(few.frame.index[:50]) == list(fewer.frame.index)
    assert (
        sample_holdout(insurance, passes, ScoringBudget(100, (LEAST_ROWS - 1) * passes, 60)) is None
    )
    assert sample_holdout(insurance, passes, ScoringBudget(100, 10**9, 0)) is None
