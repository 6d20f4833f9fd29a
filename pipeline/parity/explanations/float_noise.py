"""Proof that an answer differs by PyCaret's rounding, not by the conversion.

Some models sum up large terms that cancel: the dual coefficients of a kernel ridge, one for each
training row, the units of a network that reads unscaled squares, or the squares of a naive Bayes
classifier, of which only the difference between the classes is left. PyCaret's last digits then
depend on the order of the sum. Where a model only adds, multiplies and compares, the value of the
fitted model for a row can be known exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.ill_conditioned import last_digits
from pipeline.convert.pycaret_pipeline import transformed
from pipeline.convert.registry import key

if TYPE_CHECKING:
    from pipeline.automl.experiment import Trained

Row = Sequence[Fraction]
Value = Callable[[Row], Fraction]


def exact_values(trained: Trained, rows: pd.DataFrame) -> NDArray[np.float64] | None:
    """What the fitted model answers for raw rows (n,), rounded once; None for other models.

    NaN for rows that a step drops or whose numbers are not finite.
    """
    model = trained.pipeline.steps[-1][1]
    value = _EXACT.get(key(model), _unknown)(model)
    if value is None:
        return None
    read = transformed(trained.pipeline, rows.reset_index(drop=True))
    values = np.full(len(rows), np.nan)
    for place, row in zip(read.index, np.asarray(read, dtype=float), strict=True):
        if np.isfinite(row).all():
            values[place] = float(value(_fractions(row)))
    return np.asarray(trained.pipeline.inverse_transform(values), dtype=float)


def rounded_terms(trained: Trained, rows: pd.DataFrame) -> NDArray[np.float64]:
    """What the last digit of the largest term is worth in the answer for raw rows (n,), or NaN.

    NaN for models of which that is not known, for rows that a step drops, and behind a transformed
    target.
    """
    values = np.full(len(rows), np.nan)
    if "target_transformation" in dict(trained.pipeline.steps):
        return values
    read = transformed(trained.pipeline, rows.reset_index(drop=True))
    found = last_digits(trained.pipeline.steps[-1][1], read) if len(read) else None
    if found is not None:
        values[read.index] = found
    return values


def _unknown(_: Any) -> Value | None:
    return None


def _kernel_ridge(model: Any) -> Value | None:
    """A linear kernel: one coefficient per column, Σ training value · dual coefficient."""
    known, dual = model.X_fit_, np.asarray(model.dual_coef_)
    if model.kernel != "linear" or dual.ndim != 1:
        return None
    coefficients = _fractions(dual)
    weights = [_dot(_fractions(column), coefficients) for column in np.asarray(known).T]
    return lambda row: _dot(row, weights)


def _network(model: Any) -> Value | None:
    """One target, and units that cut off what is negative, or nothing."""
    layers = list(zip(model.coefs_, model.intercepts_, strict=True))
    known = model.activation in ("relu", "identity") and model.out_activation_ == "identity"
    if not known or model.n_outputs_ != 1:
        return None
    exact = [([_fractions(unit) for unit in w.T], _fractions(b)) for w, b in layers]

    def value(row: Row) -> Fraction:
        for depth, (units, biases) in enumerate(exact, start=1):
            row = [_dot(row, unit) + bias for unit, bias in zip(units, biases, strict=True)]
            if model.activation == "relu" and depth < len(exact):
                row = [max(number, Fraction(0)) for number in row]
        return row[0]

    return value


_EXACT: Mapping[str, Callable[[Any], Value | None]] = {
    "sklearn.KernelRidge": _kernel_ridge,
    "sklearn.MLPRegressor": _network,
}


def _fractions(values: NDArray[np.floating[Any]]) -> list[Fraction]:
    return [Fraction(value) for value in values.tolist()]


def _dot(left: Row, right: Row) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))
