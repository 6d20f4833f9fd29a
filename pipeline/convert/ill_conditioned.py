"""Refuses models whose terms cancel or overflow, so that only rounding is left."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.registry import class_key
from pipeline.convert.submodels import list_submodels
from pipeline.convert.support.caveat import Caveat

BOUND = 1e-9
"""Of an answer, or of a thousandth of the answers' standard deviation where that is more: what the
parity check holds answers to."""
MOST_ROWS = 0.01
"""Share of the rows that may be uncertain beyond that."""
SAMPLE = 1000
"""At most so many rows are looked at where each costs a product with a matrix."""


RUNAWAY = Caveat.when_converted(
    "linear models whose fit ran away, with coefficients that are infinite (lar with "
    "polynomial_features)",
    instead="some columns depend on others: choose ridge, or set normalize",
)


def refuse_cancelling(estimator: Any, rows: pd.DataFrame) -> None:
    """Refuse a linear regression or a quadratic discriminant whose answers are rounding, or none.

    Least squares on columns that depend on each other may end in coefficients of 1e15 that cancel
    one another, and a discriminant divides what cancels by a spread of 1e-25. Then no two programs
    agree, nor does scikit-learn with itself on another batch.

    Args:
        estimator: any fitted estimator; those inside it are looked at, too. Only models with one
            coefficient per column, and quadratic discriminants, are ever refused.
        rows: (n, F) what the estimator reads.

    Raises:
        ConversionError: half a unit in the last place of the largest term is more than the bound,
            and not only in a few rows; or a coefficient or the intercept is not finite.
    """
    for member, reads in list_submodels(estimator):
        coefficients = getattr(member, "coef_", None)
        if isinstance(coefficients, np.ndarray) and coefficients.ndim == 1:
            _refuse_infinite(member, coefficients, np.ravel(getattr(member, "intercept_", 0.0)))
            _refuse_linear(member, np.asarray(reads(rows), dtype=float), coefficients)
        if class_key(member) == "sklearn.QuadraticDiscriminantAnalysis":
            _refuse_quadratic(member, reads(rows.iloc[:: max(1, -(-len(rows) // SAMPLE))]))


def _refuse_infinite(
    model: Any, coefficients: NDArray[np.float64], intercept: NDArray[np.float64]
) -> None:
    """Its answers are not numbers; PyCaret's predict_model writes them as 0."""
    if not (np.isfinite(coefficients).all() and np.isfinite(intercept).all()):
        raise RUNAWAY.error(
            f"{type(model).__name__}: its coefficients are not finite, nor are its answers"
        )


CANCELLING = Caveat.when_converted(
    "least squares on columns that depend on each other, with coefficients that cancel (lr after "
    "transformation_method = quantile)",
    instead="some columns depend on others: choose ridge, or set remove_multicollinearity",
)


def _refuse_linear(
    model: Any, rows: NDArray[np.float64], coefficients: NDArray[np.float64]
) -> None:
    terms = rows * coefficients
    intercept = np.ravel(getattr(model, "intercept_", 0.0))[0]
    answers = terms.sum(axis=1) + float(intercept)
    rounding, spread = np.spacing(np.abs(terms).max(axis=1)) / 2, float(np.nanstd(answers))
    uncertain = rounding > BOUND * np.maximum(np.abs(answers), 1e-3 * spread)
    if spread > 0 and np.mean(uncertain) > MOST_ROWS:
        raise CANCELLING.error(
            f"{type(model).__name__}: the largest coefficient is "
            f"{np.abs(coefficients).max():.0e}, and the terms cancel but for rounding: "
            f"answers are uncertain by {np.nanmax(rounding):.0e} where they vary by {spread:.0e}"
        )


DEPENDENT = Caveat.when_converted(
    "qda on columns that depend on each other within a class: in which order a processor adds up "
    "decides its labels, PyCaret's too",
    instead="choose lda, or set remove_multicollinearity",
)


def _refuse_quadratic(model: Any, rows: Any) -> None:
    """Its score is a sum of squares z², each z a sum of products divided by a small spread.

    In which order a processor's kernels add them up decides then: with the pickle of such a model
    scikit-learn gives other labels with OpenBLAS' Haswell kernels than with its Prescott ones.
    """
    off = estimate_last_digits(model, rows)
    if off is not None and np.mean(off > BOUND) > MOST_ROWS:
        raise DEPENDENT.error(
            f"{type(model).__name__}: within a class columns depend on each other, so that the "
            f"order in which a processor adds up decides: probabilities are uncertain by "
            f"{np.nanmax(off):.0e}"
        )


def estimate_last_digits(model: Any, rows: Any) -> NDArray[np.float64] | None:
    """What half a unit in the last place of a score's largest term is worth in a probability.

    Of terms that are all positive the sum counts as one: it is rounded, too. Of a linear
    regression a whole unit, in its answer: the largest term is rounded, and so is the sum.

    Args:
        model: a fitted model.
        rows: (n, F) what it reads.

    Returns:
        (n,) for discriminants whose scores are sums of squares and for regressions with one
        coefficient per column, None for other models.
    """
    coefficients = getattr(model, "coef_", None)
    if isinstance(coefficients, np.ndarray) and coefficients.ndim == 1:
        terms = np.asarray(rows, dtype=np.float64) * coefficients.astype(np.float64)
        return 2 * _half_a_unit(terms)
    rounding = _ROUNDING.get(class_key(model))
    if rounding is None:
        return None
    x, chances = np.asarray(rows, dtype=float), model.predict_proba(rows)
    with np.errstate(all="ignore"):  # a spread of zero gives what is not a number
        each = np.column_stack([rounding(model, x, k) for k in range(chances.shape[1])])
        weights = chances * (1 - chances)
        if class_key(model) in _NORMALISED_BY_LOGARITHM:
            weights += chances
        off: NDArray[np.float64] = (weights * each).max(axis=1)
    return off


def _of_products(model: Any, x: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Of ½ Σ z², each z a sum of products divided by a spread."""
    total = np.zeros(len(x))
    for direction, spread in zip(model.rotations_[k].T, model.scalings_[k], strict=True):
        terms = (x - model.means_[k]) * (direction / np.sqrt(spread))
        total += np.abs(terms.sum(axis=1)) * _half_a_unit(terms)
    return total


def _of_squares(model: Any, x: NDArray[np.float64], k: int) -> NDArray[np.float64]:
    """Of ½ Σ (x - mean)² / variance."""
    squares = (x - model.theta_[k]) ** 2 / model.var_[k] / 2
    return _half_a_unit(squares.sum(axis=1, keepdims=True))


def _half_a_unit(terms: NDArray[np.float64]) -> NDArray[np.float64]:
    half: NDArray[np.float64] = np.spacing(np.abs(terms).max(axis=1)) / 2
    return half


_ROUNDING: Mapping[str, Callable[[Any, NDArray[np.float64], int], NDArray[np.float64]]] = {
    "sklearn.GaussianNB": _of_squares,
    "sklearn.QuadraticDiscriminantAnalysis": _of_products,
}
_NORMALISED_BY_LOGARITHM = {"sklearn.GaussianNB"}
"""Each probability is exp(score - log Σ exp(scores)), of which the logarithm is rounded as well."""
