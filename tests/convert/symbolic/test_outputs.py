"""What estimators answer, put together as scikit-learn's ensembles do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, INT64
from pipeline.convert.symbolic.outputs import (
    Classification,
    Regression,
    common_dtype,
    count_votes,
    label_positive,
    normalize_rows,
    place_classes,
    spread_over_classes,
    stack_binary_probabilities,
)
from pipeline.errors import ConversionError
from tests.convert.harness import computed

P = np.random.default_rng(0).random((8, 3))


def test_probabilities_of_two_classes_stand_side_by_side() -> None:
    found = computed(stack_binary_probabilities_of, P[:, :1])
    np.testing.assert_array_equal(found, np.hstack([1 - P[:, :1], P[:, :1]]))
    labels = computed(lambda x: label_positive(x > 0.5).reshape(-1, 1), P[:, :1])
    np.testing.assert_array_equal(labels, (P[:, :1] > 0.5).astype(int))


def stack_binary_probabilities_of(positive: Any) -> Any:
    return stack_binary_probabilities(positive.graph, positive)


def test_rows_are_divided_by_their_sum() -> None:
    found = computed(normalize_rows, P)
    np.testing.assert_allclose(found, P / P.sum(axis=1, keepdims=True), rtol=1e-15)


@pytest.mark.parametrize("known", [(0, 2), (1, 3), (0, 1, 2, 3)])
def test_a_member_that_knows_some_classes_says_nothing_of_the_others(
    known: tuple[int, ...],
) -> None:
    classes = np.array(["a", "b", "c", "d"])
    given = P[:, : len(known)] if len(known) < 4 else np.hstack([P, P[:, :1]])

    def spread(x: Any) -> Any:
        label = x.argmax()
        return spread_over_classes(Classification(label, classes[list(known)], x), classes)

    expected = np.zeros((len(P), 4))
    expected[:, list(known)] = given
    np.testing.assert_array_equal(computed(spread, given), expected)
    np.testing.assert_array_equal(place_classes(np.array(known), 4), np.eye(4)[list(known)])


def test_a_member_without_probabilities_cannot_be_spread() -> None:
    label = Graph().input("x", INT64)
    with pytest.raises(ConversionError, match="expected a member with predict_proba"):
        spread_over_classes(Classification(label, np.arange(2)), np.arange(2))


def test_votes_are_counted_by_the_classes_that_members_know() -> None:
    tables = [np.eye(3)[[0, 2]] * 0.5, np.eye(3) * 2.0]
    first, second = np.array([0, 1, 1, 0]), np.array([2, 2, 0, 1])

    def votes(x: Any) -> Any:
        members = [
            Classification(x.columns([k]).cast(INT64).reshape(-1), np.arange(3)) for k in (0, 1)
        ]
        return count_votes(members, tables)

    found = computed(votes, np.column_stack([first, second]).astype(float))
    np.testing.assert_array_equal(found, tables[0][first] + tables[1][second])


def test_answers_are_added_in_the_dtype_that_numpy_takes() -> None:
    x = Graph().input("x", DOUBLE)
    single = Regression.of(x.cast(FLOAT))
    assert (single.values.dtype, single.dtype) == (DOUBLE, FLOAT)
    double = Regression.of(x)
    for members in ([single, single], [single, double], [double]):
        dtypes = [member.dtype for member in members]
        assert common_dtype(members) == sum(np.ones(1, d) for d in dtypes).dtype  # type: ignore[union-attr]
