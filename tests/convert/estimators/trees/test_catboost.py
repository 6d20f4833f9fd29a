from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from catboost import CatBoostClassifier, CatBoostRegressor
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.convert.estimators.trees.catboost import CONVERTERS, IDENTITY
from pipeline.convert.estimators.trees.oblivious import FEW
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.trees.tree_rows import (
    Table,
    assert_same,
    cancer,
    coarse,
    diabetes,
    hostile,
    wine,
    with_missing,
)
from tests.convert.harness import estimator_model, run

QUIET: dict[str, Any] = {
    "verbose": 0,
    "allow_writing_files": False,
    "thread_count": 1,
    "random_seed": 0,
}
OPTIONS = {"Quantile": ":alpha=0.3", "Lq": ":q=3", "Huber": ":delta=2", "Expectile": ":alpha=0.3"}
REGRESSORS: tuple[Callable[[], Any], ...] = (
    *(
        lambda o=o: CatBoostRegressor(
            iterations=20, loss_function=o + OPTIONS.get(o, ""), depth=4, **QUIET
        )
        for o in IDENTITY
    ),
    lambda: CatBoostRegressor(iterations=20, loss_function="Poisson", **QUIET),
    lambda: CatBoostRegressor(
        iterations=20, loss_function="Tweedie:variance_power=1.5", depth=3, **QUIET
    ),
    lambda: CatBoostRegressor(iterations=9, nan_mode="Max", depth=5, **QUIET),
    lambda: CatBoostRegressor(iterations=9, depth=1, border_count=4, **QUIET),
    lambda: CatBoostRegressor(iterations=5, depth=9, **QUIET),
)
CLASSIFIERS: tuple[Callable[[], Any], ...] = (
    lambda: CatBoostClassifier(iterations=20, **QUIET),
    lambda: CatBoostClassifier(iterations=9, auto_class_weights="Balanced", depth=2, **QUIET),
    lambda: CatBoostClassifier(iterations=9, nan_mode="Max", depth=3, **QUIET),
)


def _id(make: Callable[[], Any]) -> str:
    options = {k: v for k, v in make().get_params().items() if k not in QUIET}
    return type(make()).__name__ + "-".join(f"{k}={v}" for k, v in options.items())


def test_every_converter_has_a_case() -> None:
    assert {class_key(make()) for make in REGRESSORS + CLASSIFIERS} == set(CONVERTERS)


@pytest.mark.parametrize("trained_with_missing", [False, True])
@pytest.mark.parametrize("make", REGRESSORS, ids=_id)
def test_regressors_answer_like_the_original_on_hostile_rows(
    make: Callable[[], Any], trained_with_missing: bool
) -> None:
    table = with_missing(diabetes()) if trained_with_missing else diabetes()
    # 1e-12: the same additions in the same order; Exp differs in the last bits.
    assert_same(make().fit(table.x, table.y), table, missing=True, relative=1e-12, absolute=0)


@pytest.mark.parametrize(
    "table", [cancer, wine, lambda: coarse(2), lambda: coarse(4), lambda: with_missing(wine())]
)
@pytest.mark.parametrize("make", CLASSIFIERS, ids=_id)
def test_classifiers_answer_like_the_original_on_hostile_rows(
    make: Callable[[], Any], table: Callable[[], Table]
) -> None:
    known = table()
    # 1e-12: Sigmoid and Softmax differ in the last bits.
    estimator = make().fit(known.x, known.y)
    assert_same(estimator, known, missing=True, relative=0, absolute=1e-12)


@pytest.mark.parametrize(
    ("loss", "table"),
    [
        ("CrossEntropy", cancer),
        ("MultiClassOneVsAll", wine),
        ("Focal:focal_alpha=0.5;focal_gamma=2", cancer),
    ],
)
def test_other_losses_keep_their_own_probabilities(loss: str, table: Callable[[], Table]) -> None:
    known = table()
    estimator = CatBoostClassifier(iterations=9, loss_function=loss, **QUIET)
    # 1e-12: as above.
    assert_same(estimator.fit(known.x, known.y), known, missing=True, relative=0, absolute=1e-12)


def test_a_thousand_trees_are_added_in_the_order_of_the_original() -> None:
    table = diabetes()
    estimator = CatBoostRegressor(iterations=1000, **QUIET).fit(table.x, table.y)
    model = estimator_model(estimator, table.width)
    rows = hostile(model, table.x, missing=True)
    np.testing.assert_array_equal(run(model, rows)["values"][:, 0], estimator.predict(rows))


