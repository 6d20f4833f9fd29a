from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import (
    DecisionTreeClassifier,
    DecisionTreeRegressor,
    ExtraTreeClassifier,
    ExtraTreeRegressor,
)

from pipeline.convert.estimators.trees.sklearn_trees import CONVERTERS
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.trees.tree_rows import (
    Table,
    assert_same,
    assert_same_answers,
    cancer,
    coarse,
    diabetes,
    hostile,
    wine,
    with_missing,
)
from tests.convert.harness import estimator_model, run

REGRESSORS: tuple[Callable[[], Any], ...] = (
    lambda: DecisionTreeRegressor(random_state=0),
    lambda: DecisionTreeRegressor(criterion="absolute_error", max_depth=4, random_state=0),
    lambda: ExtraTreeRegressor(random_state=0),
    lambda: RandomForestRegressor(20, random_state=0),
    lambda: RandomForestRegressor(7, criterion="poisson", min_samples_leaf=5, random_state=0),
    lambda: ExtraTreesRegressor(20, random_state=0),
)
CLASSIFIERS: tuple[Callable[[], Any], ...] = (
    lambda: DecisionTreeClassifier(random_state=0),
    lambda: DecisionTreeClassifier(max_depth=1, random_state=0),
    lambda: DecisionTreeClassifier(class_weight="balanced", min_samples_leaf=9, random_state=0),
    lambda: ExtraTreeClassifier(min_samples_leaf=4, random_state=0),
    lambda: RandomForestClassifier(20, random_state=0),
    lambda: RandomForestClassifier(150, max_depth=3, random_state=0),
    lambda: RandomForestClassifier(20, class_weight="balanced", max_depth=4, random_state=0),
    lambda: ExtraTreesClassifier(20, min_samples_leaf=3, random_state=0),
)
ACCEPT_MISSING: tuple[Callable[[], Any], ...] = (
    lambda: DecisionTreeClassifier(random_state=0),
    lambda: RandomForestClassifier(20, random_state=0),
)


def _id(make: Callable[[], Any]) -> str:
    return str(make()).replace(" ", "").replace("\n", "")


def test_every_converter_has_a_case() -> None:
    assert {class_key(make()) for make in REGRESSORS + CLASSIFIERS} == set(CONVERTERS)


@pytest.mark.parametrize("make", REGRESSORS, ids=_id)
def test_regressors_answer_like_the_original_on_hostile_rows(make: Callable[[], Any]) -> None:
    table = diabetes()
    # 1e-12: sums of doubles in the order of the original leave nothing but the last bits.
    assert_same(make().fit(table.x, table.y), table, relative=1e-12, absolute=0)


@pytest.mark.parametrize("table", [cancer, wine, lambda: coarse(2), lambda: coarse(4)])
@pytest.mark.parametrize("make", CLASSIFIERS, ids=_id)
def test_classifiers_answer_like_the_original_on_hostile_rows(
    make: Callable[[], Any], table: Callable[[], Table]
) -> None:
    known = table()
    # 1e-12: as above; labels of tied classes must not flip either.
    assert_same(make().fit(known.x, known.y), known, relative=1e-12, absolute=1e-12)


@pytest.mark.parametrize("trained_with_missing", [True, False])
@pytest.mark.parametrize("make", ACCEPT_MISSING, ids=_id)
def test_missing_values_take_the_way_the_original_sends_them(
    make: Callable[[], Any], trained_with_missing: bool
) -> None:
    table = with_missing(wine())
    estimator = make().fit(table.x if trained_with_missing else wine().x, table.y)
    assert_same(estimator, table, missing=True, relative=1e-12, absolute=1e-12)


@pytest.mark.parametrize(
    "make",
    [lambda: DecisionTreeRegressor(random_state=0), lambda: RandomForestRegressor(9)],
    ids=_id,
)
def test_regressors_send_missing_values_the_way_of_the_original(make: Callable[[], Any]) -> None:
    table = with_missing(diabetes())
    assert_same(make().fit(table.x, table.y), table, missing=True, relative=1e-12, absolute=0)


