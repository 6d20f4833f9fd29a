"""Iterative imputation: what PyCaret imputes round by round, wrong columns included."""

from __future__ import annotations

from functools import cache
from typing import Any

import category_encoders as ce
import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lightgbm import LGBMClassifier, LGBMRegressor
from pycaret.internal.preprocess.iterative_imputer import IterativeImputer
from pycaret.internal.preprocess.transformers import ExtractDateTimeFeatures
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from pipeline.convert import Conversion, convert
from tests.convert.pipelines import converted, expected, fitted

RANDOM = np.random.default_rng(0)
COMPLETE = pd.DataFrame(
    {
        "age": RANDOM.integers(18, 65, 120),
        "sex": RANDOM.choice(["female", "male"], 120),
        "bmi": RANDOM.normal(30, 6, 120).round(2),
        "region": RANDOM.choice(["north", "west", "south"], 120),
        "children": RANDOM.integers(0, 6, 120),
    }
)
GAPS = COMPLETE.mask(RANDOM.random(COMPLETE.shape) < 0.1)
TEXT = ["sex", "region"]

Steps = list[tuple[str, Any, list[str] | None]]

ESTIMATORS: dict[str, tuple[Any, Any, str]] = {
    "native categories": (
        LGBMRegressor(n_estimators=4, verbose=-1),
        LGBMClassifier(n_estimators=3, verbose=-1),
        "fit_params_categorical_feature",
    ),
    "ordinal": (
        DecisionTreeRegressor(max_depth=4, random_state=0),
        DecisionTreeClassifier(max_depth=3, random_state=0),
        "ordinal",
    ),
    "one-hot": (Ridge(), LogisticRegression(), "one_hot"),
}


def imputed(frame: pd.DataFrame, name: str) -> Any:
    number, category, preparation = ESTIMATORS[name]
    text = [c for c in TEXT if c in frame]
    imputer = IterativeImputer(
        num_estimator=number,
        cat_estimator=category,
        skip_complete=True,
        max_iter=2,
        random_state=0,
        categorical_indices=[i for i, c in enumerate(frame) if c in text],
        num_estimator_prepare_for_categoricals_type=preparation,
        cat_estimator_prepare_for_categoricals_type=preparation,
    )
    steps: Steps = [("iterative_imputer", imputer, None)]
    if text:
        steps.append(("onehot", ce.OneHotEncoder(cols=text, use_cat_names=True), text))
    if 0 < len(text) < len(frame.columns):
        # Linear models refuse NaN, which is what the encoder makes of an imputed number.
        steps.append(("zero", SimpleImputer(strategy="constant", fill_value=-7.0), None))
    return fitted(frame, steps)


@pytest.mark.parametrize("name", ESTIMATORS)
@pytest.mark.parametrize("frame", [GAPS, COMPLETE], ids=["gaps", "no gap in training"])
def test_every_gap_is_filled_as_pycaret_fills_it(name: str, frame: pd.DataFrame) -> None:
    pipeline = imputed(frame, name)
    rows = COMPLETE.mask(RANDOM.random(COMPLETE.shape) < 0.3)
    rows.loc[0] = np.nan
    rows.loc[1, TEXT] = "never seen"
    graph = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-13)


def test_numbers_alone_are_imputed_in_float32_under_new_names() -> None:
    frame = GAPS.drop(columns=TEXT)
    pipeline = imputed(frame, "native categories")
    graph = converted(convert(pipeline, frame), frame)
    # The linear model computes in float32, as every column is.
    np.testing.assert_allclose(graph, expected(pipeline, frame), rtol=1e-6)


@pytest.mark.parametrize("frame", [GAPS, COMPLETE], ids=["gaps", "no gap in training"])
def test_where_pandas_makes_integers_of_words_nothing_is_imputed(frame: pd.DataFrame) -> None:
    words = frame[TEXT]
    pipeline = imputed(words, "ordinal")
    rows = COMPLETE[TEXT].mask(RANDOM.random((120, 2)) < 0.3)
    rows.loc[1] = "never seen"
    graph = converted(convert(pipeline, words), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-13)
    assert -(2.0**63) in set(pipeline.steps[0][1].transform(rows)["sex"])


