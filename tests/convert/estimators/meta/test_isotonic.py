from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from sklearn.isotonic import IsotonicRegression

from pipeline.convert.estimators.meta.isotonic import apply_isotonic
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE
from tests.convert.harness import run

numbers = st.floats(-1e6, 1e6, width=32)
points = st.lists(st.tuples(numbers, st.booleans()), min_size=1, max_size=30)


def fitted(pairs: list[tuple[float, bool]], dtype: Any) -> Any:
    x = np.array([x for x, _ in pairs], dtype=dtype)
    y = np.array([y for _, y in pairs], dtype=dtype)
    return IsotonicRegression(out_of_bounds="clip").fit(x, y)


def converted(curves: list[Any], rows: NDArray[np.float64]) -> NDArray[np.float64]:
    graph = Graph()
    x = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(len(curves))])
    model = graph.model({"y": (apply_isotonic(x, curves), ["N", len(curves)])})
    result: NDArray[np.float64] = run(model, rows)["y"]
    return result


def around(values: NDArray[Any]) -> NDArray[np.float64]:
    """The values, the numbers beside them, the middles between them, and far outside."""
    beside = [np.nextafter(values, values.dtype.type(side)) for side in (-np.inf, np.inf)]
    middles = (values[1:] + values[:-1]) / 2
    return np.concatenate([values, *beside, middles, [-1e9, 0.0, 1e9]]).astype(float)


@settings(max_examples=40, deadline=None)
@given(first=points, second=points, dtype=st.sampled_from([np.float64, np.float32]))
def test_curves_are_followed_to_the_last_bit(first: Any, second: Any, dtype: Any) -> None:
    curves = [fitted(first, dtype), fitted(second, dtype)]
    column = around(np.concatenate([curve.X_thresholds_ for curve in curves]))
    answers = converted(curves, np.column_stack([column, column]))
    expected = np.column_stack([curve.predict(column.astype(dtype)) for curve in curves])
    np.testing.assert_array_equal(answers, expected.astype(float))


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_one_point_is_a_constant(dtype: Any) -> None:
    curve = fitted([(1.0, True)], dtype)
    assert converted([curve], np.array([[-5.0], [1.0], [7.0]])).tolist() == [[1.0]] * 3
