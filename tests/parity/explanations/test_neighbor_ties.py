"""Ties between neighbours: distances equal to the digits that scikit-learn's own formula leaves."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsRegressor

from pipeline.parity.explanations.neighbor_ties import find_undecided

RANDOM = np.random.default_rng(0)
KNOWN = RANDOM.normal(size=(60, 16))
"""Wide enough for scikit-learn to take brute force."""
ROWS = RANDOM.normal(size=(40, 16))


def model(known: np.ndarray, **parameters: object) -> KNeighborsRegressor:
    return KNeighborsRegressor(**parameters).fit(known, np.arange(len(known)))


@pytest.mark.parametrize("algorithm", ["brute", "kd_tree"])
def test_distances_that_differ_are_no_tie(algorithm: str) -> None:
    assert not find_undecided(model(KNOWN, algorithm=algorithm), ROWS).any()


@pytest.mark.parametrize("algorithm", ["brute", "kd_tree"])
def test_the_same_neighbour_twice_is_a_tie(algorithm: str) -> None:
    twice = np.repeat(KNOWN, 2, axis=0)
    assert find_undecided(model(twice, algorithm=algorithm), ROWS).all()


def test_brute_force_far_from_the_origin_decides_nothing_where_trees_do() -> None:
    far = 1e9
    brute, tree = (model(KNOWN + far, algorithm=a) for a in ("brute", "kd_tree"))
    assert find_undecided(brute, ROWS + far).all()
    assert not find_undecided(tree, ROWS + far).any()


def test_rows_that_two_orders_of_summation_answer_differently_are_ties() -> None:
    known, rows = KNOWN + 1e7, ROWS + 1e7
    brute = model(known)
    assert brute._fit_method == "brute"
    order = RANDOM.permutation(16)
    other = model(known[:, order]).predict(rows[:, order])
    differs = brute.predict(rows) != other
    assert differs.any()
    assert find_undecided(brute, rows)[differs].all()


def test_as_many_neighbours_as_rows_leave_nothing_to_decide() -> None:
    assert not find_undecided(model(KNOWN, n_neighbors=60), ROWS).any()
