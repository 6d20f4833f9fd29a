from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from pycaret.internal.tunable import TunableVotingClassifier, TunableVotingRegressor
from sklearn.dummy import DummyRegressor
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.linear_model import LinearRegression, Ridge, RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from pipeline.convert.estimators.meta.voting import CONVERTERS
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
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
from tests.convert.estimators.numeric_rows import assert_regressor
from tests.convert.estimators.trees.tree_rows import Table, assert_same, coarse, diabetes
from tests.convert.harness import estimator_model


def listed(*members: Any) -> list[tuple[str, Any]]:
    return [(f"member {i}", member) for i, member in enumerate(members)]


def scored() -> list[tuple[str, Any]]:
    return listed(logistic(), tree(), lightgbm(), GaussianNB())


def labelled() -> list[tuple[str, Any]]:
    return listed(logistic(), SGDClassifier(random_state=0), RidgeClassifier(), tree())


def numbers() -> list[tuple[str, Any]]:
    return listed(LinearRegression(), Ridge(), DecisionTreeRegressor(max_depth=4))


CLASSIFIERS: tuple[Make, ...] = (
    lambda: VotingClassifier(scored(), voting="soft"),
    lambda: VotingClassifier(scored(), voting="soft", weights=[1, 2, 0, 3]),
    lambda: VotingClassifier(scored(), voting="soft", weights=[0.1, 0.2, 0.3, 0.4]),
    lambda: VotingClassifier(labelled()),
    lambda: VotingClassifier(labelled(), weights=[0.1, 0.2, 0.3, 0.4]),
    lambda: TunableVotingClassifier(scored(), voting="soft", weight_1=0.3),
)
REGRESSORS: tuple[Make, ...] = (
    lambda: VotingRegressor(numbers()),
    lambda: VotingRegressor(numbers(), weights=[0.2, 0.3, 0.6]),
    lambda: TunableVotingRegressor(numbers(), weight_2=0.7),
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


@pytest.mark.parametrize("weights", [None, [0.1, 0.2, 0.3], [0.3, 0.3, 0.6], [1, 1, 2]])
@pytest.mark.parametrize("classes", [2, 3])
def test_ballots_that_tie_are_counted_alike(weights: list[float] | None, classes: int) -> None:
    table = coarse(classes)
    members = listed(*(DecisionTreeClassifier(max_features=1, random_state=i) for i in range(3)))
    blend = VotingClassifier(members, weights=weights).fit(table.x, table.y)
    assert_same(blend, table, relative=0, absolute=0)


def test_a_member_left_out_has_no_vote_and_no_weight() -> None:
    members = [*listed(logistic(), tree()), ("gone", "drop")]
    classifies_alike(VotingClassifier(members, voting="soft", weights=[1, 2, 9]), two())


def test_neighbors_in_a_blend_answer_like_the_original() -> None:
    votes_alike(VotingClassifier(listed(KNeighborsClassifier(), logistic()), voting="soft"), two())


def test_answers_in_float32_are_averaged_in_float32() -> None:
    table = diabetes()
    near, some, flat = KNeighborsRegressor(), KNeighborsRegressor(3), DummyRegressor()
    for weights in (None, [1, 2, 4]):
        blend = VotingRegressor(listed(near, some, flat), weights=weights)
        blend.fit(table.x, table.y.astype(np.float32))
        assert blend.predict(table.x).dtype == (np.float64 if weights else np.float32)
        assert_regressor(blend, table, table.x, relative=1e-15)


def test_xgboost_in_a_blend_answers_like_the_original() -> None:
    # 1e-6: xgboost's own sigmoid is float32.
    members = listed(xgboost(), xgboost())
    classifies_alike(VotingClassifier(members, voting="soft"), two(), absolute=1e-6)
    pair = listed(xgboost_regressor(), xgboost_regressor(9), LinearRegression())
    predicts_alike(VotingRegressor(pair), relative=1e-6)


def test_soft_voting_needs_probabilities() -> None:
    table = two()
    blend = VotingClassifier(listed(logistic(), RidgeClassifier()), voting="soft")
    with pytest.raises(ConversionError, match="without") as caught:
        estimator_model(blend.fit(table.x, table.y), table.width)
    assert "hard" in caught.value.hint
