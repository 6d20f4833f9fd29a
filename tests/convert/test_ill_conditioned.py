"""Models whose terms cancel are refused; others, however wide their columns, are not."""

from __future__ import annotations

from decimal import Decimal, localcontext

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.naive_bayes import GaussianNB
from sklearn.preprocessing import QuantileTransformer
from sklearn.tree import DecisionTreeRegressor

from pipeline.convert.ill_conditioned import estimate_last_digits, refuse_cancelling
from pipeline.errors import ConversionError

RANDOM = np.random.default_rng(0)


def dependent(rows: int = 400) -> tuple[pd.DataFrame, np.ndarray]:
    """One-hot columns after a quantile transform: their sum is a constant but for its rounding."""
    codes = RANDOM.integers(0, 4, rows)
    onehot = np.column_stack([np.eye(4)[codes], RANDOM.normal(size=rows)])
    x = QuantileTransformer(n_quantiles=rows, output_distribution="normal").fit_transform(onehot)
    return pd.DataFrame(x), 1e4 * codes + RANDOM.normal(size=rows)


def cancelling(model: LinearRegression, x: pd.DataFrame, size: float) -> None:
    """Let the dependent columns' coefficients grow alike, which the intercept takes back."""
    before = x.to_numpy() @ model.coef_ + model.intercept_
    model.coef_ = model.coef_ + size * np.array([1.0, 1.0, 1.0, 1.0, 0.0])
    model.intercept_ = float(np.mean(before - x.to_numpy() @ model.coef_))


def test_least_squares_on_dependent_columns_is_refused_once_its_terms_cancel() -> None:
    x, y = dependent()
    model = LinearRegression().fit(x, y)
    cancelling(model, x, 7e15)
    with pytest.raises(ConversionError, match="cancel but for rounding"):
        refuse_cancelling(model, x)


@pytest.mark.parametrize(("size", "refused"), [(7e10, True), (7e7, True), (7e4, False)])
def test_terms_may_be_as_large_as_the_smallest_answers_allow(size: float, refused: bool) -> None:
    """A quarter of the answers is about 1, where the others are up to 30,000."""
    x, y = dependent()
    model = LinearRegression().fit(x.iloc[:, 1:], y)
    model.coef_ = np.concatenate([[0.0], model.coef_])
    cancelling(model, x, size)
    if not refused:
        refuse_cancelling(model, x)
        return
    with pytest.raises(ConversionError, match="cancel but for rounding"):
        refuse_cancelling(model, x)


def test_one_row_that_cancels_is_left_to_the_parity_check() -> None:
    x = pd.DataFrame(RANDOM.normal(size=(400, 2)))
    model = LinearRegression().fit(x, x.to_numpy() @ [1.0, -1.0])
    x.iloc[0] = 1e9
    refuse_cancelling(model, x)


def test_a_member_of_a_blend_is_looked_at_too() -> None:
    x, y = dependent()
    blend = VotingRegressor([("lr", LinearRegression()), ("ridge", Ridge())])
    refuse_cancelling(blend.fit(x.iloc[:, 1:], y), x.iloc[:, 1:])
    blend.fit(x, y)
    cancelling(blend.estimators_[0], x, 7e15)
    with pytest.raises(ConversionError, match="cancel but for rounding"):
        refuse_cancelling(blend, x)


@pytest.mark.parametrize("model", [Ridge(), LinearRegression(), DecisionTreeRegressor()])
@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_large_and_small_columns_alone_are_no_reason(model: object, scale: float) -> None:
    x = pd.DataFrame(RANDOM.normal(size=(200, 3)) * scale)
    y = (x.to_numpy() / scale) @ [1.0, 2.0, 3.0] + RANDOM.normal(size=200)
    refuse_cancelling(model.fit(x, y), x)  # type: ignore[attr-defined]


def discriminant(width: int, rank: int) -> tuple[QuadraticDiscriminantAnalysis, pd.DataFrame]:
    """Two classes that lie close together in `rank` of `width` directions."""
    x = RANDOM.normal(size=(600, rank)) @ RANDOM.normal(size=(rank, width))
    y = RANDOM.integers(0, 2, 600)
    return QuadraticDiscriminantAnalysis().fit(x, y), pd.DataFrame(x)


def test_a_quadratic_discriminant_of_dependent_columns_differs_from_itself_and_is_refused() -> None:
    model, x = discriminant(140, 60)
    batch = model.predict_proba(x)[:50]
    alone = np.vstack([model.predict_proba(x.iloc[[i]]) for i in range(50)])
    assert np.abs(batch - alone).max() > 1e-3
    with pytest.raises(ConversionError, match="adds up decides"):
        refuse_cancelling(model, x)


def test_a_few_dependent_columns_are_enough() -> None:
    with pytest.raises(ConversionError, match="choose lda"):
        refuse_cancelling(*discriminant(4, 3))


@pytest.mark.parametrize("width", [3, 60, 140])
def test_one_of_independent_columns_is_not(width: int) -> None:
    refuse_cancelling(*discriminant(width, width))


@pytest.mark.parametrize("coefficient", [np.inf, -np.inf, np.nan])
def test_coefficients_that_are_not_finite_are_refused(coefficient: float) -> None:
    x = pd.DataFrame(RANDOM.normal(size=(50, 2)))
    model = LinearRegression().fit(x, x[0])
    model.coef_[1] = coefficient
    with pytest.raises(ConversionError, match="not finite"):
        refuse_cancelling(model, x)


def test_an_intercept_that_is_not_finite_is_refused() -> None:
    x = pd.DataFrame(RANDOM.normal(size=(50, 2)))
    model = LinearRegression().fit(x, x[0])
    model.intercept_ = np.inf
    with pytest.raises(ConversionError, match="not finite"):
        refuse_cancelling(model, x)


@pytest.mark.parametrize("size", [1.0, 1e2, 1e4])
def test_naive_bayes_is_as_far_off_as_the_last_digit_of_its_largest_term(size: float) -> None:
    """Rows far away in a column that both classes share, between the classes in the other."""
    x = np.column_stack([RANDOM.normal(size=200), RANDOM.normal(0.0, 1e-3, 200)])
    y = np.repeat([0, 1], 100)
    model = GaussianNB().fit(x, y)
    model.theta_[:, 1], model.var_[:, 1] = 0.0, 1e-6
    rows = np.column_stack([RANDOM.normal(size=500), RANDOM.normal(0.0, size, 500)])
    off = np.abs(model.predict_proba(rows)[:, 1] - _exact(model, rows))
    digits = estimate_last_digits(model, rows)
    assert digits is not None
    assert (off <= 10 * digits + 1e-15).all()  # as much as the parity check allows
    assert off.max() > digits.max() / 20


def _exact(model: GaussianNB, rows: np.ndarray) -> np.ndarray:
    """Chances of the second class, in numbers of 64 digits."""

    def score(row: list[Decimal], k: int) -> Decimal:
        spreads = list(map(Decimal, model.var_[k].tolist()))
        means = map(Decimal, model.theta_[k].tolist())
        squares = sum((a - m) ** 2 / v for a, m, v in zip(row, means, spreads, strict=True))
        prior = Decimal(float(model.class_prior_[k])).ln()
        return prior - (sum(v.ln() for v in spreads) + squares) / 2

    with localcontext() as context:
        context.prec = 64
        exact = [list(map(Decimal, row)) for row in rows.tolist()]
        return np.array([float(1 / (1 + (score(r, 0) - score(r, 1)).exp())) for r in exact])
