"""Each operation of a tensor is the one of NumPy's grammar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.special import expit, softmax

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import BOOL, DOUBLE, ELEMENT_TYPES, FLOAT, INT64, Tensor
from tests.convert.harness import computed

RNG = np.random.default_rng(0)
X = np.vstack([RNG.normal(size=(20, 4)) * 10.0, np.zeros((1, 4)), [[1e300, -1e300, 5e-324, -0.0]]])
GAPS = np.where(RNG.random(X.shape) < 0.3, np.nan, X)
WEIGHTS = RNG.normal(size=(4, 2))

SAME: dict[str, Callable[[Any], Any]] = {
    "x + 1": lambda x: x + 1.5,
    "1 + x": lambda x: 1.5 + x,
    "x - row": lambda x: x - X[:1],
    "1 - x": lambda x: 1.0 - x,
    "2 * x": lambda x: 2.0 * x,
    "x / 3": lambda x: x / 3.0,
    "1 / x": lambda x: 1.0 / (x + 0.5),
    "x ** 2": lambda x: x**2.0,
    "-x": lambda x: -x,
    "x * x": lambda x: x * x,
}
TRUTHS: dict[str, Callable[[Any], Any]] = {
    "x > 0": lambda x: x > 0.0,
    "x >= 0": lambda x: x >= 0.0,
    "x < row": lambda x: x < X[3:4],
    "x <= 0": lambda x: x <= 0.0,
    "both": lambda x: (x > 0.0) & (x < 5.0),
    "either": lambda x: (x > 5.0) | (x < -5.0),
    "not": lambda x: ~(x > 0.0),
}
NAMED: dict[str, tuple[Callable[[Tensor], Tensor], Callable[[Any], Any]]] = {
    "abs": (Tensor.abs, np.abs),
    "floor": (Tensor.floor, np.floor),
    "clip": (lambda x: x.clip(-2.0, 3.0), lambda x: np.clip(x, -2.0, 3.0)),
    "columns": (lambda x: x.columns([2, 0, 2]), lambda x: x[:, [2, 0, 2]]),
    "between": (lambda x: x.columns_between(1, 3), lambda x: x[:, 1:3]),
    "round32": (Tensor.round32, lambda x: x.astype(FLOAT).astype(DOUBLE)),
    "max": (lambda x: x.reduce("ReduceMax"), lambda x: x.max(axis=1, keepdims=True)),
    "argmax": (lambda x: x.argmax(keepdims=True), lambda x: x.argmax(axis=1)[:, None]),
}


@pytest.mark.parametrize("name", SAME | TRUTHS)
@pytest.mark.parametrize("rows", [X, GAPS], ids=["numbers", "gaps"])
def test_an_expression_is_numpys(name: str, rows: Any) -> None:
    function = (SAME | TRUTHS)[name]
    with np.errstate(all="ignore"):
        expected = function(rows)
    got = computed(function, rows)
    assert got.dtype == expected.dtype
    np.testing.assert_array_equal(got, expected)


@pytest.mark.parametrize("name", NAMED)
def test_a_method_is_numpys_function(name: str) -> None:
    ours, theirs = NAMED[name]
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(computed(ours, X), theirs(X))


def test_equality_and_missing_values_are_elementwise() -> None:
    np.testing.assert_array_equal(computed(lambda x: x.equal(0.0), GAPS), GAPS == 0.0)
    np.testing.assert_array_equal(computed(Tensor.isnan, GAPS), np.isnan(GAPS))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (Tensor.exp, np.exp),
        (lambda x: x.abs().log(), lambda x: np.log(np.abs(x))),
        (lambda x: x.abs().sqrt(), lambda x: np.sqrt(np.abs(x))),
        (Tensor.sigmoid, expit),
        (Tensor.softmax, lambda x: softmax(x, axis=1)),
        (Tensor.sum, lambda x: x.sum(axis=1, keepdims=True)),
        (lambda x: x @ WEIGHTS, lambda x: x @ WEIGHTS),
    ],
)
def test_a_function_is_numpys_to_a_few_roundings(ours: Any, theirs: Any) -> None:
    rows = X[:20]
    np.testing.assert_allclose(computed(ours, rows), theirs(rows), rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("largest", [True, False])
def test_extreme_values_come_in_order_and_ties_by_their_place(largest: bool) -> None:
    rows = np.array([[1.0, 3.0, 3.0, 2.0], [0.0, 0.0, 0.0, 0.0]])
    order = np.argsort(-rows if largest else rows, axis=1, kind="stable")[:, :3]
    got = computed(lambda x: x.topk(3, largest)[1], rows)
    np.testing.assert_array_equal(got, order)
    values = computed(lambda x: x.topk(3, largest)[0], rows)
    np.testing.assert_array_equal(values, np.take_along_axis(rows, order, axis=1))


@pytest.mark.parametrize("dtype", [d for d in ELEMENT_TYPES if d.kind in "fiub"])
def test_a_cast_is_numpys_and_none_where_nothing_changes(dtype: Any) -> None:
    rows = np.array([[0.0, 1.0, 2.75, 100.0]])
    got = computed(lambda x: x.cast(dtype), rows)
    assert got.dtype == dtype
    np.testing.assert_array_equal(got, rows.astype(dtype))
    x = Graph().input("x", DOUBLE)
    assert x.cast(DOUBLE) is x


def test_integers_are_divided_as_integers() -> None:
    rows = np.array([[7.0, 8.0, 9.0]])
    got = computed(lambda x: x.cast(INT64) / 4, rows)
    assert (got.dtype, got.tolist()) == (INT64, [[1, 2, 2]])
    assert computed(lambda x: x > 7, rows).dtype == BOOL
