from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.functions.yeo_johnson import log1p, yeo_johnson, yeo_johnson_inverse
from pipeline.convert.graph.tensor import Tensor
from tests.convert.functions.test_float64 import applied


def test_log1p_is_numpys_near_zero_and_far_away() -> None:
    x = np.r_[0.0, np.logspace(-300, 300, 20_001)]
    np.testing.assert_allclose(
        applied(log1p, x[:, None])[:, 0],
        np.log1p(x),
        rtol=1e-15,  # a few units in the last place
    )


def test_the_inverse_leads_back() -> None:
    x = np.linspace(-3, 3, 601)[:, None]
    for exponent in (-0.5, 0.0, 0.3, 1.0, 2.0, 2.5):
        e = np.array([[exponent]])
        found = applied(partial(_there_and_back, exponent=e), x)
        np.testing.assert_allclose(found, x, rtol=1e-13, atol=1e-14)  # two powers


def _there_and_back(x: Tensor, exponent: NDArray[np.float64]) -> Tensor:
    return yeo_johnson_inverse(yeo_johnson(x, exponent), exponent)
