"""What the dtypes of a whole batch decide of one row: PyCaret's two answers, and float32."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from pipeline.convert.submodels import list_submodels
from pipeline.parity.difference import Bounds
from pipeline.parity.explanations.explanation import Explanation, regroup
from pipeline.parity.trial import Trial

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult


class OtherBatch(Explanation):
    """PyCaret has two answers for such a row, and either is right.

    One missing or fractional value turns a whole integer column, and with it the arithmetic of
    the whole batch, into float32.

    Example: `age 41, income 16777217` beside a row without an income is answered for an income of
    16777216; alone, as an integer, for 16777217, as the graph does.
    """

    name = "another batch"
    when = "every model"
    excuses = "PyCaret agrees when asked in a batch whose integer columns stay integers"
    bound = "the row's own"
    remark = "batch"

    def explain(self, trained: SearchResult, trial: Trial, bounds: Bounds) -> Trial:
        return regroup(trained, trial, bounds)


class SinglePrecision(Explanation):
    """PyCaret gave the estimator float32, which holds seven digits.

    So have all rows of a nearest-neighbour regression whose targets PyCaret made float32: their
    mean is taken in float32, in an order that depends on which of two equal distances comes first.

    Example: `weight 0.1, height 1.7`, floats alone, is answered 21.300001 by a linear model in
    float32 and 21.3 by the graph in float64.
    """

    name = "single precision"
    when = "every model"
    excuses = "PyCaret computes the row, or the mean of a neighbour's targets, in float32"
    bound = "float32's: 1e-5 of a number, 5e-6 of a probability"
    remark = "single"

    def explain(self, trained: SearchResult, trial: Trial, bounds: Bounds) -> Trial:
        targets = (getattr(m, "_y", None) for m, _ in list_submodels(trained.pipeline.steps[-1][1]))
        averaged = trained.task.predicts == "numbers" and any(
            getattr(values, "dtype", None) == np.float32 for values in targets
        )
        single = trial.failed & (trial.theirs.single | averaged)
        return replace(trial, bounds=np.where(single, bounds.single, trial.bounds))
