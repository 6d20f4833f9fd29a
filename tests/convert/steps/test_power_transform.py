"""Yeo and Johnson's transform, as scikit-learn computes it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import PowerTransformer

from pipeline.convert.functions.yeo_johnson import NO_POWER
from pipeline.errors import ConversionError
from tests.convert.steps.matrices import (
    FRAMES,
    SINGLE,
    Matrix,
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

    @settings(max_examples=4, deadline=None)
    @given(data=st.data())
    def check(data: Any) -> None:
        rows = data.draw(hostile_frames(frame))
        if standardize:  # the scaler inside refuses what overflows
            rows[SINGLE.columns] = rows[SINGLE.columns].clip(-10, 1000)
        graph, expected = ours(model, rows), theirs(wrapper, rows)
        with np.errstate(all="ignore"):
            close = np.abs(graph - expected) <= bound(wrapper.transformer, rows, expected, dtype)
        assert np.where(np.isinf(expected), graph == expected, close).all()  # a power overflows

    check()


def bound(
    transformer: PowerTransformer, rows: pd.DataFrame, expected: Matrix, dtype: str
) -> Matrix:
    """(N, W) what the last digits of a power, from which 1 is taken, come to in the result.

    NumPy's power has a code path for each kind of processor, which is off by up to 4 units in the
    last place (Intel's SVML); the graph's by one, and sums and quotients round once each.
    """
    values = rows.to_numpy(dtype=float)
    exponents = np.where(values >= 0, transformer.lambdas_, 2 - transformer.lambdas_)
    scaler = transformer._scaler if transformer.standardize else None
    mean, scale = (0.0, 1.0) if scaler is None else (scaler.mean_, scaler.scale_)
    with np.errstate(all="ignore"):
        power = (np.abs(values) + 1) ** exponents / np.abs(exponents)
        terms = 6 * power + 2 * np.abs(mean) + 4 * np.abs(expected) * scale
    bounds: Matrix = np.finfo(dtype).eps * terms / scale
    return bounds


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
