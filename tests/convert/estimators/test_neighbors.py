from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from pipeline.convert.estimators.neighbors import CONVERTERS
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.numeric_rows import answers, four, iris, near, scaled
from tests.convert.estimators.trees.tree_rows import Matrix, Table, cancer, diabetes, extreme, wine
from tests.convert.harness import estimator_model

OPTIONS: tuple[dict[str, Any], ...] = (
    {},
    {"n_neighbors": 1, "metric": "euclidean"},
    {"n_neighbors": 50, "metric": "manhattan"},
    {"n_neighbors": 7, "weights": "distance"},
    {"n_neighbors": 21, "weights": "distance", "metric": "manhattan"},
    {"n_neighbors": 4, "p": 3, "weights": "distance"},
    {"n_neighbors": 6, "p": 1.5},
    {"n_neighbors": 5, "metric": "chebyshev", "weights": "distance"},
    {"n_neighbors": 9, "algorithm": "ball_tree", "weights": "distance"},
    {"n_neighbors": 9, "algorithm": "brute", "metric": "l1"},
)
TABLES: dict[str, Callable[[], Table]] = {
    "cancer, 12 columns": lambda: Table(scaled(cancer()).x[:, :12], cancer().y),
    "wine": wine,
    "iris": iris,
    "four classes": four,
}


def _decided(estimator: Any, rows: Matrix) -> NDArray[np.bool_]:
    """Rows whose k-th neighbour is nearer than the next: nobody's order of visits matters."""
    distances, _ = estimator.kneighbors(rows, n_neighbors=estimator.n_neighbors + 1)
    following: NDArray[np.bool_] = distances[:, -1] > distances[:, -2] * (1 + 1e-12)
    return following


