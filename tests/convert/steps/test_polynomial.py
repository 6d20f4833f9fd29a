"""Products of columns, multiplied in scikit-learn's order."""

from __future__ import annotations

import pytest
from sklearn.preprocessing import PolynomialFeatures

from tests.convert.steps.matrices import FRAMES, assert_same_bits

DEGREES = {
    "PyCaret's default": PolynomialFeatures(2, include_bias=False),
    "cubes": PolynomialFeatures(3, include_bias=False),
    "with a constant": PolynomialFeatures(4),
    "interactions from degree 3 on": PolynomialFeatures((3, 5), interaction_only=True),
    "degree 1": PolynomialFeatures(1, include_bias=False),
}


@pytest.mark.parametrize("dtype", FRAMES)
@pytest.mark.parametrize("name", DEGREES)
def test_products_are_scikit_learns_to_the_last_bit(name: str, dtype: str) -> None:
    assert_same_bits(DEGREES[name], FRAMES[dtype])
