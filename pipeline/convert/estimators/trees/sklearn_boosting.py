"""Converts scikit-learn's gradient boosting and AdaBoost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import Converter, convert_estimator
from pipeline.convert.estimators.trees.sklearn_trees import (
    are_trees,
    read_node_values,
    read_sklearn_trees,
)
from pipeline.convert.estimators.trees.tree_ensemble import SINGLE_ONLY, sum_leaves
from pipeline.convert.estimators.trees.vector_leaves import sum_vector_leaves
from pipeline.convert.functions.float64 import sum_in_order
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, INT64, Tensor
from pipeline.convert.registry import Entry
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import (
    Classification,
    Outcome,
    Regression,
    common_dtype,
    count_votes,
    label_positive,
    stack_binary_probabilities,
)
from pipeline.errors import ConversionError


def convert_gradient_boosting_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) double of float32 values ─TreeEnsemble─► (N, 1) double."""
    return Regression(_raw(estimator, x))


def convert_gradient_boosting_classifier(
    estimator: Any, x: Features, graph: Graph
) -> Classification:
    """(N, F) ─TreeEnsemble─► raw (N, 1) ─Sigmoid─► (N, 2), label raw >= 0.

    More classes: raw (N, K) ─Softmax─► (N, K), label ArgMax of raw.
    """
    raw = _raw(estimator, x)
    classes = np.asarray(estimator.classes_)
    if len(classes) > 2:
        return Classification(raw.argmax(), classes, raw.softmax(), raw)
    # The exponential loss is half a logistic one: expit(2 raw).
    logit = raw * 2.0 if estimator.loss == "exponential" else raw
    probabilities = stack_binary_probabilities(graph, logit.sigmoid())
    return Classification(label_positive(raw >= 0.0), classes, probabilities, raw)


def _raw(estimator: Any, x: Features) -> Tensor:
    """init + learning_rate * tree + learning_rate * tree + ..., one target per class."""
    stages = np.asarray(estimator.estimators_)
    members = list(stages.ravel())
    # Gradient boosting refuses NaN, though its trees could route it.
    trees = read_sklearn_trees(members, missing=False)
    targets = trees.owner % stages.shape[1]
    values = estimator.learning_rate * read_node_values(members)[:, 0]
    first = trees.owner < stages.shape[1]
    values[first] += _initial(estimator, stages.shape[1])[targets[first]]
    return sum_leaves(x.rounded, trees, values, targets)


INIT = Caveat.when_converted(
    "gradient boosting that starts from another model",
    instead="leave init at its default, or set init='zero'",
)


def _initial(estimator: Any, outputs: int) -> NDArray[np.float64]:
    """(outputs,) what boosting starts from.

    Raises:
        ConversionError: it depends on the row.
    """
    init = estimator.init_
    if isinstance(init, str):  # "zero"
        return np.zeros(outputs)
    random = getattr(init, "strategy", None) == "stratified"
    if type(init).__name__ not in ("DummyClassifier", "DummyRegressor") or random:
        raise INIT.error(f"{type(estimator).__name__}: expected a constant init, got {init}")
    row = np.zeros((1, estimator.n_features_in_), dtype=np.float32)
    initial: NDArray[np.float64] = estimator._raw_predict_init(row)[0]
    return initial


def convert_adaboost_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """The weighted median of the members' predictions.

    (N, T) ─TopK(all, ascending)─► sorted, order ─Gather(weights), CumSum─► (N, T)
    ─>= half of the last, ArgMax─► (N, 1) place ─GatherElements(sorted)─► (N, 1).
    """
    predictions, members_dtype = _member_values(estimator, x, graph)
    count = len(estimator.estimators_)
    ascending, order = predictions.topk(count, largest=False)
    weights = graph.constant(np.asarray(estimator.estimator_weights_[:count], dtype=DOUBLE))
    axis = graph.constant(np.array(1, dtype=INT64))
    running = graph.op("CumSum", weights.gather(order, axis=0), axis, dtype=DOUBLE)
    reached = running >= running.columns([count - 1]) * 0.5
    place = reached.cast(INT64).argmax(keepdims=True)
    median = graph.op("GatherElements", ascending, place, dtype=DOUBLE, axis=1)
    return Regression(median, members_dtype)