def test_every_converter_has_a_case() -> None:
    assert {class_key(KNeighborsClassifier()), class_key(KNeighborsRegressor())} == set(CONVERTERS)


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_regressors_answer_like_the_original(options: dict[str, Any]) -> None:
    table = diabetes()
    estimator = KNeighborsRegressor(**options).fit(table.x, table.y)
    rows = np.vstack([near(table), extreme(table.x)])
    decided = _decided(estimator, rows)
    assert decided.sum() > 500
    values = answers(estimator, rows)["values"].ravel()
    # 1e-14: the neighbours' mean, added in another order.
    np.testing.assert_allclose(values[decided], estimator.predict(rows)[decided], rtol=1e-14)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_classifiers_answer_like_the_original(
    options: dict[str, Any], table: Callable[[], Table]
) -> None:
    data = table()
    estimator = KNeighborsClassifier(**options).fit(data.x, data.y)
    rows = np.vstack([near(data), extreme(data.x)])
    rows = rows[_decided(estimator, rows)]
    assert len(rows) > len(data.x)
    got = answers(estimator, rows)
    np.testing.assert_array_equal(got["label"], estimator.predict(rows))
    expected = estimator.predict_proba(rows)
    np.testing.assert_allclose(got["probabilities"], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_brute_force_over_many_columns_answers_like_the_original(weights: str) -> None:
    data = scaled(cancer())
    estimator = KNeighborsClassifier(weights=weights).fit(data.x, data.y)
    assert estimator._fit_method == "brute"
    # Rows of the table itself follow below: there the original is not exact.
    rows = np.vstack([near(data)[len(data.x) :], extreme(data.x)])
    got = answers(estimator, rows)
    decided = _decided(estimator, rows)
    np.testing.assert_array_equal(got["label"][decided], estimator.predict(rows)[decided])
    expected = estimator.predict_proba(rows)
    # 1e-12: the original's squared distances lose a few digits in |x|² - 2xy + |y|².
    np.testing.assert_allclose(got["probabilities"][decided], expected[decided], rtol=0, atol=1e-12)


@pytest.mark.parametrize("table", [wine(), scaled(cancer())], ids=["k-d tree", "brute force"])
def test_a_training_row_is_at_distance_zero_from_itself(table: Table) -> None:
    target = np.random.default_rng(0).normal(size=len(table.x))
    estimator = KNeighborsRegressor(weights="distance").fit(table.x, target)
    values = answers(estimator, table.x)["values"].ravel()
    np.testing.assert_array_equal(values, target)


@pytest.mark.parametrize("neighbors", [1, 5, 8, 13, 50])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_targets_in_single_precision_are_averaged_as_the_original_does(
    neighbors: int, weights: str
) -> None:
    table = diabetes()
    target = (table.y * np.pi).astype(np.float32)
    estimator = KNeighborsRegressor(neighbors, weights=weights).fit(table.x, target)
    rows = near(table)
    rows = rows[_decided(estimator, rows)]
    values = answers(estimator, rows)["values"].ravel()
    np.testing.assert_array_equal(values, estimator.predict(rows))


@pytest.mark.parametrize("scale", [1.0, 1e6, 1e12])
@pytest.mark.parametrize("weights", ["uniform", "distance"])
def test_rows_that_a_shortlist_cannot_decide_are_compared_with_all(
    scale: float, weights: str
) -> None:
    rng = np.random.default_rng(0)
    # Whole numbers, so that many are equally far; a large offset leaves a rough distance no digit.
    x = rng.integers(0, 4, size=(300, 5)) + scale
    estimator = KNeighborsRegressor(7, weights=weights).fit(x, rng.normal(size=300))
    assert estimator._fit_method == "kd_tree"
    rows = np.vstack([rng.normal(size=(200, 5)) * 2 + scale, x[:50] + 0.25])
    rows = rows[_decided(estimator, rows)]
    assert len(rows) > 100
    # 1e-14: the neighbours' mean, added in another order.
    got = answers(estimator, rows)["values"].ravel()
    np.testing.assert_allclose(got, estimator.predict(rows), rtol=1e-14)


def test_training_rows_stand_in_the_file_once_and_as_float32_where_that_is_exact() -> None:
    x = np.random.default_rng(0).normal(size=(500, 8)).astype(np.float32).astype(float)
    model = estimator_model(KNeighborsRegressor().fit(x, x[:, 0]), 8)
    assert model.ByteSize() < 500 * (8 * 4 + 2 * 8) + 8_000


def test_equal_training_rows_share_a_row_that_equals_them() -> None:
    x = np.repeat(np.arange(10.0), 3)[:, None]
    y = np.tile([0.0, 1.0, 5.0], 10)
    estimator = KNeighborsRegressor(n_neighbors=3, weights="distance").fit(x, y)
    np.testing.assert_allclose(answers(estimator, x)["values"], 2.0, rtol=1e-15)


@pytest.mark.parametrize("count", [0, 1, 2, 255, 256, 257, 1000])
def test_batches_of_any_size_answer_alike(count: int) -> None:
    table = four()
    estimator = KNeighborsRegressor(weights="distance").fit(table.x, table.y)
    rows = np.resize(near(table), (count, table.width))
    values = answers(estimator, rows)["values"]
    assert values.shape == (count, 1)
    if count:
        np.testing.assert_allclose(values.ravel(), estimator.predict(rows), rtol=1e-14)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"metric": "canberra"}, "metric 'canberra'"),
        ({"metric": "minkowski", "metric_params": {"w": np.ones(13)}}, "metric 'minkowski' with"),
        ({"metric": lambda a, b: np.abs(a - b).sum()}, "has no exact form in ONNX"),
        ({"weights": lambda d: 1 / (1 + d)}, "expected weights 'uniform' or 'distance'"),
    ],
)
@pytest.mark.parametrize("make", [KNeighborsClassifier, KNeighborsRegressor])
def test_other_metrics_and_weights_are_refused(
    make: Any, options: dict[str, Any], message: str
) -> None:
    table = wine()
    estimator = make(**options).fit(table.x, table.y)
    with pytest.raises(ConversionError, match=message) as error:
        estimator_model(estimator, table.width)
    assert error.value.hint.startswith("set ")


@pytest.mark.parametrize("make", [KNeighborsClassifier, KNeighborsRegressor])
def test_several_targets_are_refused(make: Any) -> None:
    table = wine()
    estimator = make().fit(table.x, np.column_stack([table.y, table.y]))
    with pytest.raises(ConversionError, match="expected one target, got 2"):
        estimator_model(estimator, table.width)
