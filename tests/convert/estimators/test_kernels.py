from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sklearn.kernel_ridge import KernelRidge
from sklearn.svm import SVC, SVR

from pipeline.convert.estimators.kernels import CONVERTERS
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.numeric_rows import (
    answers,
    assert_classifier,
    assert_regressor,
    four,
    hostile,
    iris,
    near,
    scaled,
)
from tests.convert.estimators.trees.tree_rows import Table, cancer, diabetes, wine
from tests.convert.harness import estimator_model

REGRESSORS: tuple[Callable[[], Any], ...] = (
    SVR,
    lambda: SVR(C=9.5, epsilon=1.9, shrinking=False),
    lambda: SVR(kernel="linear", C=5),
    lambda: SVR(kernel="poly", degree=2, coef0=1.0),
    lambda: SVR(kernel="sigmoid", gamma=0.05),
    lambda: KernelRidge(kernel="rbf", alpha=0.1),
    lambda: KernelRidge(kernel="rbf", gamma=0.02),
    lambda: KernelRidge(kernel="laplacian"),
    lambda: KernelRidge(kernel="polynomial", degree=2, alpha=0.9),
    lambda: KernelRidge(kernel="sigmoid", gamma=0.01, coef0=0.5),
)
CLASSIFIERS: tuple[Callable[[], Any], ...] = (
    lambda: SVC(gamma="auto", probability=True, random_state=1),  # PyCaret's rbfsvm
    lambda: SVC(C=50, class_weight="balanced", probability=True, random_state=1),
    lambda: SVC(kernel="linear", probability=True, random_state=1),
    lambda: SVC(kernel="poly", decision_function_shape="ovo"),
    lambda: SVC(kernel="sigmoid", gamma=0.05),
    lambda: SVC(break_ties=True),
)
TABLES: dict[str, Callable[[], Table]] = {
    "cancer": cancer,
    "wine": wine,
    "iris": iris,
    "four classes": four,
}


def _name(make: Callable[[], Any]) -> str:
    return str(make())


def test_every_converter_has_a_case() -> None:
    assert {class_key(make()) for make in (*REGRESSORS, *CLASSIFIERS)} == set(CONVERTERS)


@pytest.mark.parametrize("make", REGRESSORS, ids=_name)
def test_regressors_answer_like_the_original(make: Callable[[], Any]) -> None:
    table = scaled(diabetes())
    estimator = make().fit(table.x, table.y)
    # 1e-11: a sum over hundreds of kernel values, added in another order.
    assert_regressor(estimator, table, hostile(table), relative=1e-11)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("make", CLASSIFIERS, ids=_name)
def test_classifiers_answer_like_the_original(
    make: Callable[[], Any], table: Callable[[], Table]
) -> None:
    data = scaled(table())
    estimator = make().fit(data.x, data.y)
    assert_classifier(estimator, hostile(data), absolute=1e-11, relative=1e-11)


def test_columns_of_very_different_size_cost_no_precision() -> None:
    data = scaled(cancer())
    # Equal large values in one column: |x|² - 2xy + |y|² would lose every digit of the rest.
    large = Table(np.column_stack([data.x[:, :6], np.where(data.y > 0, 0.0, 1e8)]), data.y)
    flipped = Table(large.x, (large.y + (data.x[:, 0] > 1)) % 2)
    estimator = SVC(gamma="auto", probability=True, random_state=1).fit(flipped.x, flipped.y)
    assert_classifier(estimator, near(flipped), absolute=1e-11, relative=1e-11)


def test_a_regressor_without_support_vectors_answers_its_intercept() -> None:
    table = diabetes()
    estimator = SVR(epsilon=1e6).fit(table.x, table.y)
    assert len(estimator.support_) == 0
    assert_regressor(estimator, table, near(table), relative=0)


@pytest.mark.parametrize("table", [diabetes(), scaled(diabetes())], ids=["plain", "scaled"])
def test_linear_kernel_ridge_is_closer_to_its_exact_value_than_the_original(table: Table) -> None:
    estimator = KernelRidge().fit(table.x, table.y)
    rows = near(table)
    kernel = rows.astype(np.longdouble) @ estimator.X_fit_.T.astype(np.longdouble)
    exact = (kernel @ estimator.dual_coef_.astype(np.longdouble)).astype(float)
    size = np.maximum(np.abs(exact), 1e-3 * exact[: len(table.x)].std())
    ours = np.max(np.abs(answers(estimator, rows)["values"].ravel() - exact) / size)
    theirs = np.max(np.abs(estimator.predict(rows) - exact) / size)
    assert ours <= 1e-12  # ten products and their sum
    assert ours < theirs
    # 1e-9: what the original loses in sums of 442 large numbers that cancel.
    assert_regressor(estimator, table, rows, relative=1e-9)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: SVC(kernel=lambda a, b: a @ b.T), "expected a kernel out of linear, poly"),
        (lambda: SVR(kernel=lambda a, b: a @ b.T), "expected a kernel out of linear, poly"),
        (lambda: KernelRidge(kernel="cosine"), "got 'cosine'"),
        (lambda: KernelRidge(kernel=lambda a, b: float(a @ b)), "expected a kernel out of"),
    ],
)
def test_other_kernels_are_refused(make: Callable[[], Any], message: str) -> None:
    table = scaled(wine())
    estimator = make().fit(table.x, table.y)
    with pytest.raises(ConversionError, match=message) as error:
        estimator_model(estimator, table.width)
    assert "set kernel='linear'" in error.value.hint


def test_several_targets_and_sparse_tables_are_refused() -> None:
    table = scaled(wine())
    ridge = KernelRidge().fit(table.x, np.column_stack([table.y, table.y]))
    with pytest.raises(ConversionError, match="expected one target, got 2"):
        estimator_model(ridge, table.width)
    with pytest.raises(ConversionError, match="trained on a sparse matrix"):
        estimator_model(SVC().fit(csr_matrix(table.x), table.y), table.width)
