"""Kernel ridge: proof that an answer differs by PyCaret's rounding, not by the conversion.

Its dual coefficients are as large as the targets, one for each training row, and cancel in a sum
whose order depends on the batch. With a linear kernel the value of the fitted model for a row is a
sum of products of known doubles, so it can be known exactly.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.fitted import transformed
from pipeline.convert.registry import key

if TYPE_CHECKING:
    from pipeline.experiment import Trained


def exact_values(trained: Trained, rows: pd.DataFrame) -> NDArray[np.float64] | None:
    """What the fitted model answers for raw rows (n,), rounded once; None for other models.

    NaN for rows that a step drops or whose numbers are not finite.
    """
    model = trained.pipeline.steps[-1][1]
    if not _is_linear(model):
        return None
    read = transformed(trained.pipeline, rows.reset_index(drop=True))
    values = np.full(len(rows), np.nan)
    values[read.index] = _sums(np.asarray(read, dtype=float), _weights(model))
    return values


def _is_linear(model: Any) -> bool:
    """Whether it is a kernel ridge that computes in doubles and has a primal form."""
    if key(model) != "sklearn.KernelRidge" or model.kernel != "linear":
        return False
    dual = np.asarray(model.dual_coef_)
    return model.X_fit_.dtype == dual.dtype == np.float64 and dual.ndim == 1


def _weights(model: Any) -> list[Fraction]:
    """One exact coefficient per column: Σ training value · dual coefficient."""
    dual = [Fraction(float(c)) for c in model.dual_coef_]
    columns = np.asarray(model.X_fit_).T.tolist()
    return [
        sum((Fraction(v) * c for v, c in zip(column, dual, strict=True)), Fraction(0))
        for column in columns
    ]


def _sums(rows: NDArray[np.float64], weights: list[Fraction]) -> list[float]:
    return [
        float(sum((Fraction(v) * w for v, w in zip(row, weights, strict=True)), Fraction(0)))
        if np.isfinite(row).all()
        else np.nan
        for row in rows
    ]
