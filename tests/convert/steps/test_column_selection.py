"""Steps that rename or pick columns: the same columns reach the estimator, in the same order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from pycaret.internal.preprocess.transformers import CleanColumnNames, RemoveMulticollinearity
from sklearn.feature_selection import (
    RFE,
    RFECV,
    GenericUnivariateSelect,
    SelectFdr,
    SelectFpr,
    SelectFromModel,
    SelectFwe,
    SelectKBest,
    SelectPercentile,
    SequentialFeatureSelector,
    VarianceThreshold,
    f_regression,
)
from sklearn.linear_model import LinearRegression

from pipeline.convert import convert
from pipeline.convert.registry import class_key
from pipeline.convert.steps.column_selection import CONVERTERS
from pipeline.errors import ConversionError
from tests.convert.pipelines import converted, expected, fitted

RENAMING: tuple[Any, ...] = (CleanColumnNames(),)
PICKING: tuple[Any, ...] = (
    RemoveMulticollinearity(threshold=0.9),
    GenericUnivariateSelect(f_regression, mode="k_best", param=1),
    RFE(LinearRegression(), n_features_to_select=2),
    RFECV(LinearRegression(), cv=2),
    SelectFdr(f_regression),
    SelectFpr(f_regression),
    SelectFromModel(LinearRegression(), threshold="median"),
    SelectFwe(f_regression),
    SelectKBest(f_regression, k=2),
    SelectPercentile(f_regression, percentile=50),
    SequentialFeatureSelector(LinearRegression(), n_features_to_select=2, cv=2),
    VarianceThreshold(0.5),
)


def table() -> pd.DataFrame:
    """A constant column, one twice, one that follows the target 0, 1, 2, …, and one of noise."""
    random = np.random.default_rng(3)
    noise = random.normal(0, 10, 60).round(2)
    order = np.arange(60) + random.normal(0, 0.1, 60)
    return pd.DataFrame(
        {"still [0]": np.full(60, 7.0), "a:b": noise, "c,d": noise + 1e-3, "{order}": order}
    )


def test_every_converter_has_a_case() -> None:
    assert {class_key(step) for step in (*RENAMING, *PICKING)} == set(CONVERTERS)


@pytest.mark.parametrize("step", [*RENAMING, *PICKING], ids=class_key)
def test_the_columns_that_the_step_returns_reach_the_estimator(step: Any) -> None:
    frame = table()
    pipeline = fitted(frame, [("step", step, None)])
    conversion = convert(pipeline, frame)
    rows = pd.concat([frame, frame * -3.5, frame.sample(frac=1, random_state=1)])
    np.testing.assert_allclose(
        converted(conversion, rows),
        expected(pipeline, rows),
        rtol=1e-6,  # a few float32 columns are summed in float32 by scikit-learn
    )
    assert [i.name for i in conversion.inputs] == list(frame.columns)


@pytest.mark.parametrize("step", PICKING, ids=class_key)
def test_picking_leaves_something_out(step: Any) -> None:
    pipeline = fitted(table(), [("step", step, None)])
    assert 0 < len(pipeline.steps[-1][1].coef_) < len(table().columns)


def test_two_columns_that_get_one_name_are_refused() -> None:
    frame = table().rename(columns={"a:b": "a,b", "c,d": "a:b"})
    pipeline = fitted(frame, [("clean_column_names", CleanColumnNames(), None)])
    with pytest.raises(ConversionError, match="got two columns of the name 'ab'"):
        convert(pipeline, frame)
