"""What PyCaret hands to fitted steps, and the precision they compute in."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.preprocessing import FunctionTransformer
from sklearn.utils.validation import FLOAT_DTYPES, check_array

from pipeline.convert.pycaret_pipeline import choose_dtype, transform_rows

DTYPES = ("float32", "float64", "int8", "int16", "int32", "int64", "bool")


@given(dtypes=st.lists(st.sampled_from(DTYPES), min_size=1, max_size=5))
def test_the_precision_is_the_one_scikit_learn_takes(dtypes: list[str]) -> None:
    frame = pd.DataFrame({str(i): np.ones(2, dtype=dtype) for i, dtype in enumerate(dtypes)})
    assert choose_dtype(frame) == check_array(frame, dtype=FLOAT_DTYPES).dtype


def test_columns_without_numbers_are_no_reason_to_compute_in_float32() -> None:
    frame = pd.DataFrame({"a": np.ones(2, dtype="float32"), "b": pd.Categorical(["x", "y"])})
    assert choose_dtype(frame) == np.float64


def alone(x: pd.DataFrame) -> pd.DataFrame:
    """A step that takes rows below 5 one at a time only, and those above never."""
    if (len(x) > 1 and x["a"].min() < 5) or x["a"].max() > 9:
        raise ValueError("not these")
    return x * 2


def test_rows_that_a_step_refuses_together_go_one_by_one() -> None:
    rows = pd.DataFrame({"a": [1.0, 7.0, 10.0, 8.0]})
    each = [("step", FunctionTransformer(alone)), ("model", None)]
    steps = SimpleNamespace(steps=each, feature_names_in_=["a", "y"])
    assert transform_rows(steps, rows)["a"].to_dict() == {0: 2.0, 1: 14.0, 3: 16.0}
    with pytest.raises(ValueError, match="not these"):
        transform_rows(steps, rows.iloc[2:3])
