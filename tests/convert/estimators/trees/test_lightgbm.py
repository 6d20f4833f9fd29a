from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lightgbm import Booster, LGBMClassifier, LGBMRegressor, early_stopping

from pipeline.convert.estimators.trees.lightgbm import CONVERTERS
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.trees.tree_rows import (
    Matrix,
    Table,
    assert_same,
    assert_same_answers,
    cancer,
    coarse,
    diabetes,
    wine,
    with_missing,
)
from tests.convert.harness import estimator_model, run

QUIET: dict[str, Any] = {"n_jobs": 1, "verbose": -1}
IDENTITY = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")
REGRESSORS: tuple[Callable[[], Any], ...] = (
    *(lambda o=o: LGBMRegressor(n_estimators=20, objective=o, **QUIET) for o in IDENTITY),
    lambda: LGBMRegressor(n_estimators=20, objective="poisson", **QUIET),
    lambda: LGBMRegressor(n_estimators=20, objective="gamma", **QUIET),
    lambda: LGBMRegressor(n_estimators=20, objective="tweedie", **QUIET),
    lambda: LGBMRegressor(n_estimators=20, reg_sqrt=True, **QUIET),
    lambda: LGBMRegressor(n_estimators=20, boosting_type="dart", random_state=0, **QUIET),
    lambda: LGBMRegressor(
        n_estimators=9, boosting_type="rf", bagging_freq=1, bagging_fraction=0.5, **QUIET
    ),
    lambda: LGBMRegressor(n_estimators=9, zero_as_missing=True, **QUIET),
    lambda: LGBMRegressor(n_estimators=9, use_missing=False, **QUIET),
    lambda: LGBMRegressor(n_estimators=9, min_child_samples=400, **QUIET),
)
CLASSIFIERS: tuple[Callable[[], Any], ...] = (
    lambda: LGBMClassifier(n_estimators=20, **QUIET),
    lambda: LGBMClassifier(n_estimators=9, class_weight="balanced", sigmoid=0.7, **QUIET),
    lambda: LGBMClassifier(n_estimators=9, zero_as_missing=True, **QUIET),
    lambda: LGBMClassifier(
        n_estimators=9, boosting_type="rf", bagging_freq=1, bagging_fraction=0.5, **QUIET
    ),
)


def _id(make: Callable[[], Any]) -> str:
    return str(make()).replace(" ", "").replace("\n", "").replace(",n_jobs=1", "")


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


@pytest.mark.parametrize("table", [cancer, wine, lambda: coarse(2), lambda: with_missing(wine())])
@pytest.mark.parametrize("make", CLASSIFIERS, ids=_id)
def test_classifiers_answer_like_the_original_on_hostile_rows(
    make: Callable[[], Any], table: Callable[[], Table]
) -> None:
    known = table()
    # 1e-12: Sigmoid and Softmax differ in the last bits.
    estimator = make().fit(known.x, known.y)
    assert_same(estimator, known, missing=True, relative=1e-12, absolute=1e-12)


@pytest.mark.parametrize("objective", ["multiclassova", "multiclass"])
def test_multiclass_objectives_keep_their_own_probabilities(objective: str) -> None:
    table = wine()
    estimator = LGBMClassifier(n_estimators=9, objective=objective, **QUIET)
    assert_same(
        estimator.fit(table.x, table.y), table, missing=True, relative=1e-12, absolute=1e-12
    )


def test_cross_entropy_classifies_too() -> None:
    table = cancer()
    estimator = LGBMClassifier(n_estimators=9, objective="cross_entropy", **QUIET)
    assert_same(
        estimator.fit(table.x, table.y), table, missing=True, relative=1e-12, absolute=1e-12
    )


def _categories(count: int) -> Table:
    """Two categorical columns with up to `count` values, and a numeric one."""
    rng = np.random.default_rng(count)
    x = np.column_stack(
        [rng.integers(0, count, 600), rng.integers(0, 5, 600), rng.normal(size=600)]
    ).astype(np.float64)
    effect = rng.normal(size=count)
    return Table(x, effect[x[:, 0].astype(int)] + x[:, 1] * x[:, 2])


def _category_rows(count: int) -> Matrix:
    """Whole numbers inside and outside of the sets, fractions, NaN and very large numbers."""
    first = np.r_[
        np.arange(-2, count + 40),
        np.arange(-2, count + 2) + 0.5,
        [np.nan, -1e-9, -0.999, -1.0, 1e30, -1e30, 2.0**31, 2.0**32 + 1, 2.0**33],
    ]
    rng = np.random.default_rng(0)
    other = np.column_stack([rng.choice(first, len(first)), rng.normal(size=len(first))])
    return np.column_stack([first, other])


