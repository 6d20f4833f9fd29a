"""Bin numbers, on and beside every edge."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import KBinsDiscretizer

from pipeline.errors import ConversionError
from tests.convert.steps.matrices import (
    FRAMES,
    both,
    fitted_step,
    hostile_frames,
    ours,
    step_model,
    theirs,
)


@pytest.mark.parametrize("strategy", ["kmeans", "quantile"])
@pytest.mark.parametrize("dtype", FRAMES)
@pytest.mark.filterwarnings("ignore:Bins whose width are too small")
def test_bin_numbers_are_scikit_learns(dtype: str, strategy: str) -> None:
    frame = FRAMES[dtype]
    wrapper = fitted_step(KBinsDiscretizer(encode="ordinal", strategy=strategy), frame)
    model = step_model(wrapper, frame)
    edges = np.concatenate(list(wrapper.transformer.bin_edges_))

    @settings(max_examples=5, deadline=None)
    @given(data=st.data())
    def check(data: Any) -> None:
        rows = data.draw(hostile_frames(frame, edges))
        np.testing.assert_array_equal(ours(model, rows), theirs(wrapper, rows))

    check()


@pytest.mark.filterwarnings("ignore:Feature 0 is constant")
def test_a_constant_column_is_one_bin() -> None:
    frame = pd.DataFrame({"a": [2.5] * 9, "b": np.arange(9.0)})
    rows = pd.DataFrame({"a": [1.0, 2.5, 9.0], "b": [0.0, 4.0, 8.0]})
    transformer = KBinsDiscretizer(3, encode="ordinal", strategy="uniform")
    np.testing.assert_array_equal(*both(transformer, frame, rows))


def test_one_hot_bins_are_refused() -> None:
    frame = FRAMES["float64"]
    wrapper = fitted_step(KBinsDiscretizer(encode="onehot-dense", strategy="uniform"), frame)
    with pytest.raises(ConversionError, match="expected encode = ordinal"):
        step_model(wrapper, frame)
