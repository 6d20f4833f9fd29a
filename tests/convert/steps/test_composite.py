"""Transformers made of transformers: each member is converted as a step of its own."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    StandardScaler,
)

from pipeline.convert import convert
from pipeline.convert.steps.composite import InnerTransformer
from tests.convert.pipelines import converted, expected, fitted
from tests.convert.steps.custom import (
    FRAME,
    NUMBERS,
    assert_custom,
    assert_refused,
)


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


TRANSFORMERS = {
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
def test_a_transformer_of_transformers_and_its_nodes_agree(name: str) -> None:
    assert_custom(TRANSFORMERS[name])


@pytest.mark.parametrize(
    ("transformer", "says"),
    [
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
def test_a_member_without_an_exact_form_and_weights_are_refused(
    transformer: Any, says: str
) -> None:
    assert_refused(transformer, says)


def test_an_inner_transformer_is_called_as_its_owner_calls_it() -> None:
    named = StandardScaler().fit(FRAME)
    unnamed = StandardScaler().fit(FRAME.to_numpy())
    for transformer in (named, unnamed):
        found = InnerTransformer(transformer).transform(FRAME)
        np.testing.assert_array_equal(
            found, transformer.transform(FRAME if transformer is named else FRAME.to_numpy())
        )
        assert list(found) == NUMBERS
    projected = InnerTransformer(PCA(2).fit(FRAME)).transform(FRAME)
    assert list(projected) == ["pca0", "pca1"]
