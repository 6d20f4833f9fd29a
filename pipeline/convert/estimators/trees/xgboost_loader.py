"""Parses the JSON that XGBoost saves its boosters as."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.trees.tree_ensemble import LESS, Indices, Trees, join_trees
from pipeline.convert.support.caveat import Caveat
from pipeline.errors import ConversionError

EXPONENTIAL = ("count:poisson", "reg:gamma", "reg:tweedie")
LOGISTIC = ("binary:logistic", "reg:logistic")


@dataclass(frozen=True, eq=False)
class XGBoostTrees:
    """The trees of a booster, and what is done with their sum.

    Attributes:
        trees: all trees in the order in which they are added up.
        values: (M,) float32 values of the leaves; the first tree of every class starts from
            the base margin, as XGBoost's sums do.
        targets: (M,) class whose margin the node's tree adds to.
        objective: the objective's name, e.g. "binary:logistic".
    """

    trees: Trees
    values: NDArray[np.float32]
    targets: Indices
    objective: str


def parse_xgboost(text: bytes | bytearray) -> XGBoostTrees:
    """Parse `Booster.save_raw("json")`.

    Raises:
        ConversionError: the booster is no sum of numeric trees with one value per leaf.
    """
    learner = json.loads(text)["learner"]
    parameters, objective = learner["learner_model_param"], learner["objective"]["name"]
    if int(parameters["num_target"]) > 1:
        raise _refusal("several targets", "train one model per target")
    model = _tree_model(learner["gradient_booster"])
    if not model["trees"]:
        # Before the first round XGBoost takes the base score for a margin, against its own rule.
        raise _refusal("none", "set n_estimators above 0")
    trees = join_trees([_tree(tree) for tree in model["trees"]])
    values = np.concatenate([_conditions(tree) for tree in model["trees"]])
    classes, first = np.unique(model["tree_info"], return_index=True)
    targets = np.asarray(model["tree_info"], dtype=np.int64)[trees.owner]
    margins = np.broadcast_to(_base_margin(parameters["base_score"], objective), len(classes))
    starting = np.isin(trees.owner, first)
    values[starting] += margins[targets[starting]]
    return XGBoostTrees(trees, values, targets, objective)


def _tree_model(booster: Mapping[str, Any]) -> Mapping[str, Any]:
    if booster["name"] != "gbtree":
        raise _refusal(f"booster {booster['name']!r}", "set booster='gbtree'")
    model: Mapping[str, Any] = booster["model"]
    if any(any(tree["split_type"]) for tree in model["trees"]):
        raise _refusal("categorical splits", "set enable_categorical=False")
    return model


BOOSTER = Caveat.when_converted(
    "boosters of XGBoost other than trees on numbers",
    instead="set booster to gbtree",
)


def _refusal(got: str, hint: str) -> ConversionError:
    return BOOSTER.error(f"XGBoost: expected a sum of numeric trees, got {got}", hint=hint)


def _tree(tree: Mapping[str, Any]) -> Trees:
    """One tree, in which float32(x) < condition goes left."""
    count = len(tree["left_children"])
    return Trees(
        true=np.asarray(tree["left_children"], dtype=np.int64),
        false=np.asarray(tree["right_children"], dtype=np.int64),
        feature=np.asarray(tree["split_indices"], dtype=np.int64),
        threshold=_conditions(tree),
        roots=np.zeros(1, dtype=np.int64),
        missing=np.asarray(tree["default_left"], dtype=np.bool_),
        modes=np.full(count, LESS, dtype=np.uint8),
    )


def _conditions(tree: Mapping[str, Any]) -> NDArray[np.float32]:
    """(M,) what a split compares with, and at a leaf its value."""
    return np.asarray(tree["split_conditions"], dtype=np.float32)


def _base_margin(base_score: str, objective: str) -> NDArray[np.float32]:
    """The base score, one or one per class, on the scale on which the leaves are added up.

    Computed in float32, each logarithm rounded to the nearest as the C library's logf does.
    """
    scores = np.atleast_1d(np.asarray(json.loads(base_score), dtype=np.float32))
    if objective in EXPONENTIAL:
        return _log(scores)
    if objective in LOGISTIC:
        return -_log(np.float32(1.0) / scores - np.float32(1.0))
    return scores


def _log(values: NDArray[np.float32]) -> NDArray[np.float32]:
    return np.array([math.log(float(value)) for value in values], dtype=np.float32)