@pytest.mark.parametrize("make", CLASSIFIERS + REGRESSORS[-2:], ids=_id)
@pytest.mark.parametrize("table", [wine, lambda: coarse(2)])
def test_rows_alone_and_in_small_batches_get_the_answers_of_the_whole(
    make: Callable[[], Any], table: Callable[[], Table]
) -> None:
    known = with_missing(table())
    model = estimator_model(make().fit(known.x, known.y), known.width)
    rows = hostile(model, known.x, missing=True)
    whole = run(model, rows)
    for size in (1, FEW, FEW + 1, 300):
        part = run(model, rows[:size])
        for name, values in part.items():
            # 1e-15: Softmax and Sigmoid round differently in batches of different size.
            np.testing.assert_allclose(values, whole[name][:size], rtol=0, atol=1e-15)


def test_no_rows_have_no_answers() -> None:
    table = diabetes()
    model = estimator_model(CatBoostRegressor(iterations=3, **QUIET).fit(table.x, table.y), 10)
    assert run(model, table.x[:0])["values"].shape == (0, 1)


def test_trees_of_different_depths_answer_like_the_original() -> None:
    x = np.repeat([[0.0, 0.0], [1.0, 0.0], [2.0, 1.0]], 20, axis=0)
    table = Table(x, x[:, 0] * 3 + x[:, 1])
    estimator = CatBoostRegressor(iterations=30, depth=5, **QUIET).fit(table.x, table.y)
    assert_same(estimator, table, missing=True, relative=1e-12, absolute=0)


def test_a_constant_target_makes_trees_without_questions() -> None:
    table = Table(diabetes().x, np.full(442, 7.0))
    estimator = CatBoostRegressor(
        iterations=5, allow_const_label=True, bootstrap_type="No", **QUIET
    )
    estimator.fit(table.x, table.y)
    model = estimator_model(estimator, table.width)
    np.testing.assert_allclose(run(model, table.x)["values"], 7.0, rtol=1e-12)


def test_a_raw_score_of_exactly_zero_is_the_first_class() -> None:
    x = np.array([[0.0], [0.0], [1.0], [1.0]] * 10)
    table = Table(x, np.array([0, 1, 0, 1] * 10))
    estimator = CatBoostClassifier(iterations=3, **QUIET).fit(table.x, table.y)
    assert estimator.predict(x, prediction_type="RawFormulaVal").tolist() == [0.0] * 40
    assert_same(estimator, table, missing=True, relative=0, absolute=1e-12)


def test_a_probability_threshold_moves_the_label() -> None:
    table = cancer()
    estimator = CatBoostClassifier(iterations=9, **QUIET).fit(table.x, table.y)
    before = estimator.predict(table.x)
    estimator.set_probability_threshold(0.9)
    assert (estimator.predict(table.x) != before).any()
    assert_same(estimator, table, missing=True, relative=0, absolute=1e-12)


def test_scale_and_bias_of_the_model_are_applied() -> None:
    table = diabetes()
    estimator = CatBoostRegressor(iterations=9, **QUIET).fit(table.x, table.y)
    estimator.set_scale_and_bias(0.5, 7.0)
    assert_same(estimator, table, missing=True, relative=1e-12, absolute=0)


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"grow_policy": "Lossguide"}, "SymmetricTree"),
        ({"grow_policy": "Depthwise"}, "SymmetricTree"),
        ({"loss_function": "RMSEWithUncertainty"}, "RMSE"),
        ({"loss_function": "LogCosh"}, "loss_function"),
    ],
)
def test_other_trees_and_losses_are_refused(options: dict[str, Any], hint: str) -> None:
    table = diabetes()
    estimator = CatBoostRegressor(iterations=3, **options, **QUIET).fit(table.x, table.y)
    with pytest.raises(ConversionError) as caught:
        estimator_model(estimator, table.width)
    assert hint in caught.value.hint


def test_categories_of_its_own_are_refused() -> None:
    x = [["a", 1.0], ["b", 2.0], ["a", 3.0], ["c", 4.0]] * 10
    estimator = CatBoostRegressor(iterations=3, cat_features=[0], **QUIET).fit(x, [1.0, 2.0] * 20)
    with pytest.raises(ConversionError, match="categorical_features"):
        estimator_model(estimator, 2)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    depth=st.integers(1, 7),
    borders=st.integers(1, 6),
    mode=st.sampled_from(["Min", "Max"]),
)
def test_repeated_questions_about_few_columns_never_change_an_answer(
    seed: int, depth: int, borders: int, mode: str
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-3, 4, size=(80, 2)) * rng.choice([1.0, 0.1, 1e-3])
    x[rng.random(x.shape) < 0.1] = np.nan
    y = np.nan_to_num(x).sum(axis=1) + rng.normal(size=80) * 0.1
    estimator = CatBoostRegressor(
        iterations=6, depth=depth, border_count=borders, nan_mode=mode, **QUIET
    ).fit(x, y)
    # 1e-12: as above.
    assert_same(estimator, Table(x, y), missing=True, relative=1e-12, absolute=0)
