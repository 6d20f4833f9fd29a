"""Statistics of groups of columns, as pandas, NumPy and SciPy return them for PyCaret."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from category_encoders import OrdinalEncoder
from hypothesis import given, settings
from hypothesis import strategies as st
from pycaret.internal.preprocess.transformers import GroupFeatures
from sklearn.feature_selection import VarianceThreshold
from sklearn.impute import SimpleImputer

from pipeline.convert import convert
from tests.convert.pipelines import converted, expected, fitted
from tests.convert.steps.matrices import (
    FRAMES,
    SINGLE,
    fitted_step,
    hostile_frames,
    ours,
    step_model,
    theirs,
)

GROUPS = {
    "several": {"a": ["age", "bmi", "children"], "b": ["income", "change"], "c": ["smoker"]},
    "one of all": {"all": list(SINGLE)},
    "with an absent column": {"some": ["age", "bmi", "gone"]},
}


@pytest.mark.parametrize("dtype", FRAMES)
@pytest.mark.parametrize("name", GROUPS)
def test_statistics_of_a_row_are_pycarets_to_the_last_bit(name: str, dtype: str) -> None:
    frame = FRAMES[dtype]
    wrapper = fitted_step(GroupFeatures(GROUPS[name]), frame)
    model = step_model(wrapper, frame)

    @settings(max_examples=4, deadline=None)
    @given(data=st.data())
    def check(data: Any) -> None:
        rows = data.draw(hostile_frames(frame))
        np.testing.assert_array_equal(ours(model, rows), theirs(wrapper, rows))

    check()


def test_whole_numbers_are_averaged_in_float64() -> None:
    frame = SINGLE[["age", "children", "smoker"]]
    wrapper = fitted_step(GroupFeatures({"whole": list(frame)}), frame)
    rows = pd.DataFrame({"age": [0, -1, 99], "children": [7, 7, 5], "smoker": [1, 0, -3]})
    np.testing.assert_array_equal(ours(step_model(wrapper, frame), rows), theirs(wrapper, rows))


def test_wide_groups_are_summed_in_numpys_order() -> None:
    random = np.random.default_rng(1)
    names = [f"x{i}" for i in range(19)]
    frame = pd.DataFrame(random.lognormal(0, 9, (40, 19)), columns=names)
    wrapper = fitted_step(GroupFeatures({"g": names}, drop_groups=True), frame)
    np.testing.assert_array_equal(ours(step_model(wrapper, frame), frame), theirs(wrapper, frame))


def test_missing_numbers_are_left_out_or_spread_as_in_pandas() -> None:
    """min, max, mean and std skip them, the median does not, the mode counts them as a value."""
    frame = SINGLE.astype(float)
    rows = frame.head(60).copy()
    rows.iloc[0::5, 0] = np.nan
    rows.iloc[1::5, :2] = np.nan
    rows.iloc[2::5, :3] = np.nan
    rows.iloc[3::5, [1, 4]] = np.nan
    wrapper = fitted_step(GroupFeatures(GROUPS["several"]), frame)
    np.testing.assert_array_equal(ours(step_model(wrapper, frame), rows), theirs(wrapper, rows))


def test_imputed_groups_need_no_second_thoughts() -> None:
    frame = SINGLE[["age", "bmi", "children"]].astype(float)
    steps = [
        ("numerical_imputer", SimpleImputer(), list(frame)),
        ("group_features", GroupFeatures({"g": list(frame)}), None),
    ]
    pipeline = fitted(frame, steps)
    conversion = convert(pipeline, frame)
    rows = frame.head(20).copy()
    rows.iloc[::2, 1] = np.nan
    np.testing.assert_allclose(
        converted(conversion, rows),
        expected(pipeline, rows),
        rtol=1e-6,  # the linear model sums nine columns of float32
    )
    operators = [node.op_type for node in conversion.model.graph.node]
    # The imputer's, where the group and where the model reads the columns.
    assert operators.count("IsNaN") == 2


@pytest.mark.parametrize("imputer", [SimpleImputer()])
def test_a_number_beyond_the_tables_that_float32_does_not_hold_is_one_of_a_batch_of_floats(
    imputer: Any,
) -> None:
    """PyCaret reads 1e9 in float32 or 1e9 + 1 in float64, by the batch, but not 1e9 in float64."""
    random = np.random.default_rng(0)
    frame = pd.DataFrame({"part": random.normal(0, 1, 90).astype(np.float32)})
    frame["whole"] = random.integers(0, 70_000, 90)
    frame["code"] = random.choice(["x", "y"], 90)  # the model computes in float64
    steps = [
        ("numerical_imputer", imputer, ["part", "whole"]),
        ("ordinal_encoding", OrdinalEncoder(cols=["code"]), ["code"]),
        ("group_features", GroupFeatures({"g": ["part", "whole"]}), None),
    ]
    pipeline = fitted(frame, steps)
    rows = frame.assign(whole=1e9 + np.arange(90) + 0.5)
    rows.loc[1:, "whole"] = np.floor(rows["whole"][1:])
    found = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(found, expected(pipeline, rows), rtol=1e-12)


@pytest.mark.parametrize("selector", [None, VarianceThreshold()])
def test_what_a_selector_has_made_doubles_of_is_a_group_of_doubles(selector: Any) -> None:
    """Rows without a whole number are imputed in float32; beside a code they do not stay so."""
    random = np.random.default_rng(0)
    numbers = random.lognormal(0, 2, (120, 3)).astype(np.float32)
    frame = pd.DataFrame(numbers, columns=["a", "b", "c"])
    frame["whole"] = random.integers(10**5, 10**6, 120)
    frame["code"] = random.choice(["x", "y"], 120)
    steps = [
        ("numerical_imputer", SimpleImputer(), ["a", "b", "c", "whole"]),
        ("ordinal_encoding", OrdinalEncoder(cols=["code"]), ["code"]),
        ("group_features", GroupFeatures({"g": ["a", "b", "c"]}, drop_groups=True), None),
    ]
    if selector is not None:
        steps.insert(2, ("low_variance", selector, None))
    pipeline = fitted(frame, steps)
    rows = frame.assign(whole=frame["whole"] + 0.5)
    found = converted(convert(pipeline, frame), rows)
    np.testing.assert_allclose(found, expected(pipeline, rows), rtol=1e-12)
