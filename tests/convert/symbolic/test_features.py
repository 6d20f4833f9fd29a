"""The matrix that an estimator reads: built once for each dtype, and only if it is read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, Tensor
from pipeline.convert.symbolic.features import Features
from pipeline.errors import ConversionError
from tests.convert.harness import computed

X = np.random.default_rng(0).normal(size=(6, 4)) * 1e3


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 3), min_size=1, max_size=6), st.lists(st.integers(0, 5), max_size=3))
def test_columns_are_taken_in_any_order_and_taken_again(first: list[int], then: list[int]) -> None:
    again = [n % len(first) for n in then] or [0]
    origins = ("a", None, "c", "d")
    taken = Features(lambda dtype: None, 4, origins).take(first).take(again)  # type: ignore[arg-type,return-value]
    assert taken.width == len(again)
    assert taken.origins == tuple(origins[first[n]] for n in again)
    found = computed(lambda x: Features.of(x, 4).take(first).take(again).double, X)
    np.testing.assert_array_equal(found, X[:, first][:, again])


def test_each_dtype_is_built_once_and_only_when_it_is_read() -> None:
    built: list[Any] = []
    matrix = Graph().input("x", DOUBLE)

    def build(dtype: Any) -> Tensor:
        built.append(dtype)
        return matrix.cast(dtype)

    features = Features(build, 1)
    assert not built
    assert features.read(DOUBLE) is features.double
    assert features.read(FLOAT) is features.single
    assert features.rounded.dtype == DOUBLE
    assert built == [DOUBLE, FLOAT]
    assert features.take([0]) is features
    assert features.origins == (None,)


def test_rounded_numbers_are_float32_in_doubles() -> None:
    found = computed(lambda x: Features.of(x, 4).rounded, X)
    np.testing.assert_array_equal(found, X.astype(FLOAT).astype(DOUBLE))


def test_a_computed_matrix_has_no_categories_of_pandas() -> None:
    features = Features.of(Graph().input("x", DOUBLE), 1)
    assert features.coded([]) is features
    with pytest.raises(ConversionError, match="expected the table's own columns"):
        features.coded([["a"]])
