from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
    StackingClassifier,
    StackingRegressor,
    VotingClassifier,
)
from sklearn.linear_model import LinearRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from pipeline.convert.estimators.meta.stacking import CONVERTERS
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
)
from tests.convert.estimators.meta.test_voting import listed
from tests.convert.estimators.numeric_rows import assert_classifier, assert_regressor, hostile
from tests.convert.estimators.trees.tree_rows import Table, diabetes


def nested() -> list[tuple[str, Any]]:
    inner = StackingClassifier(listed(logistic(), tree()), logistic(), cv=2)
    blend = VotingClassifier(listed(logistic(), GaussianNB()), voting="soft")
    return listed(inner, blend, BaggingClassifier(tree(), 3, max_features=0.5, random_state=0))


def numbers() -> list[tuple[str, Any]]:
    return listed(LinearRegression(), RandomForestRegressor(4, max_depth=4, random_state=0))


CLASSIFIERS: tuple[Make, ...] = (
    lambda: StackingClassifier(listed(logistic(), tree(), lightgbm()), logistic(), cv=2),
    lambda: StackingClassifier(listed(logistic(), tree()), tree(), cv=2, passthrough=True),
    lambda: StackingClassifier(
        listed(logistic(), SGDClassifier(random_state=0)), lightgbm(), cv=2, passthrough=True
    ),
    lambda: StackingClassifier(
        listed(logistic(), tree()), logistic(), cv=2, stack_method="predict", passthrough=True
    ),
    lambda: StackingClassifier(
        listed(logistic(), RidgeClassifier()),
        RidgeClassifier(),
        cv=2,
        stack_method="decision_function",
    ),
    lambda: StackingClassifier(nested(), RandomForestClassifier(4, random_state=0), cv=2),
    lambda: StackingClassifier([*listed(tree()), ("gone", "drop")], logistic(), cv=2),
)
REGRESSORS: tuple[Make, ...] = (
    lambda: StackingRegressor(numbers(), Ridge(), cv=2),
    lambda: StackingRegressor(numbers(), LinearRegression(), cv=2, passthrough=True),
    lambda: StackingRegressor(
        listed(StackingRegressor(numbers(), Ridge(), cv=2), Ridge()),
        GradientBoostingRegressor(n_estimators=5),
        cv=2,
    ),
)


def test_every_converter_has_a_case() -> None:
    assert {class_key(make()) for make in CLASSIFIERS + REGRESSORS} == set(CONVERTERS)


@pytest.mark.parametrize("table", [two, three, named])
@pytest.mark.parametrize("make", CLASSIFIERS, ids=name)
def test_classifiers_answer_like_the_original(make: Make, table: Callable[[], Table]) -> None:
    classifies_alike(make(), table(), absolute=1e-12)


@pytest.mark.parametrize("make", REGRESSORS, ids=name)
def test_regressors_answer_like_the_original(make: Make) -> None:
    predicts_alike(make(), relative=1e-11)


def test_members_fitted_before_keep_their_own_classes() -> None:
    table = named()
    members = listed(logistic().fit(table.x, table.y), tree().fit(table.x, table.y))
    classifies_alike(StackingClassifier(members, logistic(), cv="prefit"), table)


def test_neighbors_in_a_stack_answer_like_the_original() -> None:
    votes_alike(StackingClassifier(listed(KNeighborsClassifier(), logistic()), cv=2), two())
    table = diabetes()
    stack = StackingRegressor(listed(KNeighborsRegressor(), Ridge()), Ridge(), cv=2)
    assert_regressor(stack.fit(table.x, table.y), table, table.x, relative=1e-12)


def test_xgboost_in_a_stack_answers_like_the_original() -> None:
    table = three()
    stack = StackingClassifier(listed(xgboost(), tree()), xgboost(), cv=2, passthrough=True)
    # 1e-6: xgboost's own softmax is float32.
    assert_classifier(stack.fit(table.x, table.y), hostile(table), absolute=1e-6, relative=1e-6)
