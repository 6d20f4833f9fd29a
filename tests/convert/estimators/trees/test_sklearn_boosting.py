from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import (
    AdaBoostClassifier,
    AdaBoostRegressor,
    GradientBoostingClassifier,
    GradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge, SGDClassifier
from sklearn.tree import DecisionTreeClassifier, ExtraTreeRegressor

from pipeline.convert.estimators.trees.sklearn_boosting import CONVERTERS
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.trees.tree_rows import (
    Table,
    assert_same,
    cancer,
    coarse,
    diabetes,
    extreme,
    wine,
)
from tests.convert.harness import estimator_model

REGRESSORS: tuple[Callable[[], Any], ...] = (
    lambda: GradientBoostingRegressor(n_estimators=30, random_state=0),
    lambda: GradientBoostingRegressor(n_estimators=9, loss="huber", subsample=0.5, random_state=0),
    lambda: GradientBoostingRegressor(n_estimators=9, loss="quantile", alpha=0.3, init="zero"),
    lambda: GradientBoostingRegressor(n_estimators=9, init=DummyRegressor(strategy="median")),
    lambda: AdaBoostRegressor(n_estimators=20, random_state=0),
    lambda: AdaBoostRegressor(n_estimators=1, loss="square", random_state=0),
    lambda: AdaBoostRegressor(ExtraTreeRegressor(), n_estimators=9, random_state=0),
    lambda: AdaBoostRegressor(LinearRegression(), n_estimators=5, random_state=0),
    lambda: AdaBoostRegressor(RandomForestRegressor(4), n_estimators=3, random_state=0),
)
CLASSIFIERS: tuple[Callable[[], Any], ...] = (
    lambda: GradientBoostingClassifier(n_estimators=20, random_state=0),
    lambda: GradientBoostingClassifier(n_estimators=9, init="zero", max_depth=1),
    lambda: GradientBoostingClassifier(n_estimators=9, init=DummyClassifier(strategy="uniform")),
    lambda: AdaBoostClassifier(n_estimators=20, random_state=0),
    lambda: AdaBoostClassifier(n_estimators=20, algorithm="SAMME", random_state=0),
    lambda: AdaBoostClassifier(DecisionTreeClassifier(max_depth=3), n_estimators=9, random_state=0),
    lambda: AdaBoostClassifier(
        RandomForestClassifier(4, max_depth=2), n_estimators=3, random_state=0
    ),
    lambda: AdaBoostClassifier(SGDClassifier(), n_estimators=5, algorithm="SAMME", random_state=0),
)


def _id(make: Callable[[], Any]) -> str:
    return str(make()).replace(" ", "").replace("\n", "")


def test_every_converter_has_a_case() -> None:
    assert {class_key(make()) for make in REGRESSORS + CLASSIFIERS} == set(CONVERTERS)


@pytest.mark.parametrize("make", REGRESSORS, ids=_id)
def test_regressors_answer_like_the_original_on_hostile_rows(make: Callable[[], Any]) -> None:
    table = diabetes()
    # 1e-12: the same additions in the same order; linear members add in another order.
    assert_same(make().fit(table.x, table.y), table, relative=1e-12, absolute=0)


@pytest.mark.parametrize("table", [cancer, wine, lambda: coarse(2), lambda: coarse(3)])
@pytest.mark.parametrize("make", CLASSIFIERS, ids=_id)
def test_classifiers_answer_like_the_original_on_hostile_rows(
    make: Callable[[], Any], table: Callable[[], Table]
) -> None:
    known = table()
    # 1e-12: only Exp and the sums within Softmax differ, in the last bits.
    assert_same(make().fit(known.x, known.y), known, relative=1e-12, absolute=1e-12)


def test_the_exponential_loss_has_probabilities_of_its_own() -> None:
    table = cancer()
    estimator = GradientBoostingClassifier(loss="exponential", n_estimators=20)
    assert_same(estimator.fit(table.x, table.y), table, relative=1e-12, absolute=1e-12)


def test_a_raw_score_of_exactly_zero_is_the_second_class() -> None:
    x = np.array([[0.0], [0.0], [1.0], [1.0]])
    table = Table(x, np.array([0, 1, 0, 1]))
    estimator = GradientBoostingClassifier(n_estimators=3).fit(table.x, table.y)
    assert estimator.decision_function(x).tolist() == [0.0] * 4
    assert_same(estimator, table, relative=1e-12, absolute=1e-12)


def test_an_ensemble_that_stopped_early_uses_its_members_only() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(50, 2))
    perfect = Table(x, (x[:, 0] > 0).astype(int))
    estimator = AdaBoostClassifier(n_estimators=10, algorithm="SAMME").fit(perfect.x, perfect.y)
    assert len(estimator.estimators_) == 1
    assert_same(estimator, perfect, relative=1e-12, absolute=1e-12)


def test_members_that_are_all_but_certain_count_as_in_the_original() -> None:
    # SAMME.R adds up logarithms of probabilities: on columns of unequal spread they saturate, and
    # one unit in the last place of 1 - 1e-16 is as much as the whole vote.
    for table in (cancer(), wine()):
        members = LogisticRegression(max_iter=50)
        estimator = AdaBoostClassifier(members, n_estimators=10, random_state=0)
        estimator.fit(table.x, table.y)
        near_and_far = np.vstack([table.x, extreme(table.x)])
        assert (estimator.estimators_[0].predict_proba(near_and_far) < 1e-12).any()
        assert_same(estimator, table, relative=1e-10, absolute=1e-12)


@pytest.mark.parametrize("members", [2, 4, 5])
def test_the_median_of_equal_weights_is_the_lower_one(members: int) -> None:
    table = diabetes()
    estimator = AdaBoostRegressor(n_estimators=members, random_state=0).fit(table.x, table.y)
    estimator.estimator_weights_[:] = 1.0
    assert_same(estimator, table, relative=1e-12, absolute=0)


def test_boosted_trees_are_one_node_whatever_their_number() -> None:
    table = diabetes()
    estimator = GradientBoostingRegressor(n_estimators=100).fit(table.x, table.y)
    kinds = [n.op_type for n in estimator_model(estimator, table.width).graph.node]
    assert kinds == ["Concat", "Cast", "Cast", "TreeEnsemble", "Identity"]


@pytest.mark.parametrize(
    "estimator",
    [
        GradientBoostingRegressor(n_estimators=3, init=Ridge()),
        GradientBoostingClassifier(n_estimators=3, init=DummyClassifier(strategy="stratified")),
    ],
)
def test_a_start_that_depends_on_the_row_is_refused(estimator: Any) -> None:
    table = cancer()
    with pytest.raises(ConversionError, match="constant init") as caught:
        estimator_model(estimator.fit(table.x, table.y), table.width)
    assert "init='zero'" in caught.value.hint
