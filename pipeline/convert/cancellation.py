"""Linear models whose terms are so large that they cancel: what they answer is rounding."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.members import members
from pipeline.errors import ConversionError

BOUND = 1e-9
"""Of an answer, or of a thousandth of the answers' standard deviation where that is more: what the
parity check holds answers to."""
MOST_ROWS = 0.01
"""Share of the rows that may be uncertain beyond that."""


def refuse_cancelling(estimator: Any, rows: pd.DataFrame) -> None:
    """Refuse a linear regression whose answers hang on the order of its sums.

    Least squares on columns that depend on each other may end in coefficients of 1e15 that cancel
    one another. Then no two programs agree, nor does scikit-learn with itself on another batch.

    Args:
        estimator: any fitted estimator; those inside it, too, are looked at if they have one
            coefficient per column.
        rows: (n, F) what the estimator reads.

    Raises:
        ConversionError: half a unit in the last place of the largest term is more than the bound,
            and not only in a few rows.
    """
    for member, reads in members(estimator):
        coefficients = getattr(member, "coef_", None)
        if isinstance(coefficients, np.ndarray) and coefficients.ndim == 1:
            _refuse(member, np.asarray(reads(rows), dtype=float), coefficients)


def _refuse(model: Any, rows: NDArray[np.float64], coefficients: NDArray[np.float64]) -> None:
    terms = rows * coefficients
    intercept = np.ravel(getattr(model, "intercept_", 0.0))[0]
    answers = terms.sum(axis=1) + float(intercept)
    rounding, spread = np.spacing(np.abs(terms).max(axis=1)) / 2, float(np.nanstd(answers))
    uncertain = rounding > BOUND * np.maximum(np.abs(answers), 1e-3 * spread)
    if spread > 0 and np.mean(uncertain) > MOST_ROWS:
        raise ConversionError(
            f"{type(model).__name__}: the largest coefficient is "
            f"{np.abs(coefficients).max():.0e}, and the terms cancel but for rounding: "
            f"answers are uncertain by {np.nanmax(rounding):.0e} where they vary by {spread:.0e}",
            hint="some columns depend on others: choose ridge, or set remove_multicollinearity",
        )
