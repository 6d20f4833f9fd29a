"""Converts calibrated classifiers: scores mapped to probabilities, fold by fold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import Converter, convert_estimator
from pipeline.convert.estimators.meta.isotonic import apply_isotonic
from pipeline.convert.functions.float64 import expit, sum_in_order, sum_rows
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification
from pipeline.errors import ConversionError


@dataclass(frozen=True)
class CalibratedFold:
    """One fold: its classifier's scores, (N, S), and what maps them.

    Attributes:
        scores: decision scores, or probabilities where the classifier has none.
        calibrators: (S,) one for each score.
        places: (S,) the class that each score speaks for.
    """

    scores: Tensor
    calibrators: Sequence[Any]
    places: NDArray[np.int64]


def convert_calibrated_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─classifier of each of M folds─► scores, side by side ─expit or interpolation─►
    ─Reshape─► (N, M, K) ─normalise─► ─CumSum, last, Div─► (N, K), label ArgMax.

    Raises:
        ConversionError: the classifier has no exact form.
    """
    classes = np.asarray(estimator.classes_)
    folds = [_fold(member, classes, x, graph) for member in estimator.calibrated_classifiers_]
    mapped = _map_scores(folds, graph)
    every = _place_classes(mapped, folds, len(classes))
    shares = _binary(every, graph) if len(classes) == 2 else _normalize(every, len(classes))
    # scikit-learn takes what rounding puts above 1 for 1; nothing else puts it there.
    probabilities = sum_in_order(shares.clip(-np.inf, 1.0), len(folds)) / float(len(folds))
    return Classification(probabilities.argmax(), classes, probabilities)


def _fold(member: Any, classes: NDArray[Any], x: Features, graph: Graph) -> CalibratedFold:
    answer = convert_estimator(member.estimator, x, graph)
    if not isinstance(answer, Classification):
        raise ConversionError("CalibratedClassifierCV: expected a classifier")
    places = np.searchsorted(classes, answer.classes)
    scores = _scores(member.estimator, answer)
    if len(answer.classes) == 2 and len(classes) == 2:
        places = places[1:]
    calibrators = member.calibrators
    # Without a class in its fold, scikit-learn pairs classes and scores up to the shorter.
    count = min(len(calibrators), len(places))
    if getattr(member.estimator, "decision_function_shape", "ovr") == "ovo":
        scores = scores.columns(np.arange(count))  # one for every pair of classes
    return CalibratedFold(scores, calibrators[:count], places[:count])


def _scores(classifier: Any, answer: Classification) -> Tensor:
    """The response that scikit-learn calibrates: scores if the classifier has them."""
    if hasattr(classifier, "decision_function"):
        if answer.scores is None:
            raise ConversionError(
                f"CalibratedClassifierCV: {type(classifier).__name__}.decision_function has no "
                "form in ONNX here"
            )
        return answer.scores
    if answer.probabilities is None:
        raise ConversionError("CalibratedClassifierCV: expected scores or probabilities")
    if len(answer.classes) == 2:
        return answer.probabilities.columns([1])
    return answer.probabilities


def _map_scores(folds: Sequence[CalibratedFold], graph: Graph) -> Tensor:
    """All folds' scores side by side, each through its calibrator: (N, ΣS)."""
    scores = graph.concat([fold.scores for fold in folds])
    calibrators = [calibrator for fold in folds for calibrator in fold.calibrators]
    if hasattr(calibrators[0], "a_"):
        slopes, offsets = (np.array([[getattr(c, n) for c in calibrators]]) for n in ("a_", "b_"))
        return expit(-(scores * slopes + offsets))
    return apply_isotonic(scores, calibrators)


def _place_classes(mapped: Tensor, folds: Sequence[CalibratedFold], count: int) -> Tensor:
    """(N, ΣS) → (N, M, K), a class that a fold does not know is zero; (N, M, 1) of two classes."""
    width = 1 if count == 2 else count
    starts = np.cumsum([0, *(len(fold.places) for fold in folds)])
    sources = np.full((len(folds), width), starts[-1])
    for row, start, fold in zip(sources, starts, folds, strict=False):
        row[fold.places - (count == 2)] = start + np.arange(len(fold.places))
    if (sources == starts[-1]).any():
        mapped = mapped.graph.concat([mapped, mapped.columns([0]) * 0.0])
    if not np.array_equal(sources.ravel(), np.arange(sources.size)):
        mapped = mapped.columns(sources.ravel())
    return mapped.reshape(-1, *sources.shape)


def _binary(positive: Tensor, graph: Graph) -> Tensor:
    """(N, M, 1) → (N, M, 2)."""
    return graph.concat([1.0 - positive, positive], axis=2)


def _normalize(shares: Tensor, count: int) -> Tensor:
    """(N, M, K) divided by its sums; uniform where every class has zero."""
    total = sum_rows(shares, count)
    # Where the sum is zero the quotient is NaN, and not chosen.
    return shares.graph.where(total.equal(0.0), 1.0 / count, shares / total)


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.CalibratedClassifierCV": Entry(
        convert_calibrated_classifier,
        "isotonic: 3 labels of 1,070 rows of juice flip; the classifier inside in double "
        "precision only through this package's converters",
    ),
}
