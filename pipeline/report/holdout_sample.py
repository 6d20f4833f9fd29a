"""Samples holdout rows that are scored repeatedly with one column changed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.report import holdout
from pipeline.runtime.frames import score_rows
from pipeline.runtime.predictions import Predictions
from pipeline.runtime.scorer import Scorer
from pipeline.track.training_result import Converted

LEAST_ROWS = 30
"""Fewer tell nothing."""
PROBE, PROBES = 50, 3


@dataclass(frozen=True)
class HoldoutSample:
    """Rows of the holdout with what they should give.

    Attributes:
        frame: (n, columns) raw values of the model's inputs.
        actual: (n,) numbers, or class labels as text.
    """

    scorer: Scorer
    frame: pd.DataFrame
    actual: NDArray[Any]

    def predicted(self, changed: Mapping[str, Any] | None = None) -> Predictions:
        """The graph's answers, with other values in some columns."""
        frame = self.frame.copy(deep=False)
        for name, values in (changed or {}).items():  # `assign` takes no column called "self"
            frame[name] = values
        return score_rows(self.scorer, frame)

    def first(self, rows: int) -> HoldoutSample:
        """Its first rows, which are as random as all of them."""
        return HoldoutSample(self.scorer, self.frame.iloc[:rows], self.actual[:rows])


@dataclass(frozen=True)
class ScoringBudget:
    """How much may be scored.

    Attributes:
        rows: of the holdout, at most.
        total: rows times passes, at most.
        seconds: of all passes, at most, as far as a probe can tell.
    """

    rows: int
    total: int
    seconds: float


def sample_holdout(evidence: Converted, passes: int, budget: ScoringBudget) -> HoldoutSample | None:
    """Random rows of the holdout, so many that the passes keep the budget; None if too few."""
    trained = evidence.trained
    facts = {"target": evidence.dataset.spec.target, "labels": trained.labels}
    found = trained.holdout_predictions
    names = [column.name for column in evidence.model.manifest.inputs]
    whole = HoldoutSample(
        Scorer(evidence.model.data), found[names], holdout.read_holdout(facts, found).actual
    )
    order = np.random.default_rng(trained.seed).permutation(len(found))
    mixed = HoldoutSample(whole.scorer, whole.frame.iloc[order], whole.actual[order])
    # the least of several tries: other processes only add
    some = mixed.first(PROBE)
    tries = []
    for _ in range(PROBES):
        began = time.perf_counter()
        some.predicted()
        tries.append(time.perf_counter() - began)
    per_row = min(tries) / len(some.actual)
    affordable = min(budget.total // passes, int(budget.seconds / passes / per_row))
    rows = min(budget.rows, len(found), affordable)
    return mixed.first(rows) if rows >= min(LEAST_ROWS, len(found)) else None
