"""Quantile transforms: numpy.interp's pieces and scikit-learn's ends."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import QuantileTransformer

from tests.convert.steps.matrices import (
    FRAMES,
    fitted_step,
    hostile_frames,
    ours,
    step_model,
    theirs,
)

FEW = 40
"""Quantiles, fewer than rows, so that values lie between them."""


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
@pytest.mark.parametrize("dtype", FRAMES)
def test_places_among_the_quantiles_are_scikit_learns(dtype: str, distribution: str) -> None:
    frame = FRAMES[dtype]
    transformer = QuantileTransformer(n_quantiles=FEW, output_distribution=distribution)
    wrapper = fitted_step(transformer, frame)
    model = step_model(wrapper, frame)
    # The places are equal; the normal quantile has the logarithm's last digit of freedom, which
    # float32 rounds away or makes one unit of its own.
    tolerance = {"uniform": 0.0, "normal": 1e-15 if dtype == "float64" else 2e-7}[distribution]

    @settings(max_examples=5, deadline=None)
    @given(data=st.data())
    def check(data: Any) -> None:
        rows = data.draw(hostile_frames(frame, transformer.quantiles_))
        np.testing.assert_allclose(
            ours(model, rows), theirs(wrapper, rows), rtol=tolerance, atol=tolerance
        )

    check()


@pytest.mark.parametrize("distribution", ["normal", "uniform"])
def test_constant_and_repeated_numbers_jump_where_scikit_learns_do(distribution: str) -> None:
    frame = pd.DataFrame(
        {
            "constant": [3] * 60,
            "two": [0, 1] * 30,
            "repeated": [0.5] * 20 + [1.5] * 30 + [2.5] * 10,
            "large": np.linspace(1e10, 1.1e10, 60),
            "tiny": np.linspace(0, 3e-7, 60),
            "id": np.arange(60) * 1000,
        }
    )
    wrapper = fitted_step(
        QuantileTransformer(n_quantiles=30, output_distribution=distribution), frame
    )
    rows = pd.DataFrame(
        {
            name: [f(v) for v in (*frame[name].iloc[[0, 25, 59]], 0.0, 0.7, 9.0) for f in NEAR]
            for name in frame
        }
    )
    rows["id"] = (np.arange(len(rows)) * 1777).astype(int)
    np.testing.assert_allclose(
        ours(step_model(wrapper, frame), rows), theirs(wrapper, rows), rtol=1e-15, atol=1e-15
    )


NEAR = (
    float,
    lambda v: float(np.nextafter(np.float32(v), np.float32(np.inf))),
    lambda v: float(np.nextafter(np.float32(v), np.float32(-np.inf))),
    lambda v: v + 1e-7,
    lambda v: v - 1e-7,
    lambda v: v + 2e-7,
    lambda v: v - 2e-7,
)


def test_missing_numbers_stay_missing() -> None:
    frame = FRAMES["float64"]
    wrapper = fitted_step(QuantileTransformer(n_quantiles=FEW, output_distribution="normal"), frame)
    rows = frame.astype({"bmi": float})
    rows.loc[::3, "bmi"] = np.nan
    np.testing.assert_allclose(
        ours(step_model(wrapper, frame), rows), theirs(wrapper, rows), rtol=1e-15, atol=1e-15
    )


def test_a_thousand_quantiles_cost_a_few_nodes() -> None:
    frame = pd.DataFrame({"a": np.linspace(0, 1, 1200), "id": np.arange(1200) * 70})
    wrapper = fitted_step(
        QuantileTransformer(n_quantiles=1000, output_distribution="normal"), frame
    )
    assert len(step_model(wrapper, frame).graph.node) < 70
