"""Trees walked in Python, node by node: what any graph of them has to answer."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.trees.tree_ensemble import LEQ, LESS, MEMBER, Trees

Matrix = NDArray[np.float64]


def reached(trees: Trees, x: Matrix) -> NDArray[np.int64]:
    """(N, T) the leaf of every tree that a row comes to."""
    return np.array([[_leaf(trees, root, row) for root in trees.roots] for row in x])


def _leaf(trees: Trees, node: int, row: Matrix) -> int:
    while trees.true[node] >= 0:
        holds = _holds(trees, node, row[trees.feature[node]])
        node = (trees.true if holds else trees.false)[node]
    return int(node)


def _holds(trees: Trees, node: int, value: float) -> bool:
    mode = LEQ if trees.modes is None else trees.modes[node]
    if np.isnan(value):
        return bool(trees.missing[node])
    if mode == MEMBER:
        return bool(value in _members(trees, node))
    compare: Any = {LEQ: np.less_equal, LESS: np.less}[int(mode)]
    return bool(compare(value, trees.threshold[node]))


def _members(trees: Trees, node: int) -> set[float]:
    """The sets stand in node order, each followed by NaN."""
    assert trees.modes is not None
    ends = np.flatnonzero(np.isnan(trees.members))
    place = int((trees.modes[:node] == MEMBER).sum())
    start = 0 if place == 0 else ends[place - 1] + 1
    return set(trees.members[start : ends[place]].tolist())
