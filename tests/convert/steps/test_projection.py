"""Principal components, linear and by kernel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.decomposition import PCA, IncrementalPCA, KernelPCA

from pipeline.errors import ConversionError
from tests.convert.steps.matrices import (
    FRAMES,
    fitted_step,
    hostile_frames,
    ours,
    step_model,
    theirs,
)

PROJECTIONS = {
    "all components": PCA(),
    "three": PCA(n_components=3),
    "a share of the variance": PCA(n_components=0.9),
    "as many as likely": PCA(n_components="mle"),
    "whitened": PCA(n_components=2, whiten=True),
    "incremental": IncrementalPCA(n_components=3),
}


@pytest.mark.parametrize("dtype", FRAMES)
@pytest.mark.parametrize("name", PROJECTIONS)
def test_components_are_scikit_learns(name: str, dtype: str) -> None:
    frame = FRAMES[dtype]
    wrapper = fitted_step(PROJECTIONS[name], frame)
    model = step_model(wrapper, frame)
    means = np.abs(wrapper.transformer.mean_)  # which every row is reduced by
    # The terms of a product are summed in an order that depends on the processor.
    tolerance = 1e-6 if dtype == "float32" else 1e-14

    @settings(max_examples=4, deadline=None)
    @given(data=st.data())
    def check(data: Any) -> None:
        rows = data.draw(hostile_frames(frame))
        expected = theirs(wrapper, rows)
        scale = (np.abs(rows.to_numpy(dtype=float)) + means).max(axis=1, keepdims=True)
        assert np.all(np.abs(ours(model, rows) - expected) <= tolerance * scale)

    check()


@pytest.mark.parametrize("dtype", FRAMES)
def test_kernel_components_are_scikit_learns(dtype: str) -> None:
    frame = FRAMES[dtype] / 100
    wrapper = fitted_step(KernelPCA(n_components=4, kernel="rbf"), frame)
    model = step_model(wrapper, frame)

    @settings(max_examples=4, deadline=None)
    @given(data=st.data())
    def check(data: Any) -> None:
        rows = data.draw(hostile_frames(frame))
        np.testing.assert_allclose(ours(model, rows), theirs(wrapper, rows), rtol=0, atol=1e-6)

    check()


def test_other_kernels_are_refused() -> None:
    frame = FRAMES["float64"]
    wrapper = fitted_step(KernelPCA(n_components=2, kernel="cosine"), frame)
    with pytest.raises(ConversionError, match="expected the kernel rbf"):
        step_model(wrapper, frame)


def test_a_kernel_of_numbers_that_swallow_their_distances_is_refused() -> None:
    frame = pd.DataFrame(np.random.default_rng(0).normal(1e7, 1.0, (50, 3)), columns=list("abc"))
    wrapper = fitted_step(KernelPCA(n_components=2, kernel="rbf"), frame)
    with pytest.raises(ConversionError, match="distances are rounding"):
        step_model(wrapper, frame)


def test_the_same_distances_over_many_columns_are_swallowed_sooner() -> None:
    few = np.random.default_rng(0).normal(2e3, 1.0, (50, 4))
    step_model(*both(few))
    with pytest.raises(ConversionError, match="set normalize"):
        step_model(*both(np.tile(few, 25) / 5))


def both(cells: np.ndarray) -> tuple[Any, pd.DataFrame]:
    frame = pd.DataFrame(cells, columns=[f"c{k}" for k in range(cells.shape[1])])
    return fitted_step(KernelPCA(n_components=2, kernel="rbf", gamma=1.0), frame), frame
