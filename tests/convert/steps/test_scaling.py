"""Scaled columns: bit for bit what scikit-learn's scalers return."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import MaxAbsScaler, MinMaxScaler, RobustScaler, StandardScaler

from tests.convert.steps.matrices import (
    FRAMES,
    assert_same_bits,
    fitted_step,
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
    assert_same_bits(SCALERS[name], FRAMES[dtype])


def test_missing_numbers_stay_missing() -> None:
    frame = FRAMES["float32"]
    wrapper = fitted_step(StandardScaler(), frame)
    rows = frame.astype(float)
    rows.iloc[::3, 1] = np.nan
    np.testing.assert_array_equal(ours(step_model(wrapper, frame), rows), theirs(wrapper, rows))
