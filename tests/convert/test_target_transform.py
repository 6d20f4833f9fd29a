"""Targets transformed for training: predictions come back in the target's own units."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import PowerTransformer, QuantileTransformer
from sklearn.tree import DecisionTreeRegressor

from pipeline.convert import convert
from pipeline.convert.pycaret_pipeline import shrink_dtypes
from pipeline.errors import ConversionError
from tests.convert.pipelines import converted, expected

ROWS = 200
FRAME = pd.DataFrame({"a": np.linspace(-3, 3, ROWS), "id": np.arange(ROWS) * 500})
TARGETS = {
    "positive": np.exp(FRAME["a"]) + 1,
    "both signs": FRAME["a"] ** 3 + 0.5,
    "repeated": np.round(FRAME["a"]),
}
TRANSFORMERS = {
    "yeo-johnson": PowerTransformer(standardize=False),
    "quantile": QuantileTransformer(n_quantiles=50, output_distribution="normal"),
    "uniform": QuantileTransformer(n_quantiles=50),
}
FAR = FRAME.assign(a=np.linspace(-30, 30, ROWS))
"""Predictions beyond every training target: the quantiles end there."""


def trained(target: Any, transformer: Any, estimator: Any) -> Any:
    """A pipeline that transforms its target as setup(transform_target=True) makes it."""
    from pycaret.internal.pipeline import Pipeline
    from pycaret.internal.preprocess.transformers import (
        TargetTransformer,
        TransformerWrapperWithInverse,
    )

    wrapper = TransformerWrapperWithInverse(TargetTransformer(transformer))
    pipeline = Pipeline([("target_transformation", wrapper), ("actual_estimator", estimator)])
    return pipeline.fit(shrink_dtypes(FRAME), pd.Series(target, name="target"))


@pytest.mark.parametrize("rows", [FRAME, FAR], ids=["known", "far"])
@pytest.mark.parametrize("method", TRANSFORMERS)
@pytest.mark.parametrize("target", TARGETS)
def test_predictions_are_transformed_back_as_scikit_learn_does(
    target: str, method: str, rows: pd.DataFrame
) -> None:
    pipeline = trained(TARGETS[target], TRANSFORMERS[method], Ridge(1e-3))
    with np.errstate(invalid="ignore", over="ignore"):
        reference = expected(pipeline, rows)
    # A root of a power, or the slope between two quantiles, multiplies the last digit.
    np.testing.assert_allclose(
        converted(convert(pipeline, FRAME), rows), reference, rtol=1e-12, atol=1e-13
    )


@pytest.mark.parametrize("method", TRANSFORMERS)
def test_answers_of_a_tree_come_back_to_the_last_digits(method: str) -> None:
    pipeline = trained(TARGETS["positive"], TRANSFORMERS[method], DecisionTreeRegressor())
    np.testing.assert_allclose(
        converted(convert(pipeline, FRAME), FAR), expected(pipeline, FAR), rtol=1e-14
    )


def test_box_and_coxs_formula_is_refused() -> None:
    pipeline = trained(TARGETS["positive"], PowerTransformer("box-cox"), Ridge())
    with pytest.raises(ConversionError, match="expected a target transformed by yeo-johnson"):
        convert(pipeline, FRAME)
