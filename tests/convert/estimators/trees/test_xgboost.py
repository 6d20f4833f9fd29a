from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from xgboost import XGBClassifier, XGBRegressor

from pipeline.convert.estimators.trees.xgboost import CONVERTERS, IDENTITY
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

REGRESSORS: tuple[Callable[[], Any], ...] = (
    *(
        lambda o=o: XGBRegressor(n_estimators=20, objective=o, n_jobs=1)
        for o in IDENTITY
        if o != "reg:quantileerror"
    ),
    lambda: XGBRegressor(
        n_estimators=20, objective="reg:quantileerror", quantile_alpha=0.3, n_jobs=1
    ),
    lambda: XGBRegressor(n_estimators=20, objective="count:poisson", n_jobs=1),
    lambda: XGBRegressor(n_estimators=20, objective="reg:gamma", base_score=100.0, n_jobs=1),
    lambda: XGBRegressor(n_estimators=20, objective="reg:tweedie", n_jobs=1),
    lambda: XGBRegressor(n_estimators=9, tree_method="exact", gamma=1e4, n_jobs=1),
    lambda: XGBRegressor(n_estimators=9, tree_method="approx", grow_policy="lossguide", n_jobs=1),
    lambda: XGBRegressor(n_estimators=3, num_parallel_tree=4, subsample=0.5, n_jobs=1),
    lambda: XGBRegressor(n_estimators=2, min_child_weight=1e9, n_jobs=1),
)
CLASSIFIERS: tuple[Callable[[], Any], ...] = (
    lambda: XGBClassifier(n_estimators=20, n_jobs=1),
    lambda: XGBClassifier(n_estimators=9, base_score=0.2, scale_pos_weight=3, n_jobs=1),
    lambda: XGBClassifier(n_estimators=3, num_parallel_tree=3, subsample=0.5, n_jobs=1),
)


def _id(make: Callable[[], Any]) -> str:
    given_options = {k: v for k, v in make().get_xgb_params().items() if v is not None}
    return type(make()).__name__ + "-".join(f"{k}={v}" for k, v in given_options.items())


def test_every_converter_has_a_case() -> None:
    assert {class_key(make()) for make in REGRESSORS + CLASSIFIERS} == set(CONVERTERS)


@pytest.mark.parametrize("trained_with_missing", [False, True])
@pytest.mark.parametrize("make", REGRESSORS, ids=_id)
def test_regressors_answer_like_the_original_on_hostile_rows(
    make: Callable[[], Any], trained_with_missing: bool
) -> None:
    table = with_missing(diabetes()) if trained_with_missing else diabetes()
    # 2e-7: XGBoost answers in float32, and only expf may round its last bit otherwise.
    assert_same(make().fit(table.x, table.y), table, missing=True, relative=2e-7, absolute=0)


@pytest.mark.parametrize("objective", ["reg:squarederror", "reg:absoluteerror"])
def test_sums_of_leaves_equal_the_original_bit_for_bit(objective: str) -> None:
    table = diabetes()
    estimator = XGBRegressor(n_estimators=300, objective=objective, n_jobs=1)
    estimator.fit(table.x, table.y)
    model = estimator_model(estimator, table.width)
    rows = hostile(model, table.x, missing=True)
    np.testing.assert_array_equal(run(model, rows)["values"][:, 0], estimator.predict(rows))


@pytest.mark.parametrize(
    "table", [cancer, wine, lambda: coarse(2), lambda: coarse(3), lambda: with_missing(wine())]
)
@pytest.mark.parametrize("make", CLASSIFIERS, ids=_id)
def test_classifiers_answer_like_the_original_on_hostile_rows(
    make: Callable[[], Any], table: Callable[[], Table]
) -> None:
    known = table()
    # 2e-7: float32 probabilities of at most 1, whose powers may round otherwise.
    estimator = make().fit(known.x, known.y)
    assert_same(estimator, known, missing=True, relative=0, absolute=2e-7)


def test_softmax_labels_come_from_the_margins() -> None:
    table = wine()
    estimator = XGBClassifier(n_estimators=5, objective="multi:softmax", n_jobs=1)
    # 2e-7: as above.
    assert_same(estimator.fit(table.x, table.y), table, missing=True, relative=0, absolute=2e-7)


def test_a_number_that_stands_for_missing_is_missing() -> None:
    table = diabetes()
    x = np.round(table.x, 2)
    estimator = XGBRegressor(n_estimators=9, missing=0.05, n_jobs=1).fit(x, table.y)
    # 2e-7: as above.
    assert_same(estimator, Table(x, table.y), missing=True, relative=2e-7, absolute=0)


