"""Converts linear models: regressors with skl2onnx, classifiers as one matrix product."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any

import numpy as np

from pipeline.convert.estimators import skl2onnx_as_is
from pipeline.convert.estimators.dispatch import Converter, convert_estimator
from pipeline.convert.functions.float64 import expit
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import (
    Classification,
    Outcome,
    Regression,
    label_positive,
    normalize_rows,
    stack_binary_probabilities,
)
from pipeline.errors import ConversionError


def convert_linear_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) double ─skl2onnx─► (N, 1) double.

    Raises:
        ConversionError: it predicts several targets.
    """
    if np.size(estimator.coef_) != x.width:
        raise ConversionError(
            f"expected one coefficient for each of {x.width} columns, "
            f"got {np.shape(estimator.coef_)}",
            hint="train on one target",
        )
    if isinstance(estimator.intercept_, float | int):
        # fit_intercept=False leaves a plain 0.0, and skl2onnx 1.20 asks it for its shape.
        estimator = copy(estimator)
        estimator.intercept_ = np.float64(estimator.intercept_)
    return skl2onnx_as_is.convert_regressor_as_is(estimator, x, graph)


def convert_ransac(estimator: Any, x: Features, graph: Graph) -> Outcome:
    """RANSAC answers with the model it fitted to the inliers."""
    return convert_estimator(estimator.estimator_, x, graph)


def convert_logistic_regression(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─Gemm─► (N, K) scores ─expit and normalise, or Softmax─► (N, K) probabilities."""
    scores = _scores(estimator, x, graph)
    if _one_vs_rest(estimator):
        probabilities = _logistic(graph, scores, estimator)
    elif len(estimator.classes_) == 2:
        probabilities = graph.concat([-scores, scores]).softmax()
    else:
        probabilities = scores.softmax()
    return _classification(estimator, scores, probabilities)


def convert_linear_discriminant(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─Gemm─► (N, K) log posteriors ─Softmax─► probabilities; expit for two classes."""
    scores = _scores(estimator, x, graph)
    if len(estimator.classes_) == 2:
        return _classification(estimator, scores, stack_binary_probabilities(graph, expit(scores)))
    return _classification(estimator, scores, scores.softmax())


def convert_ridge_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─Gemm─► (N, K) scores; the label is the largest, or the sign of the only one."""
    return _classification(estimator, _scores(estimator, x, graph), None)


def convert_sgd_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─Gemm─► (N, K) scores; probabilities for the two losses that have them."""
    scores = _scores(estimator, x, graph)
    if estimator.loss == "log_loss":
        return _classification(estimator, scores, _logistic(graph, scores, estimator))
    if estimator.loss == "modified_huber":
        return _classification(estimator, scores, _modified_huber(graph, scores, estimator))
    return _classification(estimator, scores, None)


def _scores(estimator: Any, x: Features, graph: Graph) -> Tensor:
    """decision_function, (N, 1) for two classes, else (N, K)."""
    coefficients = np.atleast_2d(np.asarray(estimator.coef_, dtype=np.float64))
    intercepts = np.broadcast_to(
        np.asarray(estimator.intercept_, dtype=np.float64), len(coefficients)
    )
    return graph.affine(x.double, coefficients.T, intercepts)


def _classification(estimator: Any, scores: Tensor, probabilities: Tensor | None) -> Classification:
    """The label by scikit-learn's rule: a score above zero, or the largest one."""
    binary = len(estimator.classes_) == 2
    return Classification(
        label=label_positive(scores > 0.0) if binary else scores.argmax(),
        classes=np.asarray(estimator.classes_),
        probabilities=probabilities,
        scores=scores,
    )


def _one_vs_rest(estimator: Any) -> bool:
    """LogisticRegression.predict_proba's own rule."""
    return estimator.multi_class in ("ovr", "warn") or (
        estimator.multi_class == "auto"
        and (len(estimator.classes_) <= 2 or estimator.solver in ("liblinear", "newton-cholesky"))
    )


def _logistic(graph: Graph, scores: Tensor, estimator: Any) -> Tensor:
    """One-vs-rest probabilities of logistic regression, (N, K)."""
    positive = expit(scores)
    if len(estimator.classes_) == 2:
        return stack_binary_probabilities(graph, positive)
    return normalize_rows(positive)


def _modified_huber(graph: Graph, scores: Tensor, estimator: Any) -> Tensor:
    """(clip(score, -1, 1) + 1) / 2, (N, K); uniform where every class has zero."""
    positive = (scores.clip(-1.0, 1.0) + 1.0) / 2.0
    if len(estimator.classes_) == 2:
        return stack_binary_probabilities(graph, positive)
    total = positive.sum()
    uniform = np.full((1, len(estimator.classes_)), 1.0 / len(estimator.classes_))
    # Where the sum is zero the quotient is NaN, and not chosen.
    return graph.where(total.equal(0.0), uniform, positive / total)


_REGRESSORS = (
    "ARDRegression",
    "BayesianRidge",
    "ElasticNet",
    "HuberRegressor",
    "Lars",
    "Lasso",
    "LassoLars",
    "LinearRegression",
    "OrthogonalMatchingPursuit",
    "PassiveAggressiveRegressor",
    "Ridge",
    "TheilSenRegressor",
)

CONVERTERS: Mapping[str, Entry[Converter]] = {
    **{f"sklearn.{name}": Entry[Converter](convert_linear_regressor) for name in _REGRESSORS},
    "sklearn.RANSACRegressor": Entry(convert_ransac, "its fitted member is converted instead"),
    "sklearn.LogisticRegression": Entry(
        convert_logistic_regression,
        "one-vs-rest probabilities off by 0.39, or NaN, where every class is unlikely "
        "(onnxruntime's Sigmoid rounds them to zero), and no decision scores beside them",
    ),
    "sklearn.SGDClassifier": Entry(
        convert_sgd_classifier,
        "with probabilities 47 labels of 656 rows around wine flip (they are read off the "
        "probabilities, which saturate), and no decision scores beside them",
    ),
    "sklearn.RidgeClassifier": Entry(convert_ridge_classifier, "no double precision: it refuses"),
    "sklearn.LinearDiscriminantAnalysis": Entry(
        convert_linear_discriminant,
        "probabilities of two classes off by 0.15 (softmax of one score)",
    ),
}