@pytest.mark.parametrize("number", [5, 2.5, 4.9e-324, np.nan, 1e30])
def test_whole_numbers_beside_words_decide_whether_anything_is_imputed(number: float) -> None:
    frame = GAPS[TEXT].assign(age=COMPLETE["age"])
    pipeline = imputed(frame, "ordinal")
    rows = COMPLETE[TEXT].mask(RANDOM.random((120, 2)) < 0.3).assign(age=number)
    graph = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-9)


def test_a_missing_category_takes_a_number_as_in_pycaret() -> None:
    """The fault that the graph repeats: `sex` begins with the value of `children`."""
    pipeline = imputed(COMPLETE, "ordinal")
    rows = COMPLETE.assign(sex=None, children=5)
    encoded = pipeline.steps[0][1].transform(rows.astype({"sex": "category"}))
    assert set(encoded["sex"]) == {5.0}
    graph = converted(convert(pipeline, COMPLETE), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-13)


def test_parts_of_a_date_that_pycaret_takes_for_categories_are_imputed() -> None:
    """PyCaret counts the categories before a date becomes several columns."""
    days = pd.to_timedelta(RANDOM.integers(0, 4_000, 120), "D")
    frame = GAPS[["age", "bmi"]].assign(opened=(pd.Timestamp("2019-03-01") + days), sex=GAPS["sex"])
    imputer = IterativeImputer(
        num_estimator=DecisionTreeRegressor(max_depth=4, random_state=0),
        cat_estimator=DecisionTreeClassifier(max_depth=3, random_state=0),
        max_iter=2,
        random_state=0,
        categorical_indices=[3, 5],  # the month, where the text once was, and the text
        num_estimator_prepare_for_categoricals_type="ordinal",
        cat_estimator_prepare_for_categoricals_type="ordinal",
    )
    steps: Steps = [
        ("dates", ExtractDateTimeFeatures(), ["opened"]),
        ("iterative_imputer", imputer, None),
        ("onehot", ce.OneHotEncoder(cols=["sex"], use_cat_names=True), ["sex"]),
        ("ordinal", ce.OrdinalEncoder(cols=["opened_month"]), ["opened_month"]),
        ("zero", SimpleImputer(strategy="constant", fill_value=-7.0), None),
    ]
    pipeline = fitted(frame, steps)
    rows = frame.mask(RANDOM.random(frame.shape) < 0.2).assign(opened=frame["opened"])
    rows.loc[:2, "opened"] = [pd.Timestamp("1970-12-31"), pd.Timestamp("2090-01-01"), pd.NaT]
    graph = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-12)


rows_of = st.fixed_dictionaries(
    {
        "age": st.one_of(st.just(np.nan), st.integers(-100, 10**6).map(float)),
        "sex": st.sampled_from(["female", "male", "Male", "🙂", None]),
        "bmi": st.one_of(st.just(np.nan), st.floats(-1e6, 1e6)),
        "region": st.sampled_from(["north", "west", "south", "x", None]),
        "children": st.one_of(st.just(np.nan), st.integers(-2, 9).map(float)),
    }
)


@cache
def prepared() -> tuple[Any, Conversion]:
    """One pipeline and its conversion, for all examples."""
    pipeline = imputed(GAPS, "native categories")
    return pipeline, convert(pipeline, GAPS)


@settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
@given(listed=st.lists(rows_of, min_size=1, max_size=20))
def test_any_row_is_filled_as_pycaret_fills_it(listed: list[dict[str, Any]]) -> None:
    pipeline, conversion = prepared()
    rows = pd.concat([COMPLETE.astype({"age": float}).head(3), pd.DataFrame(listed)])
    rows = rows[list(COMPLETE)].reset_index(drop=True)
    graph = converted(conversion, rows)
    np.testing.assert_allclose(graph, expected(pipeline, rows), rtol=1e-12, atol=1e-9)
