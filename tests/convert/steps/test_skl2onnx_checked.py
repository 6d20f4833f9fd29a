"""Transformers of a custom pipeline: each against the fitted original, on hostile rows too."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import NMF, TruncatedSVD
from sklearn.feature_selection import RFE, SelectPercentile, f_regression
from sklearn.linear_model import LinearRegression
from sklearn.neighbors import NeighborhoodComponentsAnalysis
from sklearn.preprocessing import (
    Binarizer,
    FunctionTransformer,
)
from sklearn.random_projection import GaussianRandomProjection

from pipeline.convert.steps.skl2onnx_checked import convert_with_skl2onnx
from pipeline.convert.steps.step import Step
from pipeline.errors import ConversionError
from tests.convert.steps.custom import (
    FRAME,
    NUMBERS,
    assert_agrees,
    assert_custom,
    assert_refused,
)

TRANSFORMERS = {
    "truncated decomposition": TruncatedSVD(2, random_state=0),
    "random projection": GaussianRandomProjection(2, random_state=0),
    "selection by share": SelectPercentile(f_regression, percentile=70),
    "recursive elimination": RFE(LinearRegression(), n_features_to_select=2),
}


@pytest.mark.parametrize("name", TRANSFORMERS)
def test_a_custom_transformer_and_its_nodes_agree(name: str) -> None:
    assert_custom(TRANSFORMERS[name])


def test_neighbourhood_components_are_projected_as_the_original_does() -> None:
    classes = (FRAME["age"] > 50).to_numpy()
    transformer = NeighborhoodComponentsAnalysis(max_iter=5, random_state=0)
    assert_agrees(transformer.fit(FRAME.astype(float), classes))


@pytest.mark.parametrize(
    ("transformer", "says"),
    [
        (NMF(2, random_state=0, max_iter=5000), "sklearn.NMF has no exact conversion"),
        (FunctionTransformer(np.arctan), "sklearn.FunctionTransformer has no exact conversion"),
    ],
)
def test_a_transformer_without_an_exact_form_is_refused(transformer: Any, says: str) -> None:
    assert_refused(transformer, says)


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
