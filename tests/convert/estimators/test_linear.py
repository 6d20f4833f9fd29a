from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import (
    ARDRegression,
    BayesianRidge,
    ElasticNet,
    HuberRegressor,
    Lars,
    Lasso,
    LassoLars,
    LinearRegression,
    LogisticRegression,
    OrthogonalMatchingPursuit,
    PassiveAggressiveRegressor,
    RANSACRegressor,
    Ridge,
    RidgeClassifier,
    SGDClassifier,
    TheilSenRegressor,
)

from pipeline.convert.estimators.linear import CONVERTERS
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.numeric_rows import (
    answers,
    assert_classifier,
    assert_regressor,
    four,
    hostile,
    iris,
    scaled,
)
from tests.convert.estimators.trees.tree_rows import Matrix, Table, cancer, diabetes, wine
from tests.convert.harness import estimator_model

REGRESSORS: tuple[Callable[..., Any], ...] = (
    lambda **o: ARDRegression(threshold_lambda=5000, **o),
    lambda **o: BayesianRidge(alpha_1=0.01, compute_score=True, **o),
    lambda **o: ElasticNet(alpha=0.01, l1_ratio=0.3, **o),
    lambda **o: HuberRegressor(epsilon=1.9, max_iter=500, **o),
    lambda **o: Lars(eps=0.1, random_state=0, **o),
    lambda **o: Lasso(alpha=0.05, **o),
    lambda **o: LassoLars(alpha=0.005, eps=0.001, **o),
    LinearRegression,
    lambda **o: OrthogonalMatchingPursuit(n_nonzero_coefs=3, **o),
    lambda **o: PassiveAggressiveRegressor(C=0.1, random_state=0, **o),
    lambda **o: Ridge(alpha=3.3, **o),
    lambda **o: TheilSenRegressor(max_iter=30, random_state=0, **o),
    lambda **o: RANSACRegressor(LinearRegression(**o), random_state=0),
)
CLASSIFIERS: tuple[Callable[[], Any], ...] = (
    lambda: LogisticRegression(max_iter=1000),
    lambda: LogisticRegression(C=0.01, class_weight="balanced", max_iter=1000),
    lambda: LogisticRegression(solver="liblinear", fit_intercept=False),
    lambda: LogisticRegression(multi_class="multinomial", max_iter=1000),
    lambda: LogisticRegression(multi_class="ovr", max_iter=1000),
    lambda: SGDClassifier(random_state=1),
    lambda: SGDClassifier(penalty="l1", learning_rate="adaptive", eta0=0.1, random_state=1),
    lambda: SGDClassifier(loss="log_loss", fit_intercept=False, random_state=1),
    lambda: SGDClassifier(loss="modified_huber", random_state=1),
    lambda: RidgeClassifier(alpha=0.5, random_state=1),
    lambda: RidgeClassifier(fit_intercept=False),
    LinearDiscriminantAnalysis,
    lambda: LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    lambda: LinearDiscriminantAnalysis(solver="eigen", shrinkage=0.4),
)
TABLES = {"cancer": cancer, "wine": wine, "iris": iris, "four": four}


def _name(make: Callable[[], Any]) -> str:
    return " ".join(str(make()).split())


def test_every_converter_has_a_case() -> None:
    assert {class_key(make()) for make in (*REGRESSORS, *CLASSIFIERS)} == set(CONVERTERS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("make", REGRESSORS, ids=_name)
def test_regressors_answer_like_the_original(make: Callable[..., Any], intercept: bool) -> None:
    for table in (diabetes(), scaled(diabetes())):
        estimator = make(fit_intercept=intercept).fit(table.x, table.y)
        # 1e-11: one sum of ten products, added in another order; it cancels where it is small.
        assert_regressor(estimator, table, hostile(table), relative=1e-11)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
@pytest.mark.parametrize("make", CLASSIFIERS, ids=_name)
def test_classifiers_answer_like_the_original(
    make: Callable[[], Any], table: Callable[[], Table]
) -> None:
    data = scaled(table())
    estimator = make().fit(data.x, data.y)
    rows = hostile(data)
    absolute = 1e-12 + _rounding(estimator, rows)
    assert_classifier(estimator, rows, absolute=absolute, relative=1e-12)


def _rounding(estimator: Any, rows: Matrix) -> Matrix:
    """What half a unit in the last place of each product is worth in a probability, (N, 1).

    Products are added in an order that depends on the processor.
    """
    if not hasattr(estimator, "predict_proba"):
        return np.zeros((len(rows), 1))
    with np.errstate(all="ignore"):
        chances = estimator.predict_proba(rows)
        sums = np.abs(rows) @ np.abs(estimator.coef_).T
    off = np.finfo(float).eps * sums.max(axis=1) * (chances * (1 - chances)).max(axis=1)
    return np.nan_to_num(off)[:, None]


def test_one_vs_rest_probabilities_hold_where_every_class_is_unlikely() -> None:
    data = scaled(iris())
    estimator = LogisticRegression(solver="liblinear").fit(data.x, data.y)
    direction = np.linalg.lstsq(estimator.coef_, -np.ones(3), rcond=None)[0]
    rows = np.outer(np.linspace(10, 60, 200), direction)
    assert estimator.decision_function(rows).max() < 0
    # 1e-12: quotients of numbers down to 1e-27, each precise to its last digits.
    assert_classifier(estimator, rows, absolute=1e-12, relative=1e-12)


@pytest.mark.parametrize(
    "make",
    [
        lambda: LogisticRegression(fit_intercept=False),
        LinearDiscriminantAnalysis,
        lambda: SGDClassifier(loss="log_loss", fit_intercept=False, random_state=0),
        lambda: RidgeClassifier(fit_intercept=False),
    ],
)
def test_the_label_is_the_sign_of_the_score_where_probabilities_round_to_one_half(
    make: Callable[[], Any],
) -> None:
    data = scaled(cancer())
    estimator = make().fit(data.x, data.y)
    direction = estimator.coef_[0] / np.sum(estimator.coef_**2)
    origin = -np.ravel(estimator.intercept_) * direction
    rows = origin + np.outer(np.r_[np.logspace(-25, -9, 60), -np.logspace(-25, -9, 60)], direction)
    got = answers(estimator, rows)
    scores = got["scores"].ravel()
    np.testing.assert_array_equal(got["label"], (scores > 0).astype(int))
    # Below 1e-14 the score itself is rounding error unless the rows are tiny, too.
    sure = np.abs(scores) > 1e-13 if origin.any() else np.abs(scores) > 0
    np.testing.assert_array_equal(got["label"][sure], estimator.predict(rows)[sure])


def test_several_targets_are_refused() -> None:
    table = diabetes()
    estimator = LinearRegression().fit(table.x, np.column_stack([table.y, table.y]))
    with pytest.raises(ConversionError, match="one coefficient for each of 10 columns"):
        estimator_model(estimator, table.width)
