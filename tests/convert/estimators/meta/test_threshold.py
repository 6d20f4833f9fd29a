from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycaret.internal.meta_estimators import CustomProbabilityThresholdClassifier
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import RidgeClassifier

from pipeline.convert.estimators.meta.threshold import CONVERTERS
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.composed import logistic, three, tree, two, xgboost
from tests.convert.estimators.numeric_rows import assert_classifier, hostile
from tests.convert.harness import estimator_model


def cut(member: Any, threshold: float) -> Any:
    return CustomProbabilityThresholdClassifier(member, probability_threshold=threshold)


def test_every_converter_has_a_case() -> None:
    assert {class_key(cut(tree(), 0.5))} == set(CONVERTERS)


@pytest.mark.parametrize("threshold", [0, 0.3, 0.5, 0.7, 1])
@pytest.mark.parametrize("member", [logistic, tree, RidgeClassifier], ids=lambda m: m.__name__)
def test_labels_are_cut_where_pycaret_cuts_them(member: Any, threshold: float) -> None:
    table = two()
    estimator = cut(member(), threshold).fit(table.x, table.y)
    assert_classifier(estimator, hostile(table), absolute=1e-12, relative=1e-12)


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7])
def test_a_probability_equal_to_the_threshold_is_the_second_class(threshold: float) -> None:
    table = two()
    estimator = cut(RandomForestClassifier(10, max_depth=2, random_state=0), threshold)
    rows = hostile(table)
    positive = estimator.fit(table.x, table.y).predict_proba(rows)[:, 1]
    estimator.probability_threshold = float(positive[np.argmin(np.abs(positive - threshold))])
    assert (positive == estimator.probability_threshold).any()
    assert_classifier(estimator, rows, absolute=0, relative=0)


def test_probabilities_in_float32_are_cut_in_float32() -> None:
    table = two()
    estimator = cut(xgboost(), 0.5).fit(table.x, table.y)
    single = estimator.predict_proba(table.x)[:, 1]
    # A float64 just above a float32 probability: NumPy rounds it to that probability.
    estimator.probability_threshold = float(np.nextafter(float(single[3]), 1.0))
    assert estimator.predict(table.x)[3] == 1
    # 1e-6: xgboost's own sigmoid is float32.
    assert_classifier(estimator, table.x, absolute=1e-6, relative=1e-6)


def test_three_classes_are_refused() -> None:
    table = three()
    estimator = cut(logistic(), 0.4).fit(table.x, table.y)
    with pytest.raises(ConversionError, match="two classes"):
        estimator_model(estimator, table.width)
