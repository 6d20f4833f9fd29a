"""Flat arrays of trees as one node: each row comes to the leaf to which the original sends it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.convert.estimators.trees.tree_ensemble import (
    AVERAGE,
    LEQ,
    LESS,
    MEMBER,
    Trees,
    floor_thresholds,
    join_trees,
    sum_leaves,
)
from pipeline.convert.graph.tensor import FLOAT
from tests.convert.estimators.trees.walked import reached
from tests.convert.harness import computed

WIDTH = 3
THRESHOLDS = (-2.0, -0.5, 0.0, 0.5, 1.0, 3.0)
CELLS = (*THRESHOLDS, *np.nextafter(THRESHOLDS, np.inf), *np.nextafter(THRESHOLDS, -np.inf), np.nan)


def grown(random: np.random.Generator, depth: int, modes: tuple[int, ...]) -> Trees:
    """One random tree; a depth of 0 is a bare leaf."""
    true: list[int] = []
    false: list[int] = []
    kinds: list[int] = []
    members: list[float] = []

    def add(left: int) -> int:
        node = len(true)
        true.append(-1)
        false.append(-1)
        kinds.append(LEQ)
        if left and (node == 0 or random.random() < 0.8):
            kinds[node] = int(random.choice(modes))
            if kinds[node] == MEMBER:
                members.extend([*random.choice(4, 2, replace=False).astype(float), np.nan])
            true[node] = add(left - 1)
            false[node] = add(left - 1)
        return node

    add(depth)
    count = len(true)
    return Trees(
        true=np.array(true),
        false=np.array(false),
        feature=random.integers(0, WIDTH, count),
        threshold=random.choice(THRESHOLDS, count),
        roots=np.zeros(1, dtype=np.int64),
        missing=(random.random(count) < 0.5) & (np.array(kinds) != MEMBER),
        modes=np.array(kinds, dtype=np.uint8),
        members=np.array(members),
    )


def forest(seed: int, depths: list[int], modes: tuple[int, ...]) -> tuple[Trees, Any, Any]:
    random = np.random.default_rng(seed)
    trees = join_trees([grown(random, depth, modes) for depth in depths])
    cells: Any = CELLS if MEMBER not in modes else (*THRESHOLDS, 1.0, 2.0, 3.0)
    return trees, random.choice(cells, (40, WIDTH)), random.integers(-99, 99, len(trees.true)) * 1.0


forests = st.tuples(
    st.integers(0, 2**16),
    st.lists(st.integers(0, 4), min_size=1, max_size=4),
    st.sampled_from([(LEQ,), (LESS,), (LEQ, LESS), (LEQ, MEMBER)]),
)


@settings(max_examples=40, deadline=None)
@given(forests)
def test_the_reached_leaves_are_added_up(given: tuple[int, list[int], tuple[int, ...]]) -> None:
    trees, rows, values = forest(*given)
    expected = values[reached(trees, rows)].sum(axis=1, keepdims=True)
    found = computed(lambda x: sum_leaves(x, trees, values), rows)
    np.testing.assert_array_equal(found, expected)  # whole numbers: no sum is rounded


def test_sums_are_kept_by_target_and_averaged_over_all_trees() -> None:
    trees, rows, values = forest(5, [3, 0, 2, 4], (LEQ, LESS))
    targets = trees.owner % 2
    leaves = values[reached(trees, rows)]
    by_target = np.column_stack([leaves[:, [0, 2]].sum(axis=1), leaves[:, [1, 3]].sum(axis=1)])
    found = computed(lambda x: sum_leaves(x, trees, values, targets), rows)
    np.testing.assert_array_equal(found, by_target)
    mean = computed(lambda x: sum_leaves(x, trees, values, aggregate=AVERAGE), rows)
    np.testing.assert_allclose(mean[:, 0], leaves.mean(axis=1), rtol=1e-15)


def test_a_split_in_float32_sends_every_float32_where_the_double_would() -> None:
    trees, rows, values = forest(3, [4, 4], (LEQ,))
    fine = replace(trees, threshold=trees.threshold + 1e-9)
    single = rows.astype(FLOAT).astype(float)
    expected = values[reached(fine, single)].sum(axis=1, keepdims=True)
    found = computed(lambda x: sum_leaves(x.cast(FLOAT), fine, values), single)
    np.testing.assert_array_equal(found, expected)


def test_trees_are_joined_in_order_and_left_as_they_were() -> None:
    random = np.random.default_rng(1)
    parts = [grown(random, depth, (LEQ, LESS)) for depth in (2, 0, 3)]
    whole = join_trees(parts)
    rows = random.choice(CELLS, (40, WIDTH))
    starts = np.cumsum([0, *(len(part.true) for part in parts[:-1])])
    alone = np.hstack([reached(p, rows) + s for p, s in zip(parts, starts, strict=True)])
    np.testing.assert_array_equal(reached(whole, rows), alone)
    assert np.bincount(whole.owner).tolist() == [len(part.true) for part in parts]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@given(bound=st.floats(-3e38, 3e38), data=st.data())
def test_a_floored_threshold_divides_the_numbers_of_its_dtype_alike(
    bound: float, data: Any, dtype: Any
) -> None:
    floored = floor_thresholds(np.array([bound]), np.dtype(dtype))[0]
    assert floored.dtype == dtype
    near = [np.nextafter(dtype(bound), dtype(way)) for way in (np.inf, -np.inf)]
    width = np.dtype(dtype).itemsize * 8
    for x in (dtype(bound), *near, dtype(data.draw(st.floats(-(2.0**127), 2.0**127, width=width)))):
        assert (float(x) <= bound) == (x <= floored)
