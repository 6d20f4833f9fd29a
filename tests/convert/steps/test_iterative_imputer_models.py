"""Estimators of iterative imputation with their encoders, against the fitted originals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from pipeline.convert.graph.tensor import Tensor
from pipeline.convert.steps.iterative_imputer_models import predict_imputed
from pipeline.errors import ConversionError
from tests.convert.harness import computed

RNG = np.random.default_rng(0)
X = np.column_stack([RNG.integers(0, 4, 90), RNG.normal(size=90), RNG.integers(5, 8, 90)]).astype(
    float
)
Y = X[:, 0] * 2 + X[:, 1] - X[:, 2]
UNSEEN = np.array([[9.0, 0.5, 6.0], [0.0, 0.5, -1.0], [3.0, -2.0, 5.0]])
ENCODERS = {
    "one-hot": OneHotEncoder(handle_unknown="ignore", sparse_output=False),
    "ordinal": OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
}


def encoded(encoder: Any, estimator: Any, columns: list[int] | None = None) -> Pipeline:
    chosen = [2, 0] if columns is None else columns
    encoding = ColumnTransformer([("encoder", encoder, chosen)], remainder="passthrough")
    return Pipeline([("encoding", encoding), ("estimator", estimator)])


def ours(fitted: Any, rows: np.ndarray) -> np.ndarray:
    def predict(x: Tensor) -> Tensor:
        return predict_imputed(fitted, x, rows.shape[1])

    return computed(predict, rows)[:, 0]


@pytest.mark.parametrize("estimator", [Ridge(), DecisionTreeRegressor(max_depth=4, random_state=0)])
@pytest.mark.parametrize("name", ENCODERS)
def test_categories_come_first_as_the_encoder_numbers_them(name: str, estimator: Any) -> None:
    fitted = encoded(ENCODERS[name], estimator).fit(X, Y)
    rows = np.vstack([X, UNSEEN])
    np.testing.assert_allclose(ours(fitted, rows), fitted.predict(rows), rtol=1e-12)


@pytest.mark.parametrize("columns", [[], [0, 1, 2]])
def test_no_category_and_nothing_else_are_encoded_too(columns: list[int]) -> None:
    fitted = encoded(ENCODERS["ordinal"], Ridge(), columns).fit(X, Y)
    np.testing.assert_allclose(ours(fitted, X), fitted.predict(X), rtol=1e-12)


def test_a_classifier_imputes_the_class_itself() -> None:
    fitted = DecisionTreeClassifier(max_depth=5, random_state=0).fit(X[:, :2], X[:, 2])
    np.testing.assert_array_equal(ours(fitted, X[:, :2]), fitted.predict(X[:, :2]))


def test_another_encoder_is_refused_by_its_name() -> None:
    fitted = encoded(StandardScaler(), Ridge()).fit(X, Y)
    with pytest.raises(ConversionError, match=r"got sklearn\.StandardScaler"):
        ours(fitted, X)
