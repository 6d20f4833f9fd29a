"""Small members for the tests of models that are made of other models."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from tests.convert.estimators.numeric_rows import (
    assert_classifier,
    assert_regressor,
    hostile,
    near,
    scaled,
)
from tests.convert.estimators.trees.tree_rows import Table, cancer, diabetes, wine

Make = Callable[[], Any]


def logistic() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def tree() -> Any:
    from sklearn.tree import DecisionTreeClassifier

    return DecisionTreeClassifier(max_depth=4, random_state=0)


def lightgbm() -> Any:
    from lightgbm import LGBMClassifier

    return LGBMClassifier(n_estimators=5, verbose=-1, n_jobs=1)


def xgboost() -> Any:
    from xgboost import XGBClassifier

    return XGBClassifier(n_estimators=5, n_jobs=1)


def xgboost_regressor(count: int = 5) -> Any:
    from xgboost import XGBRegressor

    return XGBRegressor(n_estimators=count, n_jobs=1)


@cache
def two() -> Table:
    """569 x 30, two classes, columns of equal spread."""
    return scaled(cancer())


@cache
def three() -> Table:
    """178 x 13, three classes, columns of equal spread."""
    return scaled(wine())


@cache
def named() -> Table:
    """178 x 13, three classes that are words."""
    table = three()
    return Table(table.x, table.y.astype(str).astype(object) + " bottles")


def classifies_alike(estimator: Any, table: Table, *, absolute: float = 1e-13) -> None:
    """Labels equal, probabilities and scores close, on rows near and far."""
    estimator.fit(table.x, table.y)
    assert_classifier(estimator, hostile(table), absolute=absolute, relative=1e-12)


def votes_alike(estimator: Any, table: Table) -> None:
    """The same near the table; far from it neighbours are equally far, which is another matter."""
    estimator.fit(table.x, table.y)
    assert_classifier(estimator, near(table), absolute=1e-13, relative=1e-12)


def predicts_alike(estimator: Any, *, relative: float = 1e-12, dtype: Any = float) -> None:
    """Numbers close on rows near and far; the targets in the given dtype."""
    table = diabetes()
    estimator.fit(table.x, table.y.astype(dtype))
    assert_regressor(estimator, table, hostile(table), relative=relative)


def name(make: Make) -> str:
    return "".join(str(make()).split())[:100]
