"""XGBoost's JSON, walked in Python: the leaves are those that the booster itself comes to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from xgboost import XGBClassifier, XGBModel, XGBRegressor

from pipeline.convert.estimators.trees.xgboost_loader import parse_xgboost
from pipeline.errors import ConversionError
from tests.convert.estimators.trees.walked import reached

RNG = np.random.default_rng(0)
FEW: dict[str, Any] = {"n_estimators": 4, "max_depth": 3, "n_jobs": 1}
X = RNG.normal(size=(200, 3)).round(1).astype(np.float32)
GAPS = np.where(RNG.random(X.shape) < 0.2, np.float32(np.nan), X)
Y = X.sum(axis=1) + RNG.normal(size=200) * 0.1
MODELS: dict[str, tuple[XGBModel, Any, Any]] = {
    "numbers": (XGBRegressor(**FEW), X, Y),
    "gaps": (XGBRegressor(**FEW), GAPS, Y),
    "counts": (XGBRegressor(objective="count:poisson", **FEW), X, np.exp(Y).round()),
    "two classes": (XGBClassifier(**FEW), GAPS, Y > 0),
    "three classes": (XGBClassifier(**FEW), X, np.digitize(Y, [-1, 1])),
}


@pytest.mark.parametrize("name", MODELS)
def test_rows_come_to_the_leaves_of_the_booster_and_their_sum_is_its_margin(name: str) -> None:
    model, x, y = MODELS[name]
    booster = model.fit(x, y)
    parsed = parse_xgboost(booster.get_booster().save_raw("json"))
    rows = np.vstack([x, GAPS])
    leaves = reached(parsed.trees, rows.astype(float))
    theirs = booster.apply(rows).reshape(len(rows), -1)
    np.testing.assert_array_equal(leaves - parsed.trees.roots, theirs)
    margins = np.zeros((len(rows), parsed.targets.max() + 1), dtype=np.float32)
    for reach in leaves.T:
        margins[:, parsed.targets[reach[0]]] += parsed.values[reach]
    expected = booster.predict(rows, output_margin=True).reshape(len(rows), -1)
    np.testing.assert_allclose(margins, expected, rtol=1e-6, atol=1e-6)


def test_the_objective_and_the_classes_are_read_beside_the_trees() -> None:
    model, x, y = MODELS["three classes"]
    parsed = parse_xgboost(model.fit(x, y).get_booster().save_raw("json"))
    assert parsed.objective == "multi:softprob"
    assert np.bincount(parsed.targets[parsed.trees.roots]).tolist() == [4, 4, 4]


@pytest.mark.parametrize(
    ("model", "targets", "says"),
    [
        (XGBRegressor(booster="gblinear", n_estimators=2), Y, "booster 'gblinear'"),
        (XGBRegressor(**FEW), np.column_stack([Y, -Y]), "several targets"),
        (XGBRegressor(n_estimators=0), Y, "none"),
    ],
)
def test_what_is_no_sum_of_trees_is_refused(model: XGBModel, targets: Any, says: str) -> None:
    with pytest.raises(ConversionError, match=f"got {says}"):
        parse_xgboost(model.fit(X, targets).get_booster().save_raw("json"))
