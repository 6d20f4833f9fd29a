"""Converts blends: predictions of several models, averaged or counted as votes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from pipeline.convert.estimators.dispatch import Converter, convert_estimator
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import (
    Classification,
    Regression,
    common_dtype,
    count_votes,
    place_classes,
)
from pipeline.errors import ConversionError

Weights = Sequence[float] | None


def convert_voting_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) ─each member─► (N, 1) ─Mul weights, Add, one after another, Div─► (N, 1).

    Raises:
        ConversionError: a member has no exact form.
    """
    weights = estimator._weights_not_none
    answers = [convert_estimator(m, x, graph) for m in estimator.estimators_]
    members = [a for a in answers if isinstance(a, Regression)]
    # np.average stays in float32 only where every member does and no weight is a double.
    dtype = common_dtype(members) if weights is None else DOUBLE
    return Regression.of(_average([m.values.cast(dtype) for m in members], weights))


def convert_voting_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """Soft: the members' probabilities averaged, label ArgMax. Hard: the label with most votes.

    Raises:
        ConversionError: a member has no exact form, or soft voting and a member without
            probabilities.
    """
    weights = estimator._weights_not_none
    answers = [convert_estimator(m, x, graph) for m in estimator.estimators_]
    members = [a for a in answers if isinstance(a, Classification)]
    classes = np.asarray(estimator.classes_)
    if estimator.voting == "hard":
        return Classification(_ballots(members, len(classes), weights).argmax(), classes)
    dtype = common_dtype(members) if weights is None else DOUBLE
    average = _average([_probabilities(member).cast(dtype) for member in members], weights)
    return Classification(average.argmax(), classes, average.cast(DOUBLE), dtype=dtype)


def _probabilities(member: Classification) -> Tensor:
    if member.probabilities is None:
        raise ConversionError(
            "soft voting expects members with predict_proba, got one without",
            hint="blend with method='hard'",
        )
    return member.probabilities


def _average(parts: Sequence[Tensor], weights: Weights) -> Tensor:
    """np.average over members of equal shape, in its order of operations."""
    if weights is None:
        return reduce(add, parts) / float(len(parts))
    weighted = [part * float(weight) for part, weight in zip(parts, weights, strict=True)]
    return reduce(add, weighted) / float(np.sum(np.asarray(weights, dtype=DOUBLE)))


def _ballots(members: Sequence[Classification], count: int, weights: Weights) -> Tensor:
    """(N, K) votes in the order of np.bincount, on which it hangs whether unequal weights tie."""
    ones = np.ones(len(members)) if weights is None else np.asarray(weights, dtype=DOUBLE)
    tables = [place_classes(m.classes, count) * one for m, one in zip(members, ones, strict=True)]
    return count_votes(members, tables)


_REASON = "members in double precision only through this package's converters"

CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.VotingClassifier": Entry(convert_voting_classifier, _REASON),
    "sklearn.VotingRegressor": Entry(convert_voting_regressor, _REASON),
    # What tune_model turns them into while it searches for weights.
    "pycaret.TunableVotingClassifier": Entry(convert_voting_classifier, _REASON),
    "pycaret.TunableVotingRegressor": Entry(convert_voting_regressor, _REASON),
}
