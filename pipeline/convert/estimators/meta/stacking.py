"""Converts stacks: a final model that reads the predictions of others."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.convert.estimators.dispatch import Converter, convert_estimator
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification, Outcome, Regression
from pipeline.errors import ConversionError


def convert_stacking_regressor(estimator: Any, x: Features, graph: Graph) -> Outcome:
    """(N, F) ─members─► (N, M), with passthrough (N, M + F) ─last model─► (N, 1)."""
    return convert_estimator(
        estimator.final_estimator_, _stack_predictions(estimator, x, graph), graph
    )


def convert_stacking_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─members─► probabilities, scores or labels side by side ─last model─► (N, K).

    Of two classes only the second one's probability is read. With passthrough the columns of x
    follow.

    Raises:
        ConversionError: a member or the last model has no exact form.
    """
    features = _stack_predictions(estimator, x, graph)
    answer = convert_estimator(estimator.final_estimator_, features, graph)
    if not isinstance(answer, Classification):
        raise ConversionError("StackingClassifier: expected a classifier as final_estimator")
    # The last model knows the classes as 0..K-1, in the order of the stack's own.
    return Classification(
        label=answer.label,
        classes=np.asarray(estimator.classes_),
        probabilities=answer.probabilities,
        scores=answer.scores,
        dtype=answer.dtype,
    )


def _stack_predictions(estimator: Any, x: Features, graph: Graph) -> Features:
    """The matrix that the last model reads; predictions first."""
    members = zip(estimator.estimators_, estimator.stack_method_, strict=True)
    binary = np.size(getattr(estimator, "classes_", ())) == 2
    parts = [
        _columns(convert_estimator(member, x, graph), method, binary) for member, method in members
    ]
    if estimator.passthrough:
        parts.append(x.double)
    return Features.of(graph.concat(parts), int(estimator.final_estimator_.n_features_in_))


def _columns(answer: Outcome, method: str, binary: bool) -> Tensor:
    """What one member contributes, (N, ·) double."""
    if isinstance(answer, Regression):
        return answer.values
    if method == "predict":
        known = np.asarray(answer.classes, dtype=DOUBLE)
        return answer.label.graph.constant(known).gather(answer.label, axis=0).reshape(-1, 1)
    chosen = answer.probabilities if method == "predict_proba" else answer.scores
    if chosen is None:
        raise ConversionError(
            f"StackingClassifier: a member's {method} has no form in ONNX here",
            hint="stack with method='predict'",
        )
    if method == "predict_proba" and binary:
        return chosen.columns(np.arange(1, len(answer.classes)))
    return chosen


_REASON = "members in double precision only through this package's converters"

CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.StackingClassifier": Entry(convert_stacking_classifier, _REASON),
    "sklearn.StackingRegressor": Entry(convert_stacking_regressor, _REASON),
}
