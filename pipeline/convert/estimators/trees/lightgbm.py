"""Converts LightGBM's boosted trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.estimators.trees.lightgbm_loader import ZERO, LightGBMTrees, parse_lightgbm
from pipeline.convert.estimators.trees.tree_ensemble import SINGLE_ONLY, Indices, sum_leaves
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification, Regression, stack_binary_probabilities
from pipeline.errors import ConversionError

IDENTITY = ("regression", "regression_l1", "huber", "fair", "quantile", "mape")
EXPONENTIAL = ("poisson", "gamma", "tweedie")
LOGISTIC = ("binary", "cross_entropy")


def convert_lightgbm_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) double ─TreeEnsemble─► raw (N, 1) ─inverse link─► (N, 1)."""
    booster, x = _booster(estimator), _encode(estimator, x)
    raw = _average(_raw(booster, x), booster)
    if booster.objective in EXPONENTIAL:
        return Regression(raw.exp())
    if booster.objective in IDENTITY:
        return Regression(raw * raw.abs() if "sqrt" in booster.options else raw)
    raise _refusal(booster)


def convert_lightgbm_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─TreeEnsemble─► raw (N, 1 or K) ─Sigmoid or Softmax─► (N, K) ─ArgMax─► (N,).

    As in LGBMClassifier, the label is the class of the largest probability as a double, and the
    scores are the raw sums, even where probabilities come from averages.
    """
    booster, x = _booster(estimator), _encode(estimator, x)
    scores = _raw(booster, x)
    probabilities = _probabilities(booster, _average(scores, booster), graph)
    classes = np.asarray(estimator.classes_)
    return Classification(probabilities.argmax(), classes, probabilities, scores)


def _probabilities(booster: LightGBMTrees, raw: Tensor, graph: Graph) -> Tensor:
    if booster.objective == "multiclass":
        return raw.softmax()
    slope = float(booster.options.get("sigmoid", "1"))
    sigmoid = (raw if slope == 1.0 else raw * slope).sigmoid()
    if booster.objective in LOGISTIC:
        return stack_binary_probabilities(graph, sigmoid)
    if booster.objective == "multiclassova":
        return sigmoid
    raise _refusal(booster)


OBJECTIVE = Caveat.when_converted(
    "objectives of LightGBM without a known link",
    instead="set one of the objectives that the error names",
)


def _refusal(booster: LightGBMTrees) -> ConversionError:
    return OBJECTIVE.error(
        f"LightGBM: objective {booster.objective or 'of your own'!r} has no exact form in ONNX",
        hint=f"set one of {', '.join((*IDENTITY, *EXPONENTIAL, *LOGISTIC))}, multiclass, "
        "multiclassova",
    )


def _booster(estimator: Any) -> LightGBMTrees:
    """The fitted booster's trees, up to its best iteration.

    Raises:
        ConversionError: what it predicts is more than a sum over all trees.
    """
    if estimator.get_params().get("pred_early_stop"):
        raise ConversionError(
            "LightGBM: predictions that stop early have no form in ONNX",
            hint="set pred_early_stop=False",
        )
    return parse_lightgbm(estimator.booster_.model_to_string())


def _encode(estimator: Any, x: Features) -> Features:
    """Columns of pandas' category dtype as the codes that LightGBM gives their values."""
    return x.coded(estimator.booster_.pandas_categorical or ())


def _raw(booster: LightGBMTrees, x: Features) -> Tensor:
    targets = booster.trees.owner % booster.outputs
    return sum_leaves(_as_read(booster, x), booster.trees, booster.values, targets)


def _average(raw: Tensor, booster: LightGBMTrees) -> Tensor:
    return raw / float(booster.iterations) if booster.averaged else raw


def _as_read(booster: LightGBMTrees, x: Features) -> Tensor:
    """(N, F) as the splits read it: missing zeros as NaN, categories as whole numbers."""
    matrix = x.double
    graph = matrix.graph
    if len(booster.zero_missing):
        bounds = np.where(_mask_columns(booster.zero_missing, x.width), ZERO, -1.0)
        matrix = graph.where(matrix.abs() <= bounds, np.nan, matrix)
    if len(booster.categorical):
        # LightGBM truncates to int; a negative number or NaN is in no set.
        whole = graph.where(matrix > -1.0, matrix.clip(0.0, np.inf).floor(), -1.0)
        matrix = graph.where(_mask_columns(booster.categorical, x.width), whole, matrix)
    return matrix


def _mask_columns(columns: Indices, width: int) -> NDArray[np.bool_]:
    """(1, width), true for the given columns."""
    return np.isin(np.arange(width), columns)[np.newaxis]


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "lightgbm.LGBMRegressor": Entry(convert_lightgbm_regressor, SINGLE_ONLY),
    "lightgbm.LGBMClassifier": Entry(convert_lightgbm_classifier, SINGLE_ONLY),
}
