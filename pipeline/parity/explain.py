"""Explains rows that fail the comparison, one explanation after another."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.convert.submodels import computes_in_single
from pipeline.parity.difference import Bounds, measure_difference
from pipeline.parity.explanations.batch_dtypes import OtherBatch, SinglePrecision
from pipeline.parity.explanations.explanation import Explanation
from pipeline.parity.explanations.float_noise import ExactValue, LastDigits, OwnNoise
from pipeline.parity.explanations.imputer_ties import ImputerTies
from pipeline.parity.explanations.input_rounding import InputRounding
from pipeline.parity.explanations.neighbor_ties import NeighborTies
from pipeline.parity.pycaret_reference import PyCaretAnswers
from pipeline.parity.trial import Trial, TrialRows
from pipeline.runtime.predictions import Predictions

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult

EXPLANATIONS: tuple[Explanation, ...] = (
    OtherBatch(),
    SinglePrecision(),
    NeighborTies(),
    ImputerTies(),
    InputRounding(),
    ExactValue(),
    LastDigits(),
    OwnNoise(),
)
"""What may explain a failing row, in this order; docs/coverage.md has the table of them."""


def compare_rows(
    trained: SearchResult,
    ours: Predictions,
    rows: TrialRows,
    theirs: PyCaretAnswers,
    bounds: Bounds,
) -> Trial:
    """Compare the graph's answers with PyCaret's, and explain rows outside the bounds."""
    found = measure_difference(ours, theirs, bounds)
    native = computes_in_single(trained.pipeline.steps[-1][1])
    none = np.zeros(len(rows.frame), dtype=bool)
    trial = Trial(
        rows=rows,
        ours=ours,
        theirs=theirs,
        errors=found.errors,
        flips=found.flips,
        bounds=np.full(len(none), bounds.single if native else bounds.exact),
        ties=none,
        regrouped=none,
        noisy=none,
        rounded=none,
    )
    for explanation in EXPLANATIONS:
        if trial.failed.any() and explanation.applies(trained, trial):
            trial = explanation.explain(trained, trial, bounds)
    return trial