@pytest.mark.parametrize("count", [3, 12, 31, 32, 33, 64, 150])
def test_categories_are_sets_of_whole_numbers(count: int) -> None:
    table = _categories(count)
    estimator = LGBMRegressor(
        n_estimators=15, min_data_per_group=5, cat_smooth=1, min_child_samples=3, **QUIET
    )
    estimator.fit(table.x, table.y, categorical_feature=[0, 1])
    model = estimator_model(estimator, table.width)
    modes = {
        m
        for n in model.graph.node
        for a in n.attribute
        if a.name == "nodes_modes"
        for m in a.t.raw_data
    }
    assert 6 in modes
    for rows in (table.x, _category_rows(count)):
        # 1e-12: the same additions in the same order.
        assert_same_answers(estimator, run(model, rows), rows, relative=1e-12, absolute=0)


def test_an_early_stopped_booster_uses_its_best_iteration() -> None:
    table = diabetes()
    estimator = LGBMRegressor(n_estimators=300, learning_rate=0.3, **QUIET)
    estimator.fit(
        table.x[:300],
        table.y[:300],
        eval_set=[(table.x[300:], table.y[300:])],
        callbacks=[early_stopping(3, verbose=False)],
    )
    assert 0 < estimator.best_iteration_ < 300
    assert_same(estimator, table, missing=True, relative=1e-12, absolute=0)


def test_labels_near_a_raw_score_of_zero_round_like_the_original() -> None:
    x = np.arange(200.0).reshape(-1, 1)
    estimator = LGBMClassifier(n_estimators=1, num_leaves=31, min_child_samples=2, **QUIET)
    estimator.fit(x, (x[:, 0] % 7 > 3).astype(int))
    line = next(
        line
        for line in estimator.booster_.model_to_string().splitlines()
        if line.startswith("leaf_value=")
    )
    count = len(line.split())
    tiny = np.linspace(-8e-16, 8e-16, count)
    text = estimator.booster_.model_to_string().replace(
        line, "leaf_value=" + " ".join(f"{v:.17g}" for v in tiny)
    )
    estimator._Booster = Booster(model_str=text)
    assert len(np.unique(estimator.predict(x))) == 2
    assert_same(estimator, Table(x, x[:, 0]), missing=True, relative=1e-12, absolute=1e-12)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"linear_tree": True}, "linear_tree=False"),
        ({"objective": lambda y, p: (p - y, np.ones_like(y))}, "set one of"),
        ({"pred_early_stop": True}, "pred_early_stop=False"),
    ],
)
def test_what_is_not_a_sum_of_leaves_is_refused(options: dict[str, Any], reason: str) -> None:
    table = diabetes()
    estimator = LGBMRegressor(n_estimators=2, **options, **QUIET).fit(table.x, table.y)
    with pytest.raises(ConversionError) as caught:
        estimator_model(estimator, table.width)
    assert reason in caught.value.hint


def test_categories_of_pandas_in_a_computed_matrix_are_refused() -> None:
    import pandas as pd

    frame = pd.DataFrame({"a": pd.Categorical(list("xyz") * 30), "b": np.arange(90.0)})
    estimator = LGBMRegressor(n_estimators=2, **QUIET).fit(frame, np.arange(90.0))
    with pytest.raises(ConversionError, match="got a computed matrix"):
        estimator_model(estimator, 2)


@settings(max_examples=20, deadline=None)
@given(
    seed=st.integers(0, 2**16),
    scale=st.sampled_from([1.0, 1e-36, 1e20]),
    zero_as_missing=st.booleans(),
    missing=st.floats(0, 0.4),
)
def test_any_mixture_of_zeros_missing_and_tiny_numbers_takes_the_same_way(
    seed: int, scale: float, zero_as_missing: bool, missing: float
) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, size=(80, 3)) * scale
    x[rng.random(x.shape) < missing] = np.nan
    y = np.nan_to_num(x).sum(axis=1) / scale + rng.normal(size=80)
    estimator = LGBMRegressor(
        n_estimators=5, min_child_samples=2, zero_as_missing=zero_as_missing, **QUIET
    ).fit(x, y)
    assert_same(estimator, Table(x, y), missing=True, relative=1e-12, absolute=0)
