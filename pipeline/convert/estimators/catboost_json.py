"""Reads the JSON that CatBoost saves its models as, and grows its trees into plain ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.tree_ensemble import Indices, Trees, joined
from pipeline.errors import ConversionError


@dataclass(frozen=True, eq=False)
class Model:
    """The trees of a model, and what is done with their sum.

    Attributes:
        trees: all trees in the order in which they are added up.
        table: (M, K) the leaves' values for each of K raw scores.
        scale: factor of the sum.
        bias: (K,) added to the scaled sum.
        loss: name of the loss function, e.g. "Logloss".
    """

    trees: Trees
    table: NDArray[np.float64]
    scale: float
    bias: NDArray[np.float64]
    loss: str


@dataclass(frozen=True, eq=False)
class Oblivious:
    """T trees of one depth D, in which all nodes of a level ask the same question.

    Attributes:
        feature: (T, D) column that a level reads.
        border: (T, D) what it compares with; greater sets bit d of the leaf's number.
        missing: (T, D) whether NaN counts as not greater.
        values: (T, 2 ** D, K) the leaves.
    """

    feature: Indices
    border: NDArray[np.float64]
    missing: NDArray[np.bool_]
    values: NDArray[np.float64]


def read(text: str) -> Model:
    """Parse a model saved with `format="json"`.

    Raises:
        ConversionError: it reads more than numbers, or its trees are not oblivious.
    """
    saved = json.loads(text)
    columns = _numeric_columns(saved["features_info"])
    if "oblivious_trees" not in saved:
        raise ConversionError(
            "CatBoost: expected symmetric trees, got others",
            hint="set grow_policy='SymmetricTree'",
        )
    scale, bias = saved["scale_and_bias"]
    levels = groupby(saved["oblivious_trees"], key=lambda tree: len(tree["splits"] or []))
    groups = [_oblivious(list(run), depth, columns, len(bias)) for depth, run in levels]
    grown = [_grown(group) for group in groups]
    return Model(
        trees=joined([trees for trees, _ in grown]),
        table=np.concatenate([table for _, table in grown]),
        scale=float(scale),
        bias=np.asarray(bias, dtype=np.float64),
        loss=saved["model_info"]["params"]["loss_function"]["type"],
    )


def _numeric_columns(features: Mapping[str, Any]) -> dict[int, tuple[int, bool]]:
    """CatBoost's number of a numeric feature -> (its column, whether NaN is the smallest)."""
    others = [kind for kind in features if kind != "float_features" and features[kind]]
    if others:
        raise ConversionError(
            f"CatBoost: expected numbers only, got {', '.join(others)}",
            hint="let PyCaret encode the categories (preprocess=True)",
        )
    return {
        f["feature_index"]: (f["flat_feature_index"], f["nan_value_treatment"] != "AsTrue")
        for f in features["float_features"]
    }


def _oblivious(
    trees: Sequence[Mapping[str, Any]],
    depth: int,
    columns: Mapping[int, tuple[int, bool]],
    outputs: int,
) -> Oblivious:
    splits = [split for tree in trees for split in tree["splits"] or []]
    known = [columns[split["float_feature_index"]] for split in splits]
    shape = (len(trees), depth)
    return Oblivious(
        feature=np.array([column for column, _ in known], dtype=np.int64).reshape(shape),
        border=np.array([split["border"] for split in splits], dtype=np.float64).reshape(shape),
        missing=np.array([smallest for _, smallest in known], dtype=np.bool_).reshape(shape),
        values=np.array([t["leaf_values"] for t in trees]).reshape(len(trees), -1, outputs),
    )


def _grown(group: Oblivious) -> tuple[Trees, NDArray[np.float64]]:
    """The trees with a node for each question that is still open; and their (M, K) values.

    A question whose answer follows from those above it, or does not change the value, is left
    out: half of the nodes and more. Nodes are numbered as in a heap: level k of a tree holds
    2 ** k nodes from number 2 ** k - 1 on, and the path to it is the bits answered so far.
    """
    count, depth = group.feature.shape
    size = 2 ** (depth + 1) - 1
    start = (np.arange(count) * size)[:, np.newaxis]
    table = np.zeros((count, size, group.values.shape[2]))
    table[:, 2**depth - 1 :] = group.values
    table = table.reshape(count * size, -1)
    true, false = np.full(count * size, -1), np.full(count * size, -1)
    below = start + np.arange(2**depth - 1, size)
    for level in reversed(range(depth)):
        paths = np.arange(2**level)
        own = start + 2**level - 1 + paths
        no, yes = below[:, paths], below[:, paths | 1 << level]
        true[own], false[own] = no, yes
        known_no, known_yes = _answered(group, level, paths)
        same = (true[no] < 0) & (true[yes] < 0) & (table[no] == table[yes]).all(axis=-1)
        below = np.where(known_no | same, no, np.where(known_yes, yes, own))
    return _reached(group, true, false, table, roots=below[:, 0])


def _answered(
    group: Oblivious, level: int, paths: Indices
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(T, 2 ** level) whether the answers above say "not greater" already, or "greater"."""
    same = group.feature[:, :level] == group.feature[:, [level]]
    above, here = group.border[:, :level], group.border[:, [level]]
    greater = paths >> np.arange(level)[:, np.newaxis] & 1
    known_no = (same & (above <= here)).astype(np.int64) @ (1 - greater) > 0
    known_yes = (same & (above >= here)).astype(np.int64) @ greater > 0
    return known_no, known_yes


def _reached(
    group: Oblivious,
    true: Indices,
    false: Indices,
    table: NDArray[np.float64],
    roots: Indices,
) -> tuple[Trees, NDArray[np.float64]]:
    """Only the nodes that can be reached from the roots, numbered anew."""
    count, depth = group.feature.shape
    kept = np.zeros(len(true), dtype=np.bool_)
    front = roots
    while len(front):
        kept[front] = True
        inner = front[true[front] >= 0]
        front = np.concatenate([true[inner], false[inner]])
    place = np.cumsum(kept) - 1
    # Level of every node of a tree; leaves read the last one, which says nothing.
    level = np.minimum(np.repeat(np.arange(depth + 1), 2 ** np.arange(depth + 1)), depth - 1)

    def by_node(by_level: NDArray[Any]) -> NDArray[Any]:
        spread = by_level[:, level] if depth else np.zeros((count, 1), by_level.dtype)
        return spread.reshape(-1)[kept]

    trees = Trees(
        true=np.where(true < 0, -1, place[true])[kept],
        false=np.where(false < 0, -1, place[false])[kept],
        feature=by_node(group.feature),
        threshold=by_node(group.border),
        roots=place[roots],
        missing=by_node(group.missing),
    )
    return trees, table[kept]
