from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pipeline.adopt.edge_inputs import UNKNOWN, make_cases
from pipeline.manifest.tensors import Tensor
from tests.adopt.graphs import ROWS, SERIES

DTYPES = ("float32", "float64", "float16", "int64", "int32", "uint8", "bool")


def test_every_batch_size_is_there() -> None:
    inputs = (Tensor("x", "float32", ("batch", 4)),)
    sizes = {len(case.feeds["x"]) for case in make_cases(inputs, {"x": ROWS})}
    assert {1, 2, 7, len(ROWS), 257} <= sizes


def test_every_row_of_a_long_sample_is_compared() -> None:
    rows = np.arange(2400, dtype=np.float32).reshape(600, 4)
    cases = make_cases((Tensor("x", "float32", ("batch", 4)),), {"x": rows})
    parts = [case.feeds["x"] for case in cases if case.name.startswith("sample")]
    np.testing.assert_array_equal(np.concatenate(parts), rows)


def test_a_named_axis_gets_other_sizes() -> None:
    inputs = (Tensor("x", "float32", ("batch", "length", 4)),)
    lengths = {case.feeds["x"].shape[1] for case in make_cases(inputs, {"x": SERIES})}
    assert lengths == {1, 2, 6, 9, 12}


@given(
    st.sampled_from(DTYPES).flatmap(
        lambda dtype: hnp.arrays(dtype, st.tuples(st.integers(1, 9), st.integers(1, 3)))
    )
)
def test_dtypes_stay_and_whole_numbers_are_among_the_samples(array: Any) -> None:
    inputs = (Tensor("x", array.dtype.name, ("batch", array.shape[1])),)
    for case in make_cases(inputs, {"x": array}):
        found = case.feeds["x"]
        assert found.dtype == array.dtype
        assert found.shape[1:] == array.shape[1:]
        if array.dtype.kind == "i":
            assert np.isin(found, array).all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_what_is_not_finite_does_not_count(value: float) -> None:
    inputs = (Tensor("x", "float32", ("batch", 4)),)
    cases = [
        case
        for case in make_cases(inputs, {"x": ROWS})
        if (np.isnan(case.feeds["x"]) if np.isnan(value) else np.isinf(case.feeds["x"])).any()
    ]
    assert cases
    assert not any(case.counts for case in cases)


def test_texts_are_also_empty_and_unknown() -> None:
    words = np.array([["a"], ["longer"]])
    cases = list(make_cases((Tensor("x", "str", ("batch", 1)),), {"x": words}))
    seen = {str(text) for case in cases if case.counts for text in case.feeds["x"].ravel()}
    assert seen == {"a", "longer", "", UNKNOWN}
