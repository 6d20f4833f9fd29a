"""LightGBM's text, walked in Python: the leaves are those that the booster itself comes to."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from lightgbm import Booster, LGBMClassifier, LGBMModel, LGBMRegressor

from pipeline.convert.estimators.trees.lightgbm_loader import ZERO, parse_lightgbm
from pipeline.errors import ConversionError
from tests.convert.estimators.trees.walked import reached

RNG = np.random.default_rng(0)
QUIET: dict[str, Any] = {"n_estimators": 4, "verbose": -1, "n_jobs": 1, "min_child_samples": 5}
X = np.column_stack(
    [RNG.normal(size=(200, 2)), RNG.integers(0, 5, 200), RNG.choice([0, 1e-36, 1], 200)]
)
GAPS = np.where(RNG.random(X.shape) < 0.2, np.nan, X)
Y = np.nan_to_num(X).sum(axis=1) + 3 * (X[:, 2] % 2) + RNG.normal(size=200) * 0.1
MODELS: dict[str, tuple[LGBMModel, Any, Any, dict[str, Any]]] = {
    "numbers": (LGBMRegressor(**QUIET), X, Y, {}),
    "gaps": (LGBMRegressor(**QUIET), GAPS, Y, {}),
    "zeros are missing": (LGBMRegressor(zero_as_missing=True, **QUIET), X, Y, {}),
    "no gap is known": (LGBMRegressor(use_missing=False, **QUIET), GAPS, Y, {}),
    "categories": (
        LGBMRegressor(min_data_per_group=5, cat_smooth=1, **QUIET),
        X,
        Y,
        {"categorical_feature": [2]},
    ),
    "three classes": (LGBMClassifier(**QUIET), X, np.digitize(Y, [-1, 1]), {}),
    "a forest": (
        LGBMRegressor(boosting_type="rf", bagging_freq=1, bagging_fraction=0.7, **QUIET),
        *(X, Y, {}),
    ),
}


def fitted(name: str) -> Booster:
    model, x, y, options = MODELS[name]
    return model.fit(x, y, **options).booster_


@pytest.mark.parametrize("name", MODELS)
def test_rows_come_to_the_leaves_of_the_booster(name: str) -> None:
    booster = fitted(name)
    model = parse_lightgbm(booster.model_to_string())
    rows = GAPS if name in ("gaps", "no gap is known") else X
    is_missing = (np.abs(rows) <= ZERO) & np.isin(np.arange(4), model.zero_missing)
    read = np.where(is_missing, np.nan, rows)
    leaves = reached(model.trees, read)
    splits = np.bincount(model.trees.owner) // 2
    starts = model.trees.roots + splits  # of each tree the splits stand first
    np.testing.assert_array_equal(leaves - starts, booster.predict(rows, pred_leaf=True))
    sums = model.values[leaves].reshape(len(rows), model.iterations, model.outputs).sum(axis=1)
    if model.averaged:  # raw scores are not
        np.testing.assert_allclose(sums[:, 0] / model.iterations, booster.predict(rows), rtol=1e-12)
    raw = booster.predict(rows, raw_score=True).reshape(len(rows), model.outputs)
    np.testing.assert_allclose(sums, raw, rtol=1e-12)


def test_what_is_done_with_the_sum_is_read_beside_the_trees() -> None:
    plain, forest, classes = (
        parse_lightgbm(fitted(name).model_to_string())
        for name in ("numbers", "a forest", "three classes")
    )
    assert (plain.objective, plain.outputs, plain.averaged) == ("regression", 1, False)
    assert forest.averaged
    assert (classes.objective, classes.outputs) == ("multiclass", 3)
    assert classes.options["num_class"] == "3"
    assert parse_lightgbm(fitted("categories").model_to_string()).categorical.tolist() == [2]


def test_next_to_zero_is_zero() -> None:
    text = fitted("numbers").model_to_string()
    thresholds = parse_lightgbm(text).trees.threshold
    assert not ((np.abs(thresholds) < ZERO) & (thresholds != 0.0)).any()


def test_linear_leaves_are_refused() -> None:
    model = LGBMRegressor(linear_tree=True, **QUIET).fit(X[:, :2], Y)
    with pytest.raises(ConversionError, match="got linear models"):
        parse_lightgbm(model.booster_.model_to_string())
