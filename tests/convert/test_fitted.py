"""What PyCaret hands to fitted steps, and the precision they compute in."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st
from sklearn.utils.validation import FLOAT_DTYPES, check_array

from pipeline.convert.fitted import precision

DTYPES = ("float32", "float64", "int8", "int16", "int32", "int64", "bool")


@given(dtypes=st.lists(st.sampled_from(DTYPES), min_size=1, max_size=5))
def test_the_precision_is_the_one_scikit_learn_takes(dtypes: list[str]) -> None:
    frame = pd.DataFrame({str(i): np.ones(2, dtype=dtype) for i, dtype in enumerate(dtypes)})
    assert precision(frame) == check_array(frame, dtype=FLOAT_DTYPES).dtype


def test_columns_without_numbers_are_no_reason_to_compute_in_float32() -> None:
    frame = pd.DataFrame({"a": np.ones(2, dtype="float32"), "b": pd.Categorical(["x", "y"])})
    assert precision(frame) == np.float64
