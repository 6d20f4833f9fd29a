"""Multi-layer perceptrons: skl2onnx holds the contract for every activation."""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.convert.estimators import stock
from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.registry import Entry

CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.MLPClassifier": Entry(stock.classifier),
    "sklearn.MLPRegressor": Entry(stock.regressor),
}
