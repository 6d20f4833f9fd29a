from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.dummy import DummyClassifier, DummyRegressor

from pipeline.convert.estimators.dummy import CONVERTERS
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.numeric_rows import answers, assert_classifier, hostile
from tests.convert.estimators.trees.tree_rows import Table, cancer, diabetes, wine
from tests.convert.harness import estimator_model

REGRESSORS: tuple[Any, ...] = (
    DummyRegressor(),
    DummyRegressor(strategy="median"),
    DummyRegressor(strategy="quantile", quantile=0.3),
    DummyRegressor(strategy="constant", constant=-1.5),
)
CLASSIFIERS: tuple[Any, ...] = (
    DummyClassifier(strategy="prior", random_state=1),
    DummyClassifier(strategy="most_frequent"),
    DummyClassifier(strategy="constant", constant=1),
)


def test_every_converter_has_a_case() -> None:
    assert {class_key(estimator) for estimator in (*REGRESSORS, *CLASSIFIERS)} == set(CONVERTERS)


@pytest.mark.parametrize("estimator", REGRESSORS, ids=str)
def test_regressors_answer_every_row_with_the_constant(estimator: Any) -> None:
    table = diabetes()
    estimator.fit(table.x, table.y)
    rows = np.vstack([hostile(table), np.full((1, table.width), np.inf)])
    values = answers(estimator, rows)["values"].ravel()
    np.testing.assert_array_equal(values[:-1], estimator.predict(rows[:-1]))
    assert values[-1] == values[0]


@pytest.mark.parametrize("table", [cancer(), wine()], ids=["cancer", "wine"])
@pytest.mark.parametrize("estimator", CLASSIFIERS, ids=str)
def test_classifiers_answer_every_row_alike(estimator: Any, table: Table) -> None:
    estimator.fit(table.x, table.y)
    assert_classifier(estimator, hostile(table), absolute=0, relative=0)


@pytest.mark.parametrize("strategy", ["stratified", "uniform"])
def test_random_answers_are_refused(strategy: str) -> None:
    table = wine()
    estimator = DummyClassifier(strategy=strategy).fit(table.x, table.y)
    with pytest.raises(ConversionError, match="draws its answers at random") as error:
        estimator_model(estimator, table.width)
    assert "strategy='prior'" in error.value.hint


@pytest.mark.parametrize("make", [DummyClassifier, DummyRegressor])
def test_several_targets_are_refused(make: Any) -> None:
    table = wine()
    estimator = make().fit(table.x, np.column_stack([table.y, table.y]))
    with pytest.raises(ConversionError, match="expected one target, got 2"):
        estimator_model(estimator, table.width)
