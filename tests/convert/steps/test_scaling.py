"""Scaled columns: bit for bit what scikit-learn's scalers return."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from tests.convert.steps.matrices import (
    FRAMES,
    fitted_step,
    hostile_frames,
    ours,
    step_model,
    theirs,
)

SCALERS = {
    "zscore": StandardScaler(),
    "not centred": StandardScaler(with_mean=False),
    "not scaled": StandardScaler(with_std=False),
    "minmax": MinMaxScaler(),
    "clipped": MinMaxScaler((-1, 2), clip=True),
    "maxabs": MaxAbsScaler(),
    "robust": RobustScaler(),
    "neither": RobustScaler(with_centering=False, with_scaling=False),
}


@pytest.mark.parametrize("dtype", FRAMES)
@pytest.mark.parametrize("name", SCALERS)
def test_scaled_numbers_are_scikit_learns_to_the_last_bit(name: str, dtype: str) -> None:
    frame = FRAMES[dtype]
    wrapper = fitted_step(SCALERS[name], frame)
    model = step_model(wrapper, frame)

    @settings(max_examples=5, deadline=None)
    @given(data=st.data())
    def check(data: Any) -> None:
        rows = data.draw(hostile_frames(frame))
        np.testing.assert_array_equal(ours(model, rows), theirs(wrapper, rows))

    check()


def test_missing_numbers_stay_missing() -> None:
    frame = FRAMES["float32"]
    wrapper = fitted_step(StandardScaler(), frame)
    rows = frame.astype(float)
    rows.iloc[::3, 1] = np.nan
    np.testing.assert_array_equal(ours(step_model(wrapper, frame), rows), theirs(wrapper, rows))
