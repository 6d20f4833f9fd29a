"""Products of columns, multiplied in scikit-learn's order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import PolynomialFeatures

from tests.convert.steps.matrices import (
    FRAMES,
    fitted_step,
    hostile_frames,
    ours,
    step_model,
    theirs,
)

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
    frame = FRAMES[dtype]
    wrapper = fitted_step(DEGREES[name], frame)
    model = step_model(wrapper, frame)

    @settings(max_examples=4, deadline=None)
    @given(data=st.data())
    def check(data: Any) -> None:
        rows = data.draw(hostile_frames(frame))
        np.testing.assert_array_equal(ours(model, rows), theirs(wrapper, rows))

    check()
