"""Steps that keep the columns of their first fit, fitted again on a table that has more of them."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st
from pycaret.internal.preprocess.transformers import (
    CleanColumnNames,
    GroupFeatures,
    RemoveMulticollinearity,
)
from sklearn.base import clone
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, IncrementalPCA, TruncatedSVD
from sklearn.feature_selection import SelectKBest, VarianceThreshold, f_regression
from sklearn.impute import SimpleImputer
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    KBinsDiscretizer,
    MinMaxScaler,
    Normalizer,
    PolynomialFeatures,
    PowerTransformer,
    QuantileTransformer,
    RobustScaler,
    StandardScaler,
)

from pipeline.convert import convert
from tests.convert.pipelines import converted, expected, fitted

STEPS: dict[str, Any] = {
    "clean names": CleanColumnNames(),
    "multicollinearity": RemoveMulticollinearity(threshold=0.9),
    "low variance": VarianceThreshold(0.5),
    "selection": SelectKBest(f_regression, k=2),
    "polynomial": PolynomialFeatures(include_bias=False),
    "groups": GroupFeatures({"g": ["m", "b c"]}, drop_groups=True),
    "bins": KBinsDiscretizer(encode="ordinal", strategy="kmeans"),
    "powers": PowerTransformer(standardize=False),
    "quantiles": QuantileTransformer(n_quantiles=20, random_state=0),
    "z-scores": StandardScaler(),
    "robust": RobustScaler(),
    "components": PCA(2),
    "components of batches": IncrementalPCA(2),
    "imputer": SimpleImputer(strategy="median"),
    "norms": Normalizer(),
    "decomposition": TruncatedSVD(2, random_state=0),
    "a pipeline": Pipeline([("scale", MinMaxScaler()), ("poly", PolynomialFeatures())]),
    "a union": FeatureUnion([("b", MinMaxScaler()), ("a", "passthrough")]),
    "chosen columns": ColumnTransformer(
        [("late", StandardScaler(), ["n%"]), ("early", MinMaxScaler(), ["m"])],
        remainder="passthrough",
        verbose_feature_names_out=False,
    ),
}


def table(rows: int = 60) -> pd.DataFrame:
    """Columns of numbers whose order PyCaret changes where a step is not given all of them."""
    random = np.random.default_rng(11)
    m = random.normal(3, 2, rows).round(2)
    return pd.DataFrame(
        {
            "m": m,
            "m_[new]": random.integers(0, 2, rows) * 1.0,
            "b c": m + random.normal(0, 1e-2, rows),
            "n%": random.normal(0, 9, rows),
            "{z}": random.normal(0, 0.1, rows),
        }
    )


@pytest.mark.parametrize("name", STEPS)
def test_a_column_that_was_not_there_at_first_goes_where_pycaret_puts_it(name: str) -> None:
    frame = table()
    first = frame.drop(columns="m_[new]")
    steps = [("step", clone(STEPS[name]), None), ("clean_names", CleanColumnNames(), None)]
    pipeline = fitted(frame, steps, first=first)
    rows = pd.concat([frame, frame.sample(frac=1, random_state=1) * 1.5], ignore_index=True)
    wanted = expected(pipeline, rows)
    # these steps compute in the table's float32, the graph in doubles
    rtol = 2e-5 if name in {"powers", "components", "norms", "decomposition"} else 1e-9
    np.testing.assert_allclose(converted(convert(pipeline, frame), rows), wanted, rtol=rtol)


_NAMES = st.text(st.characters(codec="utf-8"), min_size=1, max_size=6) | st.sampled_from(
    ["my size", "a-b", "a.b", "%", "größe", "a\nb", 'a"b', "[a]", "{a}", "a: b", "a,b", "a_b", "a_"]
)


@settings(max_examples=40)
@given(names=st.lists(_NAMES, min_size=4, max_size=4, unique=True), late=st.integers(0, 3))
def test_any_names_reach_the_estimator_whichever_column_came_late(
    names: list[str], late: int
) -> None:
    assume(len({re.sub(CleanColumnNames().match, "", name) for name in names}) == 4)
    frame = table()[["m", "b c", "n%", "{z}"]].set_axis(names, axis=1)
    steps = [("step", StandardScaler(), None), ("clean_names", CleanColumnNames(), None)]
    try:
        pipeline = fitted(frame, steps, first=frame.drop(columns=names[late]))
        wanted = expected(pipeline, frame)
    except (KeyError, ValueError):
        reject()  # PyCaret cannot tell the columns apart, or loses one
    np.testing.assert_allclose(converted(convert(pipeline, frame), frame), wanted, rtol=1e-9)
