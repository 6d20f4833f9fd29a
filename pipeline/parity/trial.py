"""Rows under test, and how each came out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.parity.pycaret_reference import PyCaretAnswers
from pipeline.runtime.predictions import Predictions


@dataclass(frozen=True)
class TrialRows:
    """Raw rows, and what they are there for.

    Attributes:
        frame: (n, columns).
        columns, kinds: (n,) which column was made hostile, and how.
        beside: complete rows of the table, to fill up small batches.
    """

    frame: pd.DataFrame
    columns: NDArray[Any]
    kinds: NDArray[Any]
    beside: pd.DataFrame


@dataclass(frozen=True)
class Trial:
    """Rows under test and how each came out; arrays are (n,).

    Attributes:
        ours: the graph's answers.
        theirs: PyCaret's.
        errors: how far apart they are; NaN where PyCaret refused the row.
        flips: another label.
        bounds: the largest error allowed.
        ties: proven to be ties, or to depend on rounding before the model decides.
        regrouped: equal to PyCaret's answer in a batch of other composition.
        noisy: the bound was widened, as the row's answer is PyCaret's own rounding noise.
        rounded: PyCaret computes in float32, and its model agrees when asked in float64.
    """

    rows: TrialRows
    ours: Predictions
    theirs: PyCaretAnswers
    errors: NDArray[np.float64]
    flips: NDArray[np.bool_]
    bounds: NDArray[np.float64]
    ties: NDArray[np.bool_]
    regrouped: NDArray[np.bool_]
    noisy: NDArray[np.bool_]
    rounded: NDArray[np.bool_]

    @property
    def failed(self) -> NDArray[np.bool_]:
        outside = ~(self.errors <= self.bounds) | self.flips
        return outside & ~self.excused

    @property
    def excused(self) -> NDArray[np.bool_]:
        """There is nothing to compare with, or nothing that PyCaret means by it."""
        return self.ties | self.rounded | self.theirs.refused
