"""Thresholds of trees, read from the graph as the columns meet them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import (
    RandomForestRegressor,
)

from pipeline.convert.estimators.trees import node_order, vector_leaves
from pipeline.parity.tree_thresholds import read_split_thresholds
from tests.convert.estimators.trees.tree_rows import (
    diabetes,
)
from tests.convert.harness import estimator_model

FEW: dict[str, Any] = {"n_estimators": 12, "random_state": 0}


@pytest.fixture(autouse=True)
def _every_forest_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node_order, "LARGE", 0)
    monkeypatch.setattr(vector_leaves, "LARGE", 150)


def test_thresholds_of_mirrored_splits_are_told_as_the_columns_meet_them() -> None:
    table = diabetes()
    forest = RandomForestRegressor(**FEW).fit(table.x, table.y)
    model = estimator_model(forest, table.width)
    found = read_split_thresholds(model, [str(i) for i in range(table.width)])
    for column in range(table.width):
        fitted = np.concatenate(
            [t.tree_.threshold[t.tree_.feature == column] for t in forest.estimators_]
        )
        # One unit of float32 apart: a mirrored split asks about the next number.
        assert len(found[str(column)]) >= len(set(fitted.astype(np.float32)))
        nearest = np.abs(found[str(column)][:, None] - fitted[None]).min(axis=1)
        assert (nearest <= np.spacing(np.abs(fitted).max().astype(np.float32))).all()