def _member_values(estimator: Any, x: Features, graph: Graph) -> tuple[Tensor, np.dtype[Any]]:
    """(N, T) prediction of every member, and their dtype; trees in one node."""
    members = estimator.estimators_
    if are_trees(members):
        trees = read_sklearn_trees(members, missing=False)
        return sum_leaves(x.rounded, trees, read_node_values(members)[:, 0], trees.owner), DOUBLE
    outcomes = [convert_estimator(m, x, graph) for m in members]
    answers = [o for o in outcomes if isinstance(o, Regression)]
    return graph.concat([a.values for a in answers]), common_dtype(answers)


def convert_adaboost_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """The members' votes (N, K), added and divided by the weights' sum.

    Two classes: second minus first vote (N, 1), label > 0, probabilities softmax of (-d, d) / 2.
    More: label ArgMax, probabilities softmax of votes / (K - 1).
    """
    classes = np.asarray(estimator.classes_)
    votes = _votes(estimator, x, graph) / float(np.sum(estimator.estimator_weights_))
    if len(classes) > 2:
        probabilities = (votes / float(len(classes) - 1)).softmax()
        return Classification(votes.argmax(), classes, probabilities, votes)
    margin = votes.columns([1]) - votes.columns([0])
    probabilities = (graph.concat([-margin, margin]) / 2.0).softmax()
    return Classification(label_positive(margin > 0.0), classes, probabilities, margin)


def _votes(estimator: Any, x: Features, graph: Graph) -> Tensor:
    """(N, K) sum of the members' votes, one member after another."""
    members = estimator.estimators_
    weights = np.asarray(estimator.estimator_weights_)
    if not are_trees(members):
        return _count_answered_votes(estimator, [convert_estimator(m, x, graph) for m in members])
    trees = read_sklearn_trees(members, missing=False)
    shares = read_node_values(members)
    if estimator.algorithm == "SAMME.R":
        return sum_vector_leaves(x, trees, _real_votes(shares))
    ballots_of_one = _discrete_votes(shares.shape[1])[shares.argmax(axis=1)]
    return sum_vector_leaves(x, trees, ballots_of_one * weights[trees.owner][:, np.newaxis])


def _real_votes(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(M, K) class shares -> (M, K) votes; SAMME.R, Zhu et al. 2009, algorithm 4 step 2c."""
    count = shares.shape[1]
    logs = np.log(np.clip(shares, np.finfo(shares.dtype).eps, None))
    votes: NDArray[np.float64] = (count - 1) * (
        logs - (1.0 / count) * logs.sum(axis=1)[:, np.newaxis]
    )
    return votes


def _discrete_votes(count: int) -> NDArray[np.float64]:
    """(K, K) votes of a member of weight 1, by the class it predicts; SAMME."""
    votes = np.full((count, count), -1 / (count - 1))
    np.fill_diagonal(votes, 1.0)
    return votes


def _count_answered_votes(estimator: Any, answers: list[Outcome]) -> Tensor:
    """(N, K) votes of members that are not trees.

    SAMME: by their labels. SAMME.R: probabilities (N, T K) ─Reshape─► (N, T, K) ─Log, less its
    mean─► ─sum─► (N, K).

    Raises:
        ConversionError: a member has no probabilities, which SAMME.R counts.
    """
    count = len(estimator.classes_)
    members = [a for a in answers if isinstance(a, Classification) and len(a.classes) == count]
    if len(members) < len(answers):
        raise ConversionError(f"AdaBoost: expected members that know all {count} classes")
    if estimator.algorithm == "SAMME":
        weights = estimator.estimator_weights_[: len(members)]
        return count_votes(members, [_discrete_votes(count) * weight for weight in weights])
    parts = [member.probabilities for member in members if member.probabilities is not None]
    if len(parts) < len(members):
        raise ConversionError("AdaBoost: SAMME.R expects members with predict_proba")
    smallest = float(np.finfo(members[0].dtype).eps)
    stacked = parts[0].graph.concat(parts).reshape(-1, len(parts), count)
    logs = stacked.clip(smallest, np.inf).log()
    votes = (logs - logs.sum(axis=2) * (1.0 / count)) * float(count - 1)
    return sum_in_order(votes, len(parts))


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.GradientBoostingRegressor": Entry(convert_gradient_boosting_regressor, SINGLE_ONLY),
    "sklearn.GradientBoostingClassifier": Entry(convert_gradient_boosting_classifier, SINGLE_ONLY),
    "sklearn.AdaBoostRegressor": Entry(
        convert_adaboost_regressor, "skl2onnx mixes float and double"
    ),
    "sklearn.AdaBoostClassifier": Entry(
        convert_adaboost_classifier, "skl2onnx mixes float and double"
    ),
}