def test_blocks_of_many_trees_and_classes_add_up_in_the_same_order() -> None:
    table = coarse(9)
    estimator = RandomForestClassifier(300, min_samples_leaf=2, random_state=0)
    estimator.fit(table.x, table.y)
    model = estimator_model(estimator, table.width)
    assert [n.op_type for n in model.graph.node].count("CumSum") > 1
    rows = hostile(model, table.x)
    answers = run(model, rows)
    np.testing.assert_array_equal(answers["probabilities"], estimator.predict_proba(rows))
    np.testing.assert_array_equal(answers["label"], estimator.predict(rows))


def test_a_tree_that_is_one_leaf_answers_its_value() -> None:
    table = wine()
    for estimator in (
        DecisionTreeRegressor(min_samples_leaf=150),
        DecisionTreeClassifier(min_samples_leaf=150),
        RandomForestClassifier(3, min_samples_leaf=150, random_state=0),
    ):
        assert_same(estimator.fit(table.x, table.y), table, relative=1e-12, absolute=1e-12)


def test_bare_leaves_among_real_trees_keep_their_values() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(30, 2))
    y = np.where(np.arange(30) < 3, 5.0, 1.0)
    estimator = RandomForestRegressor(40, random_state=0).fit(x, y)
    counts = {tree.tree_.node_count for tree in estimator.estimators_}
    assert 1 in counts
    assert len(counts) > 1
    assert_same(estimator, Table(x, y), relative=1e-12, absolute=0)


def test_a_class_that_some_trees_never_saw_keeps_its_column() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3))
    y = np.r_[np.zeros(30), np.ones(29), 2].astype(int)
    estimator = RandomForestClassifier(30, random_state=0).fit(x, y)
    assert_same(estimator, Table(x, y), relative=1e-12, absolute=1e-12)


def test_labels_are_positions_whatever_the_classes_are() -> None:
    table = wine()
    names = np.array([10, 20, 40])[table.y]
    estimator = RandomForestClassifier(10, random_state=0).fit(table.x, names)
    assert_same(estimator, table, relative=1e-12, absolute=1e-12)


def test_no_rows_give_no_answers() -> None:
    table = wine()
    model = estimator_model(RandomForestClassifier(5).fit(table.x, table.y), table.width)
    answers = run(model, np.empty((0, table.width)))
    assert answers["label"].shape == (0,)
    assert answers["probabilities"].shape == (0, 3)


def test_one_row_answers_like_a_thousand() -> None:
    table = diabetes()
    estimator = RandomForestRegressor(100, random_state=0).fit(table.x, table.y)
    model = estimator_model(estimator, table.width)
    for row in hostile(model, table.x)[:20]:
        answers = run(model, row[np.newaxis])
        assert_same_answers(estimator, answers, row[np.newaxis], relative=1e-12, absolute=0)


def test_a_forest_of_one_number_per_leaf_is_one_node() -> None:
    table = diabetes()
    estimator = RandomForestRegressor(100, random_state=0).fit(table.x, table.y)
    kinds = [n.op_type for n in estimator_model(estimator, table.width).graph.node]
    assert kinds.count("TreeEnsemble") == 1
    assert len(kinds) <= 7


def test_several_targets_are_refused_with_what_to_do() -> None:
    table = diabetes()
    two = np.column_stack([table.y, table.y])
    estimator = RandomForestRegressor(3).fit(table.x, two)
    with pytest.raises(ConversionError, match="one target, got 2") as caught:
        estimator_model(estimator, table.width)
    assert "per target" in caught.value.hint


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    classes=st.integers(2, 5),
    trees=st.integers(1, 12),
    depth=st.one_of(st.none(), st.integers(1, 4)),
)
def test_forests_on_tied_small_numbers_never_flip(
    seed: int, classes: int, trees: int, depth: int | None
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-1, 3, size=(40, 3)) * rng.choice([1.0, 0.1, 1e-3])
    y = rng.integers(0, classes, size=40)
    y[:classes] = np.arange(classes)
    estimator = RandomForestClassifier(trees, max_depth=depth, random_state=seed).fit(x, y)
    assert_same(estimator, Table(x, y), relative=1e-12, absolute=1e-12)
