"""Converts scikit-learn's decision trees, and the forests that average them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.dispatch import Converter
from pipeline.convert.estimators.trees.node_order import mirror_trees
from pipeline.convert.estimators.trees.tree_ensemble import (
    AVERAGE,
    SINGLE_ONLY,
    Trees,
    join_trees,
    sum_leaves,
)
from pipeline.convert.estimators.trees.vector_leaves import sum_vector_leaves
from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import INT64
from pipeline.convert.registry import Entry, class_key
from pipeline.convert.symbolic.features import Features
from pipeline.convert.symbolic.outputs import Classification, Regression
from pipeline.errors import ConversionError


def read_sklearn_trees(members: Sequence[Any], missing: bool) -> Trees:
    """The structure of scikit-learn's trees: float32(x) <= threshold goes left.

    Args:
        members: fitted tree estimators.
        missing: whether the model they belong to accepts NaN.

    Raises:
        ConversionError: they predict several targets at once.
    """
    outputs = {int(m.n_outputs_) for m in members}
    if outputs != {1}:
        raise ConversionError(
            f"{type(members[0]).__name__}: expected one target, got {max(outputs)}",
            hint="train one model per target",
        )
    return join_trees([_structure(m.tree_, missing) for m in members])


def _structure(tree: Any, missing: bool) -> Trees:
    nan_left = np.asarray(tree.missing_go_to_left, dtype=np.bool_)
    return Trees(
        true=tree.children_left,
        false=tree.children_right,
        feature=tree.feature,
        threshold=tree.threshold,
        roots=np.zeros(1, dtype=INT64),
        missing=nan_left if missing else np.zeros_like(nan_left),
    )


def read_node_values(members: Sequence[Any]) -> NDArray[np.float64]:
    """(M, K) value of every node: the mean target (K = 1), or the share of each class."""
    return np.concatenate([m.tree_.value[:, 0, :] for m in members])


def convert_tree_regressor(estimator: Any, x: Features, graph: Graph) -> Regression:
    """(N, F) double of float32 values ─TreeEnsemble(average)─► (N, 1) double."""
    members = _members(estimator)
    x, trees = _arrange(estimator, x)
    values = read_node_values(members)[:, 0]
    return Regression(sum_leaves(x.rounded, trees, values, aggregate=AVERAGE))


def convert_tree_classifier(estimator: Any, x: Features, graph: Graph) -> Classification:
    """(N, F) float ─summed_rows(class shares)─► (N, K) ─Div(trees)─► (N, K) ─ArgMax─► (N,)."""
    members = _members(estimator)
    x, trees = _arrange(estimator, x)
    probabilities = sum_vector_leaves(x, trees, read_node_values(members))
    if len(members) > 1:
        probabilities = probabilities / float(len(members))
    return Classification(probabilities.argmax(), np.asarray(estimator.classes_), probabilities)


def _arrange(estimator: Any, x: Features) -> tuple[Features, Trees]:
    """A tree's or forest's splits in their fastest order, and what they read."""
    members, missing = _members(estimator), accepts_missing(estimator)
    visits = np.concatenate([m.tree_.n_node_samples for m in members])
    return mirror_trees(x, read_sklearn_trees(members, missing), visits, missing)


def are_trees(members: Sequence[Any]) -> bool:
    """Whether all are single trees, so that one node can hold them."""
    return all(class_key(member) in _SINGLE_TREES for member in members)


def _members(estimator: Any) -> Sequence[Any]:
    members: Sequence[Any] = getattr(estimator, "estimators_", [estimator])
    return members


def accepts_missing(estimator: Any) -> bool:
    """Whether a fitted tree or forest routes NaN instead of refusing it."""
    return bool(estimator._get_tags()["allow_nan"])


_SINGLE_TREES = frozenset(
    f"sklearn.{kind}Tree{task}"
    for kind in ("Decision", "Extra")
    for task in ("Classifier", "Regressor")
)

CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.DecisionTreeRegressor": Entry(convert_tree_regressor, SINGLE_ONLY),
    "sklearn.ExtraTreeRegressor": Entry(convert_tree_regressor, SINGLE_ONLY),
    "sklearn.RandomForestRegressor": Entry(convert_tree_regressor, SINGLE_ONLY),
    "sklearn.ExtraTreesRegressor": Entry(convert_tree_regressor, SINGLE_ONLY),
    "sklearn.DecisionTreeClassifier": Entry(convert_tree_classifier, SINGLE_ONLY),
    "sklearn.ExtraTreeClassifier": Entry(convert_tree_classifier, SINGLE_ONLY),
    "sklearn.RandomForestClassifier": Entry(convert_tree_classifier, SINGLE_ONLY),
    "sklearn.ExtraTreesClassifier": Entry(convert_tree_classifier, SINGLE_ONLY),
}
