"""CatBoost's JSON, walked in Python: the sums are CatBoost's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from catboost import CatBoost, CatBoostClassifier, CatBoostRegressor

from pipeline.convert.estimators.trees.catboost_loader import CatBoostTrees, parse_catboost
from pipeline.errors import ConversionError

RNG = np.random.default_rng(0)
FEW: dict[str, Any] = {
    **{"iterations": 5, "depth": 3, "verbose": 0, "thread_count": 1},
    "allow_writing_files": False,
}
X = RNG.normal(size=(200, 3)).round(1)
GAPS = np.where(RNG.random(X.shape) < 0.2, np.nan, X)
Y = np.nan_to_num(X).sum(axis=1) + RNG.normal(size=200) * 0.1
MODELS: dict[str, tuple[CatBoost, Any]] = {
    "numbers": (CatBoostRegressor(**FEW), Y),
    "the largest is missing": (CatBoostRegressor(nan_mode="Max", **FEW), Y),
    "three classes": (CatBoostClassifier(**FEW), np.digitize(Y, [-1, 1])),
}


def saved(model: CatBoost, folder: Path) -> str:
    model.save_model(str(folder / "model.json"), format="json")
    return (folder / "model.json").read_text(encoding="utf-8")


def sums(model: CatBoostTrees, rows: np.ndarray) -> np.ndarray:
    trees, columns = model.trees, np.arange(rows.shape[1])
    read = np.where(np.isnan(rows) & np.isin(columns, trees.endless), np.inf, rows)
    total = np.zeros((len(rows), trees.outputs))
    for feature, border, values in zip(trees.feature, trees.border, trees.values, strict=True):
        greater = read[:, feature].astype(np.float32) > border
        total += values[(greater * 2 ** np.arange(len(feature))).sum(axis=1)]
    return total * model.scale + model.bias


@pytest.mark.parametrize("name", MODELS)
def test_scaled_sums_with_the_bias_are_the_raw_values_of_the_original(
    name: str, tmp_path: Path
) -> None:
    model, target = MODELS[name]
    model.fit(GAPS, target)
    parsed = parse_catboost(saved(model, tmp_path))
    rows = np.vstack([X, GAPS])
    raw = np.reshape(model.predict(rows, prediction_type="RawFormulaVal"), (len(rows), -1))
    np.testing.assert_allclose(sums(parsed, rows), raw, rtol=1e-12, atol=1e-12)


def test_missing_is_the_largest_where_training_said_so(tmp_path: Path) -> None:
    for mode, endless in (("Min", []), ("Max", [0, 1, 2])):
        model = CatBoostRegressor(nan_mode=mode, **FEW).fit(GAPS, Y)
        parsed = parse_catboost(saved(model, tmp_path))
        assert parsed.trees.endless.tolist() == endless
        assert parsed.loss == "RMSE"


def test_trees_of_different_depths_are_made_as_deep_as_the_deepest(tmp_path: Path) -> None:
    x = np.repeat([[0.0, 0.0], [1.0, 0.0], [2.0, 1.0]], 20, axis=0)
    model = CatBoostRegressor(**FEW).fit(x, x[:, 0] * 3 + x[:, 1])
    parsed = parse_catboost(saved(model, tmp_path))
    np.testing.assert_allclose(sums(parsed, x)[:, 0], model.predict(x), rtol=1e-12)


def test_other_trees_and_categories_are_refused(tmp_path: Path) -> None:
    uneven = CatBoostRegressor(grow_policy="Lossguide", **FEW).fit(X, Y)
    with pytest.raises(ConversionError, match="expected symmetric trees"):
        parse_catboost(saved(uneven, tmp_path))
    words = [["a", 1.0], ["b", 2.0], ["a", 3.0], ["c", 4.0]] * 10
    named = CatBoostRegressor(cat_features=[0], **FEW).fit(words, [1.0, 2.0] * 20)
    with pytest.raises(ConversionError, match="got categorical_features"):
        parse_catboost(saved(named, tmp_path))
