from __future__ import annotations

from typing import Any

import pytest
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)

from pipeline.convert.estimators.trees import node_order, vector_leaves
from tests.convert.estimators.trees.tree_rows import (
    assert_same,
    cancer,
    coarse,
    diabetes,
    wine,
    with_missing,
)
from tests.convert.harness import estimator_model

FEW: dict[str, Any] = {"n_estimators": 12, "random_state": 0}


@pytest.fixture(autouse=True)
def _every_forest_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_order, "LARGE", 0)
    monkeypatch.setattr(vector_leaves, "LARGE", 150)


@pytest.mark.parametrize("forest", [RandomForestRegressor, ExtraTreesRegressor])
def test_mirrored_regressors_answer_like_the_original_on_hostile_rows(forest: Any) -> None:
    table = diabetes()
    # 0: the same leaves, added in the same order.
    assert_same(forest(**FEW).fit(table.x, table.y), table, relative=0, absolute=0)


@pytest.mark.parametrize("table", [cancer, wine, lambda: coarse(2), lambda: coarse(4)])
@pytest.mark.parametrize("forest", [RandomForestClassifier, ExtraTreesClassifier])
def test_mirrored_classifiers_answer_like_the_original_on_hostile_rows(
    forest: Any, table: Any
) -> None:
    known = table()
    # 1e-15: sums are divided by the number of trees.
    assert_same(forest(**FEW).fit(known.x, known.y), known, relative=0, absolute=1e-15)


@pytest.mark.parametrize("trained_with_missing", [False, True])
def test_missing_values_go_where_the_original_sends_them(trained_with_missing: bool) -> None:
    table = with_missing(diabetes()) if trained_with_missing else diabetes()
    forest = RandomForestRegressor(**FEW).fit(table.x, table.y)
    assert_same(forest, table, missing=True, relative=0, absolute=0)


def test_trees_beyond_the_limit_stand_in_nodes_of_their_own() -> None:
    table = coarse(4)
    forest = RandomForestClassifier(**FEW).fit(table.x, table.y)
    kinds = [node.op_type for node in estimator_model(forest, table.width).graph.node]
    assert 1 < kinds.count("TreeEnsemble") <= FEW["n_estimators"]
    assert "Neg" in kinds
