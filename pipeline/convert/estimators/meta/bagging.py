"""Converts bagging: copies of one model, each fitted on random rows and columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import reduce
from operator import add
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import Converter, convert_estimator
from pipeline.convert.estimators.trees.sklearn_trees import (
    accepts_missing,
    are_trees,
    read_node_values,
    read_sklearn_trees,
)
from pipeline.convert.estimators.trees.tree_ensemble import AVERAGE, Trees, join_trees, sum_leaves
from pipeline.convert.estimators.trees.vector_leaves import sum_vector_leaves
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import (
    Classification,
    Outcome,
    Regression,
    common_dtype,
    count_votes,
    place_classes,
    spread_over_classes,
)


def convert_bagging_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) ─each member on its columns─► (N, 1) ─Add, one after another, Div─► (N, 1).

    Trees in one node: (N, F) ─TreeEnsemble(average)─► (N, 1).

    Raises:
        ConversionError: a member has no exact form.
    """
    if are_trees(estimator.estimators_):
        values = read_node_values(estimator.estimators_)[:, 0]
        return Regression(sum_leaves(x.rounded, _trees(estimator), values, aggregate=AVERAGE))
    members = [a for a in _answers(estimator, x, graph) if isinstance(a, Regression)]
    dtype = common_dtype(members)
    total = reduce(add, [member.values.cast(dtype) for member in members])
    return Regression.of(total / float(estimator.n_estimators))


def convert_bagging_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) ─each member on its columns─► (N, K) shares ─Add, one after another, Div─► (N, K).

    A member without probabilities gives its whole share to the class it predicts. Trees in one
    node: (N, F) ─summed_rows─► (N, K).

    Raises:
        ConversionError: a member has no exact form.
    """
    classes = np.asarray(estimator.classes_)
    if are_trees(estimator.estimators_):
        total, scores = sum_vector_leaves(x, _trees(estimator), _shares(estimator)), None
    else:
        answers = [a for a in _answers(estimator, x, graph) if isinstance(a, Classification)]
        total = _add_shares(answers, len(classes))
        scores = _scores(estimator, answers)
    probabilities = total / float(estimator.n_estimators)
    return Classification(probabilities.argmax(), classes, probabilities, scores)


def _answers(estimator: Any, x: Features, graph: Graph) -> Iterator[Outcome]:
    members = zip(estimator.estimators_, estimator.estimators_features_, strict=True)
    for member, columns in members:
        yield convert_estimator(member, x.take(columns), graph)


def _trees(estimator: Any) -> Trees:
    """Every member's tree, reading the columns of the whole table."""
    members = zip(estimator.estimators_, estimator.estimators_features_, strict=True)
    parts = []
    for member, columns in members:
        tree = read_sklearn_trees([member], accepts_missing(member))
        inner = np.maximum(tree.feature, 0)  # a leaf has -2
        parts.append(replace(tree, feature=np.asarray(columns)[inner]))
    return join_trees(parts)


def _shares(estimator: Any) -> NDArray[np.float64]:
    """(M, K) class shares of every node; a class that was not in a member's bag has none."""
    count = len(estimator.classes_)
    parts = [
        read_node_values([m]) @ place_classes(m.classes_, count) for m in estimator.estimators_
    ]
    return np.concatenate(parts)


def _add_shares(answers: list[Classification], count: int) -> Tensor:
    """(N, K) what the members add up to; they know the classes as 0..K-1, or some of them."""
    if all(answer.probabilities is None for answer in answers):
        return count_votes(answers, [place_classes(answer.classes, count) for answer in answers])
    return reduce(add, [spread_over_classes(answer, np.arange(count)) for answer in answers])


def _scores(estimator: Any, answers: list[Classification]) -> Tensor | None:
    """Mean of the members' scores; None where the bag has none, or fails to add them up."""
    scores = [answer.scores for answer in answers if answer.scores is not None]
    alike = len({len(answer.classes) for answer in answers}) == 1
    if len(scores) < len(answers) or not alike:
        return None
    return reduce(add, scores) / float(estimator.n_estimators)


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.BaggingClassifier": Entry(
        convert_bagging_classifier,
        "members in double precision only through this package's converters",
    ),
    "sklearn.BaggingRegressor": Entry(
        convert_bagging_regressor,
        "members in double precision only through this package's converters",
    ),
}
