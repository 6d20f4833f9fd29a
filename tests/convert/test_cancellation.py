"""Models whose terms cancel are refused; others, however wide their columns, are not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.ensemble import VotingRegressor
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.preprocessing import QuantileTransformer
from sklearn.tree import DecisionTreeRegressor

from pipeline.convert.cancellation import refuse_cancelling
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
    with pytest.raises(ConversionError, match="order of the sums decides"):
        refuse_cancelling(model, x)


@pytest.mark.parametrize(("width", "rank"), [(140, 140), (60, 20)])
def test_one_of_independent_columns_or_of_few_is_not(width: int, rank: int) -> None:
    refuse_cancelling(*discriminant(width, rank))
