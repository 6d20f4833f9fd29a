"""Converts PyCaret's probability_threshold: a cut between two classes other than 0.5."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.convert.estimators.dispatch import Converter, convert_estimator
from pipeline.convert.graph.graph import Graph
from pipeline.convert.registry import Entry
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification, Outcome, label_positive
from pipeline.errors import ConversionError


def convert_threshold_classifier(estimator: Any, x: Features, graph: Graph) -> Outcome:
    """The member's answer (N, 2), label 1 where the second probability >= the threshold.

    A member without probabilities keeps its own labels, as in PyCaret.

    Raises:
        ConversionError: not two classes, for which PyCaret raises an error too.
    """
    answer = convert_estimator(estimator.classifier_, x, graph)
    if not isinstance(answer, Classification) or answer.probabilities is None:
        return answer
    if len(answer.classes) != 2:
        raise ConversionError(
            f"probability_threshold: expected two classes, got {len(answer.classes)}",
            hint="leave it out for more than two classes",
        )
    threshold = float(estimator.probability_threshold)
    # NumPy compares float32 with a number of that precision.
    limit = float(answer.dtype.type(threshold))
    return replace(answer, label=label_positive(answer.probabilities.columns([1]) >= limit))


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "pycaret.CustomProbabilityThresholdClassifier": Entry(
        convert_threshold_classifier, "PyCaret's own class, unknown to skl2onnx"
    ),
}
