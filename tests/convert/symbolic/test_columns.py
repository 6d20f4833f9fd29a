"""Symbolic columns: what PyCaret holds of a raw number, and what a category comes to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import BOOL, DOUBLE, INT64
from pipeline.convert.symbolic.columns import Category, RawInput
from pipeline.convert.symbolic.precision import IN_DOUBLE, IN_SINGLE, Precision
from pipeline.errors import ConversionError
from tests.convert.symbolic.answers import answer

CELLS = np.array([0.1, 16777217.0, 16777217.5, -0.0, np.nan, 1e-40])
SINGLE = CELLS.astype(np.float32).astype(float)


@pytest.mark.parametrize(("precision", "expected"), [(IN_SINGLE, SINGLE), (IN_DOUBLE, CELLS)])
def test_numbers_are_rounded_where_pycaret_rounds_them(precision: Precision, expected: Any) -> None:
    source = RawInput("x", Graph().input("x", DOUBLE), precision=precision)
    np.testing.assert_array_equal(answer(source.numbers, x=CELLS)[:, 0], expected)


def test_a_column_of_integers_decides_by_its_own_rows() -> None:
    tensor = Graph().input("x", DOUBLE)
    source = RawInput("x", tensor, precision=Precision((tensor,)))
    found = answer(source.numbers, x=CELLS)[:, 0]
    whole = np.equal(CELLS, np.floor(CELLS))
    np.testing.assert_array_equal(found, np.where(whole, CELLS, SINGLE))


@pytest.mark.parametrize(("dtype", "cells"), [(BOOL, [True, False]), (INT64, [2**53, -1])])
def test_booleans_and_dates_are_never_rounded(dtype: Any, cells: list[Any]) -> None:
    source = RawInput("x", Graph().input("x", dtype))
    found = answer(source.numbers, x=np.array(cells, dtype=dtype))
    assert found.dtype == DOUBLE and found[:, 0].tolist() == [float(cell) for cell in cells]


def test_outcomes_are_numbers_and_none_is_missing() -> None:
    source = RawInput("city", Graph().input("city", object), ("a", "b"))
    found = Category(source, (1, True, None, np.nan)).values
    np.testing.assert_array_equal(found, [1.0, 1.0, np.nan, np.nan])
    with pytest.raises(ConversionError, match="column 'city': expected numbers"):
        _ = Category(source, ("a", "b", None, None)).values
