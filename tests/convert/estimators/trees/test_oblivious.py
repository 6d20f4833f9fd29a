"""Symmetric trees as tables, against a walk down each of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.convert.estimators.trees.oblivious import FEW, Oblivious, sum_oblivious_trees
from pipeline.convert.symbolic.features import Features
from tests.convert.harness import computed

WIDTH = 3
BORDERS = np.array([-1.0, 0.0, 0.5, np.inf], dtype=np.float32)
CELLS = np.array([-1.0, 0.0, 0.5, 0.25, 7.0, 1e30, -1e30, np.nan], dtype=np.float32)


def made(seed: int, count: int, depth: int, outputs: int, endless: list[int]) -> Oblivious:
    random = np.random.default_rng(seed)
    return Oblivious(
        feature=random.integers(0, WIDTH, (count, depth)),
        border=random.choice(BORDERS, (count, depth)),
        values=random.integers(-99, 99, (count, 2**depth, outputs)) * 1.0,
        endless=np.array(endless, dtype=np.int64),
    )


def by_hand(trees: Oblivious, x: np.ndarray) -> np.ndarray:
    read = np.where(np.isnan(x) & np.isin(np.arange(WIDTH), trees.endless), np.inf, x)
    total = np.zeros((len(x), trees.outputs))
    for feature, border, values in zip(trees.feature, trees.border, trees.values, strict=True):
        greater = read[:, feature] > border  # NaN is greater than nothing
        total += values[(greater * 2 ** np.arange(len(feature))).sum(axis=1)]
    return total


def ours(trees: Oblivious, x: np.ndarray) -> np.ndarray:
    return computed(lambda m: sum_oblivious_trees(Features.of(m, WIDTH), trees), x.astype(float))


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    shape=st.tuples(st.integers(1, 6), st.integers(1, 4), st.integers(1, 3)),
    endless=st.lists(st.integers(0, WIDTH - 1), unique=True),
    rows=st.sampled_from([1, FEW, FEW + 1, 50]),
)
def test_every_row_gets_the_leaves_that_its_answers_number(
    seed: int, shape: tuple[int, int, int], endless: list[int], rows: int
) -> None:
    trees = made(seed, *shape, endless)
    x = np.random.default_rng(seed + 1).choice(CELLS, (rows, WIDTH))
    np.testing.assert_array_equal(ours(trees, x), by_hand(trees, x))  # whole numbers: exact


@pytest.mark.parametrize("rows", [0, 1, FEW, FEW + 1, 300])
def test_batches_of_any_size_are_added_in_the_order_of_the_trees(rows: int) -> None:
    trees = made(2, 40, 3, 2, [])
    trees.values[:] = np.random.default_rng(4).normal(size=trees.values.shape) * 1e3
    x = np.random.default_rng(3).choice(CELLS, (rows, WIDTH))
    np.testing.assert_array_equal(ours(trees, x), by_hand(trees, x))


def test_a_question_that_many_trees_ask_is_asked_once_for_each_level() -> None:
    trees = made(0, 50, 2, 1, [])
    columns, borders, bits = trees.questions
    asked = list(zip(columns, borders, bits, strict=True))
    assert len(set(asked)) == len(asked) <= WIDTH * len(BORDERS) * 2
    for tree, level in np.ndindex(trees.feature.shape):
        column, border, bit = asked[trees.asked[tree, level]]
        assert (column, border) == (trees.feature[tree, level], trees.border[tree, level])
        assert bit == 2**level
