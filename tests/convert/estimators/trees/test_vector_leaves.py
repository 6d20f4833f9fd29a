"""Leaves that hold several numbers: rows of a table, added tree after tree."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.tree import DecisionTreeRegressor

from pipeline.convert.estimators.trees import vector_leaves
from pipeline.convert.estimators.trees.sklearn_trees import read_sklearn_trees
from pipeline.convert.estimators.trees.tree_ensemble import Trees, join_trees
from pipeline.convert.estimators.trees.vector_leaves import sum_vector_leaves
from pipeline.convert.symbolic.features import Features
from tests.convert.estimators.trees.walked import reached
from tests.convert.harness import computed

X = load_iris().data.astype(np.float32).astype(float)


@pytest.fixture(scope="module")
def trees() -> Trees:
    targets = np.random.default_rng(0).normal(size=(9, len(X)))
    fitted = [DecisionTreeRegressor(max_depth=4, random_state=0).fit(X, y) for y in targets]
    bare = DecisionTreeRegressor().fit(X, np.ones(len(X)))
    return join_trees([read_sklearn_trees([each], missing=False) for each in (*fitted, bare)])


def by_hand(trees: Trees, table: np.ndarray) -> np.ndarray:
    total = np.zeros((len(X), table.shape[1]))
    for leaves in reached(trees, X).T:
        total = total + table[leaves]
    return total


@pytest.mark.parametrize("values", [vector_leaves.VALUES_PER_ROW, 6, 1])
@pytest.mark.parametrize("large", [vector_leaves.LARGE, 40, 0])
def test_rows_of_the_table_are_added_in_the_order_of_the_trees(
    trees: Trees, values: int, large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever part of the trees stands in one node, and however many are gathered at once."""
    monkeypatch.setattr(vector_leaves, "VALUES_PER_ROW", values)
    monkeypatch.setattr(vector_leaves, "LARGE", large)
    table = np.random.default_rng(1).normal(size=(len(trees.true), 3)) * [1e-9, 1.0, 1e9]
    found = computed(lambda x: sum_vector_leaves(Features.of(x, 4), trees, table), X)
    np.testing.assert_array_equal(found, by_hand(trees, table))


def test_one_tree_gives_its_rows_as_they_are() -> None:
    fitted = DecisionTreeRegressor(random_state=0).fit(X, np.arange(len(X)))
    one = read_sklearn_trees([fitted], missing=False)
    table = np.random.default_rng(1).normal(size=(len(one.true), 5))
    found = computed(lambda x: sum_vector_leaves(Features.of(x, 4), one, table), X)
    np.testing.assert_array_equal(found, table[reached(one, X)[:, 0]])
