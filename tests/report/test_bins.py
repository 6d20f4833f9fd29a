"""Every row of a column is in one part."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.report import bins
from pipeline.report.bins import FEW_ROWS, split_into_parts

VALUES = st.one_of(
    st.lists(st.none() | st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=60),
    st.lists(st.none() | st.text(max_size=4), min_size=1, max_size=60),
    st.lists(st.none() | st.integers(-(2**60), 2**60), min_size=1, max_size=60),
    st.lists(st.none() | st.sampled_from(["other", "missing", "x"]), min_size=1, max_size=60),
    st.lists(st.none() | st.datetimes(pd.Timestamp(1700, 1, 1), pd.Timestamp(2200, 1, 1))),
    st.lists(st.booleans(), min_size=1, max_size=60),
)


@given(VALUES)
def test_every_row_is_in_one_part_and_no_part_is_empty(values: list[Any]) -> None:
    column = pd.Series(values, dtype=None if values else "float64")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib itself
        found = split_into_parts(column)
    assert len(found.codes) == len(values)
    assert set(found.codes) == set(range(len(found.names)))
    missing = column.isna().to_numpy()
    assert not missing.any() or found.names[-1] == "missing"
    assert (found.codes[missing] == len(found.names) - 1).all()


def test_rare_categories_are_counted_together() -> None:
    column = pd.Series(["often"] * FEW_ROWS + ["seldom", "once"])
    assert split_into_parts(column).names == ("often", "other")
    unique = pd.Series([f"name {k}" for k in range(50)], dtype="category")
    assert split_into_parts(unique).names == ("other",)


def test_many_numbers_become_parts_of_about_as_many_rows() -> None:
    column = pd.Series(np.random.default_rng(0).permutation(1000) / 1.0)
    counts = np.bincount(split_into_parts(column).codes)
    assert counts.tolist() == [1000 // bins.BINS] * bins.BINS
    assert split_into_parts(column).names[0] == "0 to 199"
