"""What skl2onnx writes is taken in where it holds in float64, with classes as positions."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.linear_model import LinearRegression, Perceptron
from sklearn.naive_bayes import GaussianNB

from pipeline.convert.estimators.skl2onnx_as_is import (
    convert_classifier_as_is,
    convert_regressor_as_is,
)
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE
from pipeline.convert.symbolic.features import Features
from tests.convert.harness import computed, run

RNG = np.random.default_rng(0)
X = RNG.normal(size=(150, 4)) * [1.0, 100.0, 1e-3, 1.0]
Y = np.digitize(X[:, 0], [-0.5, 0.5])


def test_a_regressor_answers_in_doubles() -> None:
    model = LinearRegression().fit(X, X[:, 0] * 1e6 + X[:, 1])
    found = computed(lambda x: convert_regressor_as_is(model, Features.of(x, 4), x.graph).values, X)
    np.testing.assert_allclose(found[:, 0], model.predict(X), rtol=1e-12)


@pytest.mark.parametrize("classes", [(0, 1, 2), (7, 3, 5), ("b", "ü", "a b")])
def test_a_classifier_answers_positions_and_stays_as_it_was(classes: tuple[object, ...]) -> None:
    model = GaussianNB().fit(X, np.array(classes)[Y])
    known = clone(model).fit(X, np.array(classes)[Y])
    graph = Graph()
    matrix = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(4)])
    outcome = convert_classifier_as_is(model, Features.of(matrix, 4), graph)
    assert outcome.probabilities is not None
    outputs = {"label": (outcome.label, ["N"]), "scores": (outcome.probabilities, ["N", 3])}
    found = run(graph.model(outputs), X)
    np.testing.assert_array_equal(outcome.classes[found["label"]], known.predict(X))
    np.testing.assert_allclose(found["scores"], known.predict_proba(X), rtol=0, atol=1e-12)
    np.testing.assert_array_equal(model.classes_, known.classes_)


def test_without_predict_proba_there_are_no_probabilities() -> None:
    model = Perceptron().fit(X, Y)
    graph = Graph()
    matrix = graph.concat([graph.input(f"x{i}", DOUBLE) for i in range(4)])
    assert convert_classifier_as_is(model, Features.of(matrix, 4), graph).probabilities is None
