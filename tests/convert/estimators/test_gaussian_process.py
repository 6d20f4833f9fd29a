from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessClassifier
from sklearn.gaussian_process.kernels import (
    RBF,
    ConstantKernel,
    DotProduct,
    Matern,
    RationalQuadratic,
    WhiteKernel,
)

from pipeline.convert.estimators.gaussian_process import CONVERTERS, _check_size
from pipeline.convert.registry import class_key
from pipeline.errors import ConversionError
from tests.convert.estimators.numeric_rows import (
    answers,
    assert_classifier,
    four,
    hostile,
    iris,
    scaled,
)
from tests.convert.estimators.trees.tree_rows import Table, cancer, wine
from tests.convert.harness import estimator_model

KERNELS: tuple[Any, ...] = (
    None,
    2.5 * RBF([0.8, 1.5, 2.0, 3.0]) + WhiteKernel(0.1),
    ConstantKernel(3.0) * Matern(nu=0.5) + ConstantKernel(0.5),
    4.0 * Matern(length_scale=2.0, nu=1.5),
    1.5 * Matern(nu=2.5) * RBF(3.0),
    1.5 * Matern(nu=np.inf),
    2.0 * RationalQuadratic(length_scale=1.5, alpha=0.7),
)
TABLES: dict[str, Callable[[], Table]] = {
    "cancer": cancer,
    "wine": wine,
    "iris": iris,
    "four classes": four,
}


def test_every_converter_has_a_case() -> None:
    assert {class_key(GaussianProcessClassifier())} == set(CONVERTERS)


@pytest.mark.parametrize("table", TABLES.values(), ids=TABLES)
def test_the_default_process_answers_like_the_original(table: Callable[[], Table]) -> None:
    data = scaled(table())
    estimator = GaussianProcessClassifier(max_iter_predict=300, random_state=1)
    estimator.fit(data.x, data.y)
    # 1e-11: five error functions with heights up to 3,500 cancel to one probability.
    assert_classifier(estimator, hostile(data), absolute=1e-11, relative=0)


@pytest.mark.parametrize("kernel", KERNELS, ids=str)
@pytest.mark.parametrize("classes", [2, 3])
def test_other_kernels_answer_like_the_original(kernel: Any, classes: int) -> None:
    data = scaled(iris())
    data = Table(data.x, np.minimum(data.y, classes - 1))
    estimator = GaussianProcessClassifier(kernel, optimizer=None).fit(data.x, data.y)
    assert_classifier(estimator, hostile(data), absolute=1e-11, relative=0)


@pytest.mark.filterwarnings("ignore")
def test_kernels_fitted_for_each_class_answer_like_the_original() -> None:
    data = scaled(iris())
    estimator = GaussianProcessClassifier(1.0 * RBF(1.0)).fit(data.x[::2], data.y[::2])
    assert_classifier(estimator, hostile(data), absolute=1e-11, relative=0)


@pytest.mark.parametrize("spread", [3.0, 1e6])
def test_blocks_without_numbers_are_left_out_and_change_nothing(spread: float) -> None:
    """Training rows of groups that do not covary, mixed; of none that do, where they are far."""
    random = np.random.default_rng(0)
    groups = random.permutation(np.arange(240) % 12)
    x = np.column_stack([100.0 * groups, random.normal(size=(240, 2)) * spread])
    y = (x[:, 1] + random.normal(size=240) * spread > 0).astype(int)
    estimator = GaussianProcessClassifier(random_state=1).fit(x, y)
    assert_classifier(estimator, hostile(Table(x, y)), absolute=1e-11, relative=0)
    size = estimator_model(estimator, 3).ByteSize()
    whole = 8 * len(x) ** 2
    assert size < whole / 3


def test_a_row_far_from_all_training_rows_gets_the_last_class() -> None:
    data = scaled(iris())
    estimator = GaussianProcessClassifier().fit(data.x, data.y)
    rows = np.full((1, data.width), 1e6)
    assert answers(estimator, rows)["label"].tolist() == [2] == estimator.predict(rows).tolist()


@pytest.mark.parametrize("kernel", [1.0 * DotProduct(), Matern(nu=1.0), RBF(1.0) ** 2], ids=str)
def test_kernels_without_an_exact_form_are_refused(kernel: Any) -> None:
    data = scaled(iris())
    estimator = GaussianProcessClassifier(kernel, optimizer=None).fit(data.x, data.y)
    with pytest.raises(ConversionError, match="has no exact form in ONNX") as error:
        estimator_model(estimator, data.width)
    assert "RBF" in error.value.hint


def test_one_against_one_is_refused() -> None:
    data = scaled(iris())
    estimator = GaussianProcessClassifier(multi_class="one_vs_one").fit(data.x, data.y)
    with pytest.raises(ConversionError, match="which has no probabilities") as error:
        estimator_model(estimator, data.width)
    assert error.value.hint == "set multi_class='one_vs_rest'"


def test_a_file_beyond_the_size_of_an_onnx_model_is_refused() -> None:
    process = SimpleNamespace(X_train_=np.zeros((12_000, 3)))
    with pytest.raises(ConversionError, match="12000 training rows"):
        _check_size([process])
