"""Rows on trial against PyCaret's answers, and what may explain one that fails."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from pipeline.convert.submodels import single_native
from pipeline.parity.difference import Bounds, difference
from pipeline.parity.explanations.batch_dtypes import OtherBatch, SinglePrecision
from pipeline.parity.explanations.explanation import Explanation
from pipeline.parity.explanations.float_noise import ExactValue, LastDigits, OwnNoise
from pipeline.parity.explanations.imputer_ties import ImputerTies
from pipeline.parity.explanations.input_rounding import InputRounding
from pipeline.parity.explanations.neighbor_ties import NeighborTies
from pipeline.parity.pycaret_reference import Answers
from pipeline.parity.trial import Rows, Trial
from pipeline.runtime.predictions import Predictions

if TYPE_CHECKING:
    from pipeline.automl.experiment import Trained

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
    trained: Trained, ours: Predictions, rows: Rows, theirs: Answers, bounds: Bounds
) -> Trial:
    """Compare the graph's answers with PyCaret's, and explain rows outside the bounds."""
    found = difference(ours, theirs, bounds)
    native = single_native(trained.pipeline.steps[-1][1])
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
