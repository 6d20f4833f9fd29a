from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn import discriminant_analysis
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import GaussianNB

from pipeline.convert.estimators.bayes import CONVERTERS
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE
from pipeline.convert.registry import class_key
from tests.convert.estimators.numeric_rows import (
    answers,
    assert_classifier,
    four,
    hostile,
    iris,
    near,
    scaled,
)
from tests.convert.estimators.trees.tree_rows import Matrix, Table, cancer, wine
from tests.convert.harness import run

CLASSIFIERS: tuple[Callable[[], Any], ...] = (
    GaussianNB,
    lambda: GaussianNB(var_smoothing=0.1),
    lambda: GaussianNB(priors=None, var_smoothing=1.0),
    QuadraticDiscriminantAnalysis,
    lambda: QuadraticDiscriminantAnalysis(reg_param=0.05),
    lambda: QuadraticDiscriminantAnalysis(reg_param=0.7),
)
TABLES: dict[str, Callable[[], Table]] = {
    "cancer": cancer,
    "cancer scaled": lambda: scaled(cancer()),
    "wine": wine,
    "iris": iris,
    "collinear": four,
}


def test_every_converter_has_a_case() -> None:
    assert {class_key(make()) for make in CLASSIFIERS} == set(CONVERTERS)


class Products:
    """NumPy, but onnxruntime adds up the products of matrices: the order is the processor's."""

    def __getattr__(self, name: str) -> Any:
        return getattr(np, name)

    def dot(self, a: Matrix, b: Matrix) -> Matrix:
        (width, count), graph = b.shape, Graph()
        x = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(width)])
        product = graph.binary("MatMul", x.reshape(1, -1, width), b[None]).reshape(-1, count)
        return run(graph.model({"product": (product, ["N", count])}), a)["product"]


@pytest.fixture(autouse=True)
def _one_order_of_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discriminant_analysis, "np", Products())


@pytest.mark.filterwarnings("ignore:Variables are collinear")
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("make", CLASSIFIERS, ids=lambda make: str(make()))
def test_classifiers_answer_like_the_original(
    make: Callable[[], Any], table: Callable[[], Table]
) -> None:
    data = table()
    estimator = make().fit(data.x, data.y)
    assert_classifier(estimator, hostile(data), absolute=1e-11, relative=1e-11)


def test_a_regularisation_that_leaves_only_the_means_holds_on_rows_near_the_table() -> None:
    data = wine()
    estimator = QuadraticDiscriminantAnalysis(reg_param=1.0).fit(data.x, data.y)
    assert_classifier(estimator, near(data), absolute=1e-11, relative=1e-11)


@pytest.mark.filterwarnings("ignore:Variables are collinear")
def test_log_posteriors_of_collinear_columns_agree_to_the_last_bit() -> None:
    data = four()
    estimator = QuadraticDiscriminantAnalysis().fit(data.x, data.y)
    assert min(s.min() for s in estimator.scalings_) < 1e-25
    rows = near(data)
    same = answers(estimator, rows)["scores"] == estimator.decision_function(rows)
    # Not all: a matrix product may treat the last rows of a batch in another way.
    assert np.mean(same) > 0.99


@pytest.mark.filterwarnings("ignore")
def test_a_class_without_any_spread_in_a_column_answers_like_the_original() -> None:
    data = iris()
    constant = np.zeros((len(data.x), 2))
    x = np.hstack([constant, data.x])
    estimator = QuadraticDiscriminantAnalysis().fit(x, data.y)
    assert min(s.min() for s in estimator.scalings_) == 0
    got = answers(estimator, x)
    np.testing.assert_array_equal(got["label"], estimator.predict(x))
    np.testing.assert_array_equal(got["probabilities"], estimator.predict_proba(x))
    assert np.isnan(got["probabilities"]).any()


@pytest.mark.filterwarnings("ignore:Variables are collinear")
@pytest.mark.parametrize("sizes", [(4, 60, 60), (4, 7, 60), (5, 5, 5)])
def test_a_class_of_fewer_rows_than_columns_has_fewer_directions(sizes: tuple[int, ...]) -> None:
    data = wine()
    places = np.concatenate([np.flatnonzero(data.y == k)[:n] for k, n in enumerate(sizes)])
    estimator = QuadraticDiscriminantAnalysis(reg_param=0.1).fit(data.x[places], data.y[places])
    assert min(len(s) for s in estimator.scalings_) < data.x.shape[1]
    assert_classifier(estimator, near(data), absolute=1e-11, relative=1e-11)
