"""Rows with gaps take the long way, and only they."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.convert.functions.incomplete_rows import fill_incomplete_rows
from pipeline.convert.graph.tensor import Tensor
from tests.convert.harness import computed

CELLS = st.sampled_from([np.nan, 0.0, -1.5, 1e300])


def closed(x: np.ndarray) -> np.ndarray:
    """Each gap becomes 7, and every other cell of its row is doubled: so one sees who was here."""

    def close(rows: Tensor) -> Tensor:
        return rows.graph.where(rows.isnan(), 7.0, rows * 2.0)

    return computed(lambda tensor: fill_incomplete_rows(tensor, close), x)


@settings(max_examples=30, deadline=None)
@given(arrays(float, st.tuples(st.integers(1, 6), st.integers(1, 3)), elements=CELLS))
def test_only_rows_with_gaps_are_changed(x: np.ndarray) -> None:
    gappy = np.isnan(x).any(axis=1, keepdims=True)
    filled = np.where(np.isnan(x), 7.0, x * 2.0)
    np.testing.assert_array_equal(closed(x), np.where(gappy, filled, x))


@pytest.mark.parametrize("width", [1, 3])
def test_no_rows_stay_no_rows(width: int) -> None:
    assert closed(np.empty((0, width))).shape == (0, width)
