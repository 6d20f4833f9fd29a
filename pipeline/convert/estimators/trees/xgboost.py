"""Converts XGBoost's boosted trees, in float32 as XGBoost itself computes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.estimators.trees.tree_ensemble import sum_leaves
from pipeline.convert.estimators.trees.xgboost_loader import (
    EXPONENTIAL,
    LOGISTIC,
    XGBoostTrees,
    parse_xgboost,
)
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import (
    Classification,
    Regression,
    label_positive,
    stack_binary_probabilities,
)
from pipeline.errors import ConversionError

IDENTITY = (
    "reg:squarederror",
    "reg:squaredlogerror",
    "reg:pseudohubererror",
    "reg:absoluteerror",
    "reg:quantileerror",
)
SOFTMAX = ("multi:softprob", "multi:softmax")


def convert_xgboost_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) float ─TreeEnsemble─► margin (N, 1) float ─inverse link, Cast─► (N, 1) double."""
    booster = _booster(estimator)
    margin = _margin(booster, estimator.missing, x)
    if booster.objective in IDENTITY:
        return Regression.of(margin)
    if booster.objective in EXPONENTIAL:
        return Regression.of(_exp(margin))
    if booster.objective in LOGISTIC:
        return Regression.of(_sigmoid(margin))
    raise _refusal(booster.objective, (*IDENTITY, *EXPONENTIAL, *LOGISTIC))


def convert_xgboost_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) float ─TreeEnsemble─► margin (N, 1 or K) ─► probabilities (N, K) ─Cast─► double.

    As in XGBClassifier, labels come from the float32 probabilities: above 0.5, or the first of
    the largest; with multi:softmax from the margins.
    """
    booster = _booster(estimator)
    classes = np.asarray(estimator.classes_)
    margin = _margin(booster, estimator.missing, x)
    if booster.objective in LOGISTIC:
        positive = _sigmoid(margin)
        probabilities = stack_binary_probabilities(graph, positive).cast(DOUBLE)
        return Classification(label_positive(positive > 0.5), classes, probabilities, dtype=FLOAT)
    if booster.objective not in SOFTMAX or len(classes) == 2:
        raise _refusal(booster.objective, (LOGISTIC[0],) if len(classes) == 2 else SOFTMAX)
    probabilities = _softmax(margin)
    decisive = margin if booster.objective == "multi:softmax" else probabilities
    return Classification(decisive.argmax(), classes, probabilities.cast(DOUBLE), dtype=FLOAT)


OBJECTIVE = Caveat.when_converted(
    "objectives of XGBoost without a known link",
    instead="set one of the objectives that the error names",
)


def _refusal(objective: str, known: tuple[str, ...]) -> ConversionError:
    return OBJECTIVE.error(
        f"XGBoost: objective {objective!r} has no exact form in ONNX here",
        hint=f"set one of {', '.join(known)}",
    )


def _booster(estimator: Any) -> XGBoostTrees:
    """The fitted trees, up to the best iteration where training stopped early."""
    booster = estimator.get_booster()
    if booster.attr("best_iteration") is not None:
        booster = booster[: estimator.best_iteration + 1]
    return parse_xgboost(booster.save_raw("json"))


def _margin(booster: XGBoostTrees, missing: float | None, x: Features) -> Tensor:
    """(N, K) float sums of leaf values; x equal to `missing` counts as missing."""
    matrix = x.single
    if missing is not None and not np.isnan(missing):
        matrix = matrix.graph.where(matrix.equal(missing), np.nan, matrix)
    return sum_leaves(matrix, booster.trees, booster.values, booster.targets)


def _exp(margin: Tensor) -> Tensor:
    """The float32 nearest to the power, as expf answers; onnxruntime's float Exp is coarser."""
    return margin.cast(DOUBLE).exp().cast(FLOAT)


def _sigmoid(margin: Tensor) -> Tensor:
    return 1.0 / (_exp(-margin) + 1.0)


def _softmax(margin: Tensor) -> Tensor:
    """In float32, but for the sum of the powers."""
    powers = _exp(margin - margin.reduce("ReduceMax"))
    return powers / powers.cast(DOUBLE).sum().cast(FLOAT)


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "xgboost.XGBRegressor": Entry(convert_xgboost_regressor, "skl2onnx has no converter"),
    "xgboost.XGBClassifier": Entry(convert_xgboost_classifier, "skl2onnx has no converter"),
}
