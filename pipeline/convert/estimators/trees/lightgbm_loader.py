"""Parses the text that LightGBM saves its boosters as (version v4)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.trees.tree_ensemble import LEQ, MEMBER, Indices, Trees, join_trees
from pipeline.errors import ConversionError

ZERO = float(np.float32(1e-35))
"""What is not farther from zero than this is zero to LightGBM (kZeroThreshold)."""

CATEGORICAL, DEFAULT_LEFT, MISSING_SHIFT = 1, 2, 2
"""decision_type: two flags, and above them the missing type."""

ZERO_IS_MISSING, NAN_IS_MISSING = 1, 2
"""Missing types; 0 stands for none: NaN is read as zero."""


@dataclass(frozen=True, eq=False)
class LightGBMTrees:
    """The trees of a booster, and what is done with their sum.

    Attributes:
        trees: all trees in the order in which they are added up; categories are read as whole
            numbers, -1 for none.
        values: (M,) the leaves' values.
        outputs: raw scores per row; tree t adds to score t modulo outputs.
        averaged: the sums are divided by the number of iterations (boosting_type "rf").
        objective: the objective's name; empty for one of the user's own.
        options: the objective's options, e.g. {"sigmoid": "1"} or {"sqrt": ""}.
        categorical: columns with categorical splits.
        zero_missing: columns whose zeros count as missing (zero_as_missing).
    """

    trees: Trees
    values: NDArray[np.float64]
    outputs: int
    averaged: bool
    objective: str
    options: Mapping[str, str]
    categorical: Indices
    zero_missing: Indices

    @property
    def iterations(self) -> int:
        return len(self.trees.roots) // self.outputs


def parse_lightgbm(text: str) -> LightGBMTrees:
    """Parse `Booster.model_to_string()`.

    Raises:
        ConversionError: the leaves hold linear models.
    """
    header, *sections = text.split("\nTree=")
    trees = [_fields(section) for section in sections]
    if any(tree.get("is_linear", "0") != "0" for tree in trees):
        raise ConversionError(
            "LightGBM: expected leaves with one value, got linear models",
            hint="set linear_tree=False",
        )
    known = _fields(header)
    objective, *options = known.get("objective", "").split(" ")
    types = np.concatenate([_numbers(t, "decision_type", np.int64) for t in trees])
    columns = np.concatenate([_numbers(t, "split_feature", np.int64) for t in trees])
    in_sets = types & CATEGORICAL > 0
    return LightGBMTrees(
        trees=join_trees([_tree(tree) for tree in trees]),
        values=np.concatenate([_leaf_values(tree) for tree in trees]),
        outputs=int(known["num_tree_per_iteration"]),
        averaged="average_output" in header.splitlines(),
        objective=objective,
        options={name: value for name, _, value in (o.partition(":") for o in options)},
        categorical=np.unique(columns[in_sets]),
        zero_missing=np.unique(columns[~in_sets & (types >> MISSING_SHIFT == ZERO_IS_MISSING)]),
    )


def _fields(section: str) -> dict[str, str]:
    """The `name=value` lines before the first empty line."""
    lines = section.split("\n\n", 1)[0].splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}


def _numbers(tree: Mapping[str, str], name: str, dtype: Any) -> NDArray[Any]:
    return np.array(tree.get(name, "").split(), dtype=dtype)


def _leaf_values(tree: Mapping[str, str]) -> NDArray[np.float64]:
    """(M,) values of one tree's nodes: the splits first, then the leaves."""
    leaves = _numbers(tree, "leaf_value", np.float64)
    return np.concatenate([np.zeros(len(leaves) - 1), leaves])


def _tree(tree: Mapping[str, str]) -> Trees:
    """One tree: n - 1 splits, then n leaves; LightGBM writes leaf i as child -1 - i."""
    leaves = int(tree["num_leaves"])
    types = _numbers(tree, "decision_type", np.int64)
    in_sets = types & CATEGORICAL > 0
    written = _numbers(tree, "threshold", np.float64)
    thresholds = np.where(in_sets, 0.0, _as_compared(written))
    ends = np.full(leaves, -1)
    zeros = np.zeros(leaves)
    return Trees(
        true=np.concatenate([_children(tree, "left_child", leaves), ends]),
        false=np.concatenate([_children(tree, "right_child", leaves), ends]),
        feature=np.concatenate([_numbers(tree, "split_feature", np.int64), ends]),
        threshold=np.concatenate([thresholds, zeros]),
        roots=np.zeros(1, dtype=np.int64),
        missing=np.concatenate([_goes_left_if_missing(types, written), zeros > 0]),
        modes=np.concatenate([np.where(in_sets, MEMBER, LEQ), zeros]).astype(np.uint8),
        members=_members(tree, written[in_sets].astype(np.int64)),
    )


def _children(tree: Mapping[str, str], name: str, leaves: int) -> Indices:
    children: Indices = _numbers(tree, name, np.int64)
    return np.where(children < 0, leaves - 2 - children, children)


def _as_compared(thresholds: NDArray[np.float64]) -> NDArray[np.float64]:
    """Thresholds that split x as LightGBM splits what it reads: zero for all of ±ZERO."""
    small = np.abs(thresholds) <= ZERO
    edges = np.where(thresholds < 0, np.nextafter(-ZERO, -np.inf), ZERO)
    return np.where(small, edges, thresholds)


def _goes_left_if_missing(types: Indices, thresholds: NDArray[np.float64]) -> NDArray[np.bool_]:
    """(splits,) whether NaN goes left; where nothing counts as missing, NaN is read as zero."""
    default = types & DEFAULT_LEFT > 0
    as_zero = thresholds >= 0.0
    left = np.where(types >> MISSING_SHIFT == 0, as_zero, default)
    missing: NDArray[np.bool_] = left & (types & CATEGORICAL == 0)
    return missing


def _members(tree: Mapping[str, str], sets: Indices) -> NDArray[np.float64]:
    """The categories that go left, NaN after each split's; they are stored as bits."""
    bounds = _numbers(tree, "cat_boundaries", np.int64)
    words = _numbers(tree, "cat_threshold", np.int64).astype("<u4")
    found = [np.empty(0)]
    for i in sets:
        bits = np.unpackbits(words[bounds[i] : bounds[i + 1]].view(np.uint8), bitorder="little")
        found.append(np.append(np.flatnonzero(bits).astype(np.float64), np.nan))
    return np.concatenate(found)
