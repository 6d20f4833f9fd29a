from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import scipy.special
from numpy.typing import NDArray

from pipeline.convert.functions.float64 import erf, expit, sum_rows
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, Tensor
from tests.convert.harness import run

AROUND_ZERO = np.r_[-np.logspace(-300, 3, 4000), 0.0, np.logspace(-300, 3, 4000)]


def applied(function: Callable[[Tensor], Tensor], x: NDArray[np.float64]) -> NDArray[np.float64]:
    graph = Graph()
    columns = [graph.input(f"x{i}", DOUBLE) for i in range(x.shape[1])]
    answer = function(graph.concat(columns))
    return run(graph.model({"y": (answer, ["N", None])}), x)["y"]


def test_erf_is_scipys_to_the_last_digits() -> None:
    x = np.r_[AROUND_ZERO, np.linspace(-7, 7, 20_001)]
    # 4.5e-16: two units in the last place, from exp.
    np.testing.assert_allclose(
        applied(erf, x[:, None])[:, 0], scipy.special.erf(x), rtol=4.5e-16, atol=0
    )


def test_expit_keeps_its_relative_precision_far_below_zero() -> None:
    x = np.r_[AROUND_ZERO, np.linspace(-700, 40, 20_001)]
    x = x[x > -709]  # below, the result is denormal
    np.testing.assert_allclose(
        applied(expit, x[:, None])[:, 0], scipy.special.expit(x), rtol=1e-15, atol=0
    )


@pytest.mark.parametrize("width", [1, 2, 7, 8, 9, 15, 16, 23, 127, 128, 129, 300])
def test_row_sums_are_numpys_to_the_last_bit(width: int) -> None:
    rng = np.random.default_rng(width)
    x = rng.normal(size=(200, width)) * 10.0 ** rng.integers(-8, 9, size=(200, width))
    sums = applied(lambda t: sum_rows(t, width), x)
    np.testing.assert_array_equal(sums[:, 0], np.sum(x, axis=1))
