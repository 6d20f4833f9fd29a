from __future__ import annotations

import numpy as np
import scipy.special

from pipeline.convert.functions.normal_distribution import LOWEST, ndtr, ndtri
from tests.convert.functions.test_float64 import applied


def test_the_normal_quantile_is_scipys_to_the_last_digits() -> None:
    tails = np.logspace(np.log10(LOWEST), -1, 20_000)
    p = np.clip(np.r_[np.linspace(0, 1, 40_001), tails, 1 - tails], LOWEST, 1 - LOWEST)
    np.testing.assert_allclose(
        applied(lambda t: ndtri(t, width=1), p[:, None])[:, 0],
        scipy.special.ndtri(p),
        rtol=1e-15,  # onnxruntime's logarithm differs from libm's by a unit in the last place
    )


def test_the_normal_distribution_function_is_scipys_to_the_last_digits() -> None:
    x = np.r_[np.linspace(-11, 11, 40_001), np.logspace(-300, 1, 2_000), -0.0]
    np.testing.assert_allclose(
        applied(lambda t: ndtr(t, width=1), x[:, None])[:, 0],
        scipy.special.ndtr(x),
        rtol=1e-15,  # exp, likewise
    )


def test_far_tails_are_as_good_as_zero_and_one() -> None:
    x = np.array([[-1e30, 1e30, -40.0, 40.0]])
    graph = applied(lambda t: ndtr(t, width=4), x)
    np.testing.assert_allclose(graph, scipy.special.ndtr(x), rtol=0, atol=1e-29)  # documented


def test_columns_are_treated_alike() -> None:
    p = np.random.default_rng(0).random((50, 3)) * 0.98 + 0.01
    np.testing.assert_allclose(
        applied(lambda t: ndtri(t, width=3), p), scipy.special.ndtri(p), rtol=1e-15
    )
