"""Boosters that found nothing to split, or were stopped before they could."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor
from lightgbm import LGBMClassifier, LGBMRegressor
from sklearn.ensemble import (
    AdaBoostRegressor,
    BaggingRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
)
from xgboost import XGBClassifier, XGBRegressor

from pipeline.errors import ConversionError
from tests.convert.estimators.trees.tree_rows import Table, assert_same, cancer, diabetes, wine
from tests.convert.harness import estimator_model

QUIET: dict[str, Any] = {"verbose": 0, "allow_writing_files": False, "thread_count": 1}
UNSPLIT: tuple[Callable[[], Any], ...] = (
    lambda: LGBMClassifier(min_child_samples=10**6, n_estimators=3, verbose=-1, n_jobs=1),
    lambda: LGBMClassifier(min_split_gain=1e9, n_estimators=3, verbose=-1, n_jobs=1),
    lambda: XGBClassifier(min_child_weight=1e9, n_estimators=3, n_jobs=1),
    lambda: GradientBoostingClassifier(n_estimators=2, min_samples_split=10**6),
    lambda: RandomForestClassifier(3, min_samples_split=10**6, random_state=0),
)
CONSTANT: tuple[Callable[[], Any], ...] = (
    lambda: LGBMRegressor(n_estimators=3, verbose=-1, n_jobs=1),
    lambda: XGBRegressor(n_estimators=3, n_jobs=1),
    lambda: GradientBoostingRegressor(n_estimators=3),
    lambda: AdaBoostRegressor(n_estimators=3, random_state=0),
    lambda: BaggingRegressor(n_estimators=3, random_state=0),
)


def name(make: Callable[[], Any]) -> str:
    return type(make()).__name__


@pytest.mark.parametrize("table", [cancer, wine])
@pytest.mark.parametrize("make", UNSPLIT, ids=name)
def test_trees_without_a_split_answer_like_the_original(
    make: Callable[[], Any], table: Callable[[], Table]
) -> None:
    # 1e-7: XGBoost's probabilities are float32.
    assert_same(make().fit(table().x, table().y), table(), relative=1e-7, absolute=1e-7)


@pytest.mark.parametrize("make", CONSTANT, ids=name)
def test_a_constant_target_is_always_predicted(make: Callable[[], Any]) -> None:
    table = Table(diabetes().x, np.full(442, 3.25))
    assert_same(make().fit(table.x, table.y), table, relative=0, absolute=0)


@pytest.mark.parametrize("table", [cancer, wine])
def test_a_booster_stopped_at_once_answers_like_the_original(table: Callable[[], Table]) -> None:
    x, y = table().x, table().y
    stopped = XGBClassifier(n_estimators=9, early_stopping_rounds=1, n_jobs=1)
    stopped.fit(x, y, eval_set=[(x, np.flip(y))], verbose=False)
    assert_same(stopped, table(), relative=1e-7, absolute=1e-7)
    shrunk = CatBoostClassifier(iterations=9, od_type="Iter", od_wait=1, **QUIET)
    shrunk.fit(x, y, eval_set=(x, np.flip(y)), use_best_model=True)
    assert_same(shrunk, table(), relative=1e-12, absolute=1e-12)


def test_no_trees_at_all_are_refused() -> None:
    table = diabetes()
    emptied = CatBoostRegressor(iterations=2, **QUIET).fit(table.x, table.y)
    emptied.shrink(0)
    for booster in (emptied, XGBRegressor(n_estimators=0).fit(table.x, table.y)):
        with pytest.raises(ConversionError, match="none"):
            estimator_model(booster, table.width)
