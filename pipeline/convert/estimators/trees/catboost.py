"""Converts CatBoost's boosted symmetric trees."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.estimators.trees.catboost_loader import CatBoostTrees, parse_catboost
from pipeline.convert.estimators.trees.oblivious import sum_oblivious_trees
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import Tensor
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
    "RMSE",
    "MAE",
    "Quantile",
    "LogLinQuantile",
    "MAPE",
    "Lq",
    "RMSPE",
    "Huber",
    "Expectile",
)
EXPONENTIAL = ("Poisson", "Tweedie")
BINARY = ("Logloss", "CrossEntropy", "Focal")


def convert_catboost_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) float ─summed─► (N, 1) ─Add(bias)─► (N, 1) double."""
    model = _model(estimator)
    if len(model.bias) > 1:
        raise ConversionError(
            f"CatBoost: expected one prediction per row, loss {model.loss} makes {len(model.bias)}",
            hint="set loss_function='RMSE', or train one model per target",
        )
    if model.loss not in (*IDENTITY, *EXPONENTIAL):
        raise _refusal(model.loss, (*IDENTITY, *EXPONENTIAL))
    raw = _raw(model, x)
    return Regression(raw.exp() if model.loss in EXPONENTIAL else raw)


def convert_catboost_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) float ─summed─► raw (N, 1) ─Sigmoid─► (N, 2), label raw > threshold.

    More classes: raw (N, K) ─Softmax─► (N, K), label ArgMax of raw.
    """
    model = _model(estimator)
    classes = np.asarray(estimator.classes_)
    raw = _raw(model, x)
    if model.loss in BINARY:
        probabilities = stack_binary_probabilities(graph, raw.sigmoid())
        label = label_positive(raw > _logit(estimator.get_probability_threshold()))
        return Classification(label, classes, probabilities)
    if model.loss == "MultiClass":
        return Classification(raw.argmax(), classes, raw.softmax())
    if model.loss == "MultiClassOneVsAll":
        return Classification(raw.argmax(), classes, raw.sigmoid())
    raise _refusal(model.loss, (*BINARY, "MultiClass", "MultiClassOneVsAll"))


LOSS = Caveat.when_converted(
    "losses of CatBoost without a known link",
    instead="set one of the losses that the error names",
)


def _refusal(loss: str, known: tuple[str, ...]) -> ConversionError:
    return LOSS.error(
        f"CatBoost: loss {loss!r} has no exact form in ONNX here",
        hint=f"set loss_function to one of {', '.join(known)}",
    )


def _model(estimator: Any) -> CatBoostTrees:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.json")
        estimator.save_model(str(path), format="json")
        return parse_catboost(path.read_text(encoding="utf-8"))


def _raw(model: CatBoostTrees, x: Features) -> Tensor:
    """(N, K) double: scale * sum + bias."""
    raw = sum_oblivious_trees(x, model.trees)
    if model.scale != 1.0:
        raw = raw * model.scale
    return raw + model.bias[np.newaxis] if model.bias.any() else raw


def _logit(probability: float) -> float:
    return -math.log(1.0 / probability - 1.0)


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "catboost.CatBoostRegressor": Entry(convert_catboost_regressor, "skl2onnx has no converter"),
    "catboost.CatBoostClassifier": Entry(convert_catboost_classifier, "skl2onnx has no converter"),
}