def test_an_early_stopped_booster_uses_its_best_iteration() -> None:
    table = diabetes()
    estimator = XGBRegressor(n_estimators=200, early_stopping_rounds=3, n_jobs=1)
    estimator.fit(
        table.x[:300], table.y[:300], eval_set=[(table.x[300:], table.y[300:])], verbose=False
    )
    assert estimator.best_iteration < estimator.get_booster().num_boosted_rounds() - 1
    # 2e-7: as above.
    assert_same(estimator, table, missing=True, relative=2e-7, absolute=0)


def test_most_probabilities_equal_the_original_bit_for_bit() -> None:
    table = cancer()
    for scale in (0.5, 1.0, 2.0, 5.0, 11.0):
        estimator = XGBClassifier(n_estimators=20, scale_pos_weight=scale, n_jobs=1)
        estimator.fit(table.x, table.y)
        model = estimator_model(estimator, table.width)
        rows = hostile(model, table.x, missing=True)
        same = run(model, rows)["probabilities"] == estimator.predict_proba(rows)
        # onnxruntime's own float Exp, or a base margin off by one ulp, leaves fewer equal.
        assert np.mean(same) > 0.999


@pytest.mark.parametrize("outcomes", [2, 3])
def test_probabilities_that_nearly_tie_keep_the_labels_of_the_original(outcomes: int) -> None:
    rng = np.random.default_rng(0)
    x = np.arange(6000.0).reshape(-1, 1)
    estimator = XGBClassifier(n_estimators=1, max_depth=16, tree_method="exact", n_jobs=1)
    estimator.set_params(min_child_weight=0).fit(x, rng.integers(0, outcomes, 6000))
    estimator.get_booster().load_model(_with_tiny_leaves(estimator.get_booster(), rng))
    assert len(np.unique(estimator.predict(x, output_margin=True), axis=0)) > 300
    # 2e-7: as above; the labels hang on the last bit of the probabilities.
    assert_same(estimator, Table(x, x[:, 0]), missing=True, relative=0, absolute=2e-7)


def _with_tiny_leaves(booster: Any, rng: np.random.Generator) -> bytearray:
    """The booster with leaves that move a probability by a few ulp of float32."""
    saved = json.loads(booster.save_raw("json"))
    parameters = saved["learner"]["learner_model_param"]
    if parameters["num_class"] == "0":
        parameters["base_score"] = "[5E-1]"
    else:
        parameters["base_score"] = "[" + ",".join(["0"] * int(parameters["num_class"])) + "]"
    for tree in saved["learner"]["gradient_booster"]["model"]["trees"]:
        for node, child in enumerate(tree["left_children"]):
            if child < 0:
                tree["split_conditions"][node] = float(rng.normal() * 1.5e-7)
    return bytearray(json.dumps(saved).encode())


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        ({"booster": "dart"}, "booster='gbtree'"),
        ({"booster": "gblinear"}, "booster='gbtree'"),
        ({"objective": "binary:hinge"}, "binary:logistic"),
    ],
)
def test_other_boosters_and_objectives_are_refused(options: dict[str, Any], hint: str) -> None:
    table = cancer()
    estimator = XGBClassifier(n_estimators=2, n_jobs=1, **options).fit(table.x, table.y)
    with pytest.raises(ConversionError) as caught:
        estimator_model(estimator, table.width)
    assert hint in caught.value.hint


def test_several_targets_are_refused() -> None:
    table = diabetes()
    estimator = XGBRegressor(n_estimators=2, n_jobs=1)
    estimator.fit(table.x, np.column_stack([table.y, table.y]))
    with pytest.raises(ConversionError, match="several targets"):
        estimator_model(estimator, table.width)


def test_categorical_splits_are_refused() -> None:
    rng = np.random.default_rng(0)
    x = rng.integers(0, 4, size=(200, 1)).astype(float)
    estimator = XGBRegressor(
        n_estimators=2, enable_categorical=True, feature_types=["c"], max_cat_to_onehot=1, n_jobs=1
    ).fit(x, np.array([3.0, 1.0, 4.0, 2.0])[x[:, 0].astype(int)])
    with pytest.raises(ConversionError, match="categorical splits"):
        estimator_model(estimator, 1)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**16), classes=st.integers(2, 4), depth=st.integers(1, 6))
def test_small_boosters_never_flip_a_label(seed: int, classes: int, depth: int) -> None:
    rng = np.random.default_rng(seed)
    x = rng.integers(-2, 3, size=(60, 3)) * rng.choice([1.0, 0.1, 1e-3])
    x[rng.random(x.shape) < 0.1] = np.nan
    y = rng.integers(0, classes, size=60)
    y[:classes] = np.arange(classes)
    estimator = XGBClassifier(n_estimators=4, max_depth=depth, n_jobs=1).fit(x, y)
    # 2e-7: as above.
    assert_same(estimator, Table(x, y), missing=True, relative=0, absolute=2e-7)
