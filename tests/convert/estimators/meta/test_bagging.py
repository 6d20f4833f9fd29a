from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.ensemble import BaggingClassifier, BaggingRegressor, RandomForestClassifier
from sklearn.linear_model import LinearRegression, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.neural_network import MLPClassifier
from sklearn.tree import DecisionTreeRegressor, ExtraTreeClassifier

from pipeline.convert.estimators.meta.bagging import CONVERTERS
from pipeline.convert.registry import class_key
from tests.convert.estimators.composed import (
    Make,
    classifies_alike,
    lightgbm,
    logistic,
    name,
    named,
    predicts_alike,
    three,
    tree,
    two,
    votes_alike,
    xgboost,
    xgboost_regressor,
)
from tests.convert.estimators.numeric_rows import assert_classifier, assert_regressor, near
from tests.convert.estimators.trees.tree_rows import Table, assert_same, diabetes, with_missing
from tests.convert.harness import estimator_model

DRAWN: dict[str, Any] = {"max_features": 0.5, "bootstrap_features": True}

CLASSIFIERS: tuple[Make, ...] = (
    lambda: BaggingClassifier(tree(), random_state=0),
    lambda: BaggingClassifier(tree(), 20, random_state=0, **DRAWN),
    lambda: BaggingClassifier(ExtraTreeClassifier(), 5, random_state=0, max_samples=0.3),
    lambda: BaggingClassifier(RandomForestClassifier(4), 3, random_state=0, **DRAWN),
    lambda: BaggingClassifier(logistic(), 3, random_state=0),
    lambda: BaggingClassifier(logistic(), 3, random_state=0, **DRAWN),
    lambda: BaggingClassifier(lightgbm(), 2, random_state=0, **DRAWN),
    lambda: BaggingClassifier(GaussianNB(), 3, random_state=0),
    lambda: BaggingClassifier(SGDClassifier(random_state=0), 4, random_state=0),
    lambda: BaggingClassifier(RidgeClassifier(), 4, random_state=0, **DRAWN),
    lambda: BaggingClassifier(BaggingClassifier(tree(), 2), 2, random_state=0, **DRAWN),
)
REGRESSORS: tuple[Make, ...] = (
    lambda: BaggingRegressor(DecisionTreeRegressor(max_depth=5), random_state=0),
    lambda: BaggingRegressor(DecisionTreeRegressor(max_depth=5), random_state=0, **DRAWN),
    lambda: BaggingRegressor(LinearRegression(), 4, random_state=0, **DRAWN),
    lambda: BaggingRegressor(BaggingRegressor(LinearRegression(), 2), 2, random_state=0),
)


def test_every_converter_has_a_case() -> None:
    assert {class_key(make()) for make in CLASSIFIERS + REGRESSORS} == set(CONVERTERS)


@pytest.mark.parametrize("table", [two, three, named])
@pytest.mark.parametrize("make", CLASSIFIERS, ids=name)
def test_classifiers_answer_like_the_original(make: Make, table: Callable[[], Table]) -> None:
    classifies_alike(make(), table(), absolute=1e-12)


@pytest.mark.parametrize("make", REGRESSORS, ids=name)
def test_regressors_answer_like_the_original(make: Make) -> None:
    predicts_alike(make())


def test_neighbors_in_a_bag_answer_like_the_original() -> None:
    votes_alike(BaggingClassifier(KNeighborsClassifier(), 3, random_state=0), two())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_answers_in_float32_are_added_up_in_float32(dtype: Any) -> None:
    table = diabetes()
    rows = near(table)[: len(table.x)]
    bag = BaggingRegressor(KNeighborsRegressor(), 7, random_state=0)
    bag.fit(table.x, table.y.astype(dtype))
    assert bag.predict(rows).dtype == dtype
    # 0: the same additions in the same precision.
    assert_regressor(bag, table, rows, relative=0)


def test_xgboost_in_a_bag_answers_like_the_original() -> None:
    # 1e-6: xgboost's own sigmoid and softmax are float32.
    classifies_alike(BaggingClassifier(xgboost(), 3, random_state=0), two(), absolute=1e-6)
    predicts_alike(BaggingRegressor(xgboost_regressor(), 3, random_state=0), relative=1e-6)


@pytest.mark.filterwarnings("ignore")
def test_a_bag_without_a_class_gives_it_no_share() -> None:
    # It takes no sample weights, so each member knows the rows drawn for it alone.
    member = MLPClassifier((3,), max_iter=5, random_state=0)
    table = named()
    bag = BaggingClassifier(member, 8, max_samples=5, random_state=0).fit(table.x, table.y)
    assert min(len(member.classes_) for member in bag.estimators_) < 3
    assert_classifier(bag, near(table), absolute=1e-12, relative=1e-12)


def test_trees_in_a_bag_route_what_is_missing() -> None:
    table = with_missing(three())
    bag = BaggingClassifier(tree(), 5, random_state=0).fit(table.x, table.y)
    assert_same(bag, table, missing=True, relative=0, absolute=0)


@pytest.mark.parametrize("drawn", [{}, DRAWN], ids=["all columns", "drawn columns"])
def test_a_bag_of_trees_is_one_node_whatever_their_number(drawn: dict[str, Any]) -> None:
    table = diabetes()
    bag = BaggingRegressor(DecisionTreeRegressor(max_depth=3), 50, **drawn)
    model = estimator_model(bag.fit(table.x, table.y), table.width)
    kinds = [node.op_type for node in model.graph.node]
    assert kinds == ["Concat", "Cast", "Cast", "TreeEnsemble", "Identity"]
