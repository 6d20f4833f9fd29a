from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.neural_network import MLPClassifier, MLPRegressor

from pipeline.convert.estimators.neural import CONVERTERS
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.numeric_rows import (
    assert_classifier,
    assert_regressor,
    hostile,
    iris,
    scaled,
)
from tests.convert.estimators.trees.tree_rows import Table, cancer, diabetes, wine
from tests.convert.harness import estimator_model

OPTIONS: tuple[dict[str, Any], ...] = (
    {"activation": "relu"},
    {"activation": "tanh", "hidden_layer_sizes": (50, 50)},
    {"activation": "logistic", "hidden_layer_sizes": (50, 100, 20), "alpha": 0.1},
    {"activation": "identity", "solver": "lbfgs"},
)
CLASSIFIED: tuple[Callable[[], Table], ...] = (cancer, wine, iris)


def test_every_converter_has_a_case() -> None:
    assert {class_key(MLPClassifier()), class_key(MLPRegressor())} == set(CONVERTERS)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_regressors_answer_like_the_original(options: dict[str, Any]) -> None:
    table = scaled(diabetes())
    estimator = MLPRegressor(max_iter=30, random_state=0, **options).fit(table.x, table.y)
    # 1e-11: sums of up to a hundred products in another order; they cancel where they are small.
    assert_regressor(estimator, table, hostile(table), relative=1e-11)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("table", CLASSIFIED, ids=lambda table: table.__name__)
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_classifiers_answer_like_the_original(
    options: dict[str, Any], table: Callable[[], Table]
) -> None:
    data = scaled(table())
    estimator = MLPClassifier(max_iter=30, random_state=0, **options).fit(data.x, data.y)
    assert_classifier(estimator, hostile(data), absolute=1e-11, relative=1e-11)


@pytest.mark.filterwarnings("ignore")
def test_several_targets_are_refused() -> None:
    table = diabetes()
    targets = np.column_stack([table.y, table.y])
    estimator = MLPRegressor((3,), max_iter=2).fit(table.x, targets)
    with pytest.raises(ConversionError, match="expected one target, got 2"):
        estimator_model(estimator, table.width)
