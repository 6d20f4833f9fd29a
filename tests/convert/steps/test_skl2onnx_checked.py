"""Transformers of a custom pipeline: each against the fitted original, on hostile rows too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import NMF, PCA, FactorAnalysis, FastICA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.feature_selection import RFE, SelectPercentile, f_regression
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    MinMaxScaler,
    Normalizer,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)
from sklearn.random_projection import GaussianRandomProjection

from pipeline.convert import convert
from pipeline.convert.steps.skl2onnx_checked import convert_with_skl2onnx
from pipeline.convert.steps.step import Step
from pipeline.errors import ConversionError
from tests.convert.pipelines import converted, expected, fitted

random = np.random.default_rng(4)
# Whole numbers that float32 cannot be sure of, so that PyCaret computes in float64.
FRAME = pd.DataFrame(
    {
        "age": random.integers(18, 90_000, 80),
        "rate": random.normal(0.0, 1.0, 80).round(3),
        "sum": random.lognormal(3.0, 1.0, 80),
    }
)
HOSTILE = pd.DataFrame(
    {
        "age": [0, 0, -1, 10**9, 18, 90, 1, 40],
        "rate": [0.0, -0.0, 1e-30, 1e6, -3.0, 0.123, -1e-7, 0.0],
        "sum": [0.0, 1e-300, 7.0, 1e12, -1.0, 20.0855, 1.0, 0.0],
    }
)
NUMBERS = ["age", "rate", "sum"]

TRANSFORMERS = {
    "binarizer": Binarizer(threshold=18.5),
    "normalizer, l1": Normalizer("l1"),
    "normalizer, l2": Normalizer("l2"),
    "normalizer, max": Normalizer("max"),
    "independent components": FastICA(2, random_state=0),
    "factors": FactorAnalysis(2),
    "truncated decomposition": TruncatedSVD(2, random_state=0),
    "random projection": GaussianRandomProjection(2, random_state=0),
    "selection by share": SelectPercentile(f_regression, percentile=70),
    "recursive elimination": RFE(LinearRegression(), n_features_to_select=2),
    "a pipeline": Pipeline([("scale", StandardScaler()), ("off", "passthrough"), ("pca", PCA(2))]),
    "a union": FeatureUnion([("scaled", MinMaxScaler()), ("pca", PCA(2)), ("same", "passthrough")]),
    "chosen columns": ColumnTransformer(
        [("scaled", StandardScaler(), ["sum", "age"]), ("none", "drop", ["rate"])]
    ),
    "chosen columns beside the rest": ColumnTransformer(
        [("scaled", Pipeline([("s", MinMaxScaler()), ("b", Binarizer(threshold=0.4))]), ["rate"])],
        remainder="passthrough",
    ),
}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_custom_transformer_and_its_nodes_agree(name: str) -> None:
    pipeline = fitted(FRAME, [("custom", TRANSFORMERS[name], None)])
    conversion = convert(pipeline, FRAME)
    for rows in (FRAME, HOSTILE):
        wanted = expected(pipeline, rows)
        # A few roundings of products, seen through a sum of columns of unequal size.
        np.testing.assert_allclose(
            converted(conversion, rows), wanted, rtol=1e-12, atol=1e-12 * np.abs(wanted).max()
        )


@pytest.mark.parametrize("solver", ["svd", "eigen"])
def test_discriminants_are_projected_as_the_original_does(solver: str) -> None:
    classes = pd.cut(FRAME["age"], 3, labels=False).to_numpy()
    transformer = LinearDiscriminantAnalysis(solver=solver)
    _assert_agrees(transformer.fit(FRAME.astype(float), classes))


def test_neighbourhood_components_are_projected_as_the_original_does() -> None:
    classes = (FRAME["age"] > 50).to_numpy()
    transformer = NeighborhoodComponentsAnalysis(max_iter=5, random_state=0)
    _assert_agrees(transformer.fit(FRAME.astype(float), classes))


def test_encoders_of_scikit_learn_in_chosen_columns_know_unseen_and_missing_text() -> None:
    frame = FRAME.assign(city=["Zoë", "東京", "a b", None] * 20, grade=["low", "high"] * 40)
    transformer = ColumnTransformer(
        [
            ("scaled", StandardScaler(), NUMBERS),
            ("hot", OneHotEncoder(sparse_output=False, handle_unknown="ignore"), ["city"]),
            (
                "ordinal",
                OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-9),
                ["grade"],
            ),
        ]
    )
    pipeline = fitted(frame, [("custom", transformer, None)])
    rows = frame.head(5).assign(
        city=["a b", "unseen", None, "zoë", "Zoë"], grade=["low", "high", "LOW", "unseen", "high"]
    )
    wanted = expected(pipeline, rows)
    graph = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(graph, wanted, rtol=1e-12)


@pytest.mark.parametrize(
    ("transformer", "says"),
    [
        (NMF(2, random_state=0, max_iter=5000), "sklearn.NMF has no exact conversion"),
        (FunctionTransformer(np.arctan), "sklearn.FunctionTransformer has no exact conversion"),
        (
            ColumnTransformer(
                [("own", FunctionTransformer(np.arctan, feature_names_out="one-to-one"), ["age"])]
            ),
            "sklearn.FunctionTransformer has no exact conversion",
        ),
        (
            FeatureUnion([("a", MinMaxScaler())], transformer_weights={"a": 2.0}),
            "expected a union without weights",
        ),
    ],
)
def test_a_transformer_without_an_exact_form_is_refused(transformer: Any, says: str) -> None:
    pipeline = fitted(FRAME.abs(), [("custom", transformer, None)])
    with pytest.raises(ConversionError, match=says):
        convert(pipeline, FRAME.abs())


def test_nodes_of_skl2onnx_that_compute_something_else_are_not_taken() -> None:
    """skl2onnx 1.20 answers 1 where a number equals the threshold, scikit-learn 0."""
    from pipeline.convert.graph.graph import Graph
    from pipeline.convert.graph.tensor import DOUBLE
    from pipeline.convert.steps.composite import InnerTransformer
    from pipeline.convert.symbolic.columns import Number, RawInput

    graph = Graph()
    columns = {n: Number(RawInput(n, graph.input(n, DOUBLE))) for n in NUMBERS}
    rows = FRAME.astype(float)
    transformer = Binarizer(threshold=0.0).fit(rows)
    after = pd.DataFrame(transformer.transform(rows), columns=NUMBERS)
    step = Step("custom", InnerTransformer(transformer), transformer, columns, rows, after, graph)
    with pytest.raises(ConversionError, match="computes something else"):
        convert_with_skl2onnx(step)


def _assert_agrees(transformer: Any) -> None:
    """A transformer that was fitted with classes, in a pipeline that does not fit it again."""
    from sklearn.base import BaseEstimator

    class Fitted(BaseEstimator):
        def fit(self, X: Any) -> Any:
            return self

        def transform(self, X: Any) -> Any:
            return transformer.transform(X)

        def get_feature_names_out(self) -> Any:
            return transformer.get_feature_names_out()

    pipeline = fitted(FRAME, [("custom", Fitted(), None)])
    pipeline.steps[0][1].transformer = transformer
    conversion = convert(pipeline, FRAME)
    for rows in (FRAME, HOSTILE):
        wanted = expected(pipeline, rows)
        np.testing.assert_allclose(converted(conversion, rows), wanted, rtol=1e-10)
