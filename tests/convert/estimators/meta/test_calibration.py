from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.ensemble import (
    AdaBoostClassifier,
    BaggingClassifier,
    GradientBoostingClassifier,
    RandomForestClassifier,
    VotingClassifier,
)
from sklearn.linear_model import RidgeClassifier, SGDClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.svm import SVC

from pipeline.convert.estimators.meta.calibration import CONVERTERS
from pipeline.convert.registry import class_key
from tests.convert.estimators.composed import (
    Make,
    classifies_alike,
    lightgbm,
    logistic,
    name,
    named,
    three,
    tree,
    two,
    xgboost,
)
from tests.convert.estimators.meta.test_voting import listed
from tests.convert.estimators.numeric_rows import assert_classifier, hostile
from tests.convert.estimators.trees.tree_rows import Table

MEMBERS: tuple[Make, ...] = (
    logistic,
    tree,
    lightgbm,
    GaussianNB,
    RidgeClassifier,
    LinearDiscriminantAnalysis,
    lambda: SGDClassifier(random_state=0),
    lambda: SVC(random_state=0),
    lambda: RandomForestClassifier(4, random_state=0),
    lambda: AdaBoostClassifier(n_estimators=3, random_state=0),
    lambda: GradientBoostingClassifier(n_estimators=3, random_state=0),
    lambda: BaggingClassifier(tree(), 3, random_state=0),
    lambda: VotingClassifier(listed(logistic(), tree()), voting="soft"),
)


def test_every_converter_has_a_case() -> None:
    assert {class_key(CalibratedClassifierCV())} == set(CONVERTERS)


@pytest.mark.parametrize("table", [two, three, named])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
@pytest.mark.parametrize("make", MEMBERS, ids=name)
def test_calibrated_models_answer_like_the_original(
    make: Make, method: Any, table: Callable[[], Table]
) -> None:
    data = table()
    estimator = CalibratedClassifierCV(make(), cv=2, method=method).fit(data.x, data.y)
    rows = hostile(data)
    bound = 1e-12 + swing(estimator, rows) if method == "isotonic" else 1e-12
    assert_classifier(estimator, rows, absolute=bound, relative=1e-12)


def swing(estimator: Any, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 1) how far isotonic curves carry the last digits of their scores.

    NumPy's exp has a code path for each kind of processor, and a curve may rise by 1e13.
    """
    total = np.zeros((len(rows), 1))
    for fold in estimator.calibrated_classifiers_:
        member, curves = fold.estimator, fold.calibrators
        decides = hasattr(member, "decision_function")
        scores = member.decision_function(rows) if decides else member.predict_proba(rows)
        scores = scores.reshape(len(rows), -1)[:, -len(curves) :]
        off = 1e-13 * np.abs(scores).max(axis=1, keepdims=True) if decides else np.spacing(scores)
        low, high = (
            np.column_stack([c.predict(s) for c, s in zip(curves, shifted.T, strict=True)])
            for shifted in (scores - 4 * off, scores + 4 * off)
        )
        share = high.sum(axis=1, keepdims=True) if len(curves) > 1 else 1.0
        total += 2 * (high - low).sum(axis=1, keepdims=True) / np.maximum(share, 1e-300)
    return total / len(estimator.calibrated_classifiers_)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_one_calibrator_for_all_folds_or_for_a_fitted_model(method: Any) -> None:
    table = three()
    classifies_alike(CalibratedClassifierCV(tree(), cv=3, ensemble=False, method=method), table)
    before = logistic().fit(table.x, table.y)
    fitted = CalibratedClassifierCV(before, cv="prefit", method=method)
    classifies_alike(fitted, table, absolute=1e-10)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_xgboost_is_calibrated_in_float32(method: Any) -> None:
    # 1e-6: xgboost's probabilities, and what is made of them, are float32.
    estimator = CalibratedClassifierCV(xgboost(), cv=2, method=method)
    classifies_alike(estimator, two(), absolute=1e-6)


@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_a_fold_without_a_class_gives_it_no_probability(method: Any) -> None:
    table = three()
    apart = np.flatnonzero(table.y < 2)
    splits = [(apart, np.arange(len(table.y))), (np.arange(0, 178, 2), np.arange(1, 178, 2))]
    estimator = CalibratedClassifierCV(logistic(), cv=splits, method=method)
    classifies_alike(estimator, table, absolute=1e-10)


def test_scores_of_pairs_are_paired_as_in_scikit_learn() -> None:
    table = three()
    pairs = SVC(decision_function_shape="ovo", random_state=0)
    classifies_alike(CalibratedClassifierCV(pairs, cv=2), table)


def test_the_original_falls_back_to_equal_shares_where_no_class_is_likely() -> None:
    table = three()
    estimator = CalibratedClassifierCV(tree(), cv=2, method="isotonic").fit(table.x, table.y)
    for fold in estimator.calibrated_classifiers_:
        for curve in fold.calibrators:
            curve.y_thresholds_[:] = 0.0
            curve._build_f(curve.X_thresholds_, curve.y_thresholds_)
    assert (estimator.predict_proba(table.x) == 1 / 3).all()
    assert_classifier(estimator, hostile(table), absolute=0, relative=0)


def test_a_quadratic_discriminant_is_calibrated_by_its_scores() -> None:
    table = two()
    estimator = CalibratedClassifierCV(QuadraticDiscriminantAnalysis(reg_param=0.1), cv=2)
    classifies_alike(estimator, table, absolute=1e-10)
