"""Yeo and Johnson's transform, as scikit-learn computes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import PowerTransformer

from pipeline.convert.special_power import NO_POWER
from pipeline.errors import ConversionError
from tests.convert.steps.matrices import (
    FRAMES,
    SINGLE,
    fitted_step,
    hostile_frames,
    ours,
    step_model,
    theirs,
)


@pytest.mark.parametrize("standardize", [False, True])
@pytest.mark.parametrize("dtype", FRAMES)
def test_transformed_numbers_are_scikit_learns(dtype: str, standardize: bool) -> None:
    frame = FRAMES[dtype]
    wrapper = fitted_step(PowerTransformer(standardize=standardize), frame)
    model = step_model(wrapper, frame)
    # NumPy's power has a code path for each kind of processor: some units in the last place.
    tolerance = 3e-7 if dtype == "float32" else 1e-14

    @settings(max_examples=4, deadline=None)
    @given(data=st.data())
    def check(data: Any) -> None:
        rows = data.draw(hostile_frames(frame))
        if standardize:  # the scaler inside refuses what overflows
            rows[SINGLE.columns] = rows[SINGLE.columns].clip(-10, 1000)
        np.testing.assert_allclose(
            ours(model, rows), theirs(wrapper, rows), rtol=tolerance, atol=tolerance
        )

    check()


@pytest.mark.parametrize("exponent", [0.0, 2.0, NO_POWER / 2, 1.0, -3.0, 5.0])
def test_exponents_where_the_formula_becomes_a_logarithm(exponent: float) -> None:
    frame = FRAMES["float64"]
    wrapper = fitted_step(PowerTransformer(standardize=False), frame)
    wrapper.transformer.lambdas_ = np.full(frame.shape[1], exponent)
    rows = frame.assign(bmi=np.linspace(-9, 9, len(frame)), change=np.logspace(-12, 3, len(frame)))
    graph = ours(step_model(wrapper, frame), rows)
    # log1p is made from log, with an error of a few units in the last place.
    np.testing.assert_allclose(graph, theirs(wrapper, rows), rtol=4e-15, atol=1e-15)


def test_box_and_coxs_formula_is_refused() -> None:
    positive = pd.DataFrame({"a": SINGLE["income"] + 1, "b": SINGLE["age"]})
    wrapper = fitted_step(PowerTransformer("box-cox"), positive)
    with pytest.raises(ConversionError, match="expected method yeo-johnson"):
        step_model(wrapper, positive)
