"""Writes flat arrays of binary trees as one TreeEnsemble node of ai.onnx.ml 5."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import numpy_helper

from pipeline.convert.graph.tensor import INT64, Tensor

LEQ, LESS, MEMBER = 0, 1, 6
"""Modes of a split in ai.onnx.ml 5: x <= threshold, x < threshold, x in a set."""

AVERAGE, SUM = 0, 1
"""Aggregate functions of ai.onnx.ml 5."""

LARGE = 2**14
"""So many nodes fit into a cache of 512 KiB as onnxruntime keeps them: fewer need no care."""

SINGLE_ONLY = "tree operators before ai.onnx.ml 5 answer in float32"
"""Why no tree is left to skl2onnx 1.20, which writes ai.onnx.ml 3."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Trees:
    """Binary trees, their nodes one after another in flat arrays of length M.

    Attributes:
        true: (M,) node to go to where the split's condition holds; -1 at a leaf.
        false: (M,) node to go to where it does not; -1 at a leaf.
        feature: (M,) column that the split reads.
        threshold: (M,) what it compares with.
        roots: (T,) first node of every tree.
        missing: (M,) whether NaN goes the true way.
        modes: (M,) LEQ, LESS or MEMBER; LEQ everywhere by default.
        members: the sets of the MEMBER nodes in node order, each followed by NaN.
    """

    true: Indices
    false: Indices
    feature: Indices
    threshold: NDArray[Any]
    roots: Indices
    missing: NDArray[np.bool_]
    modes: NDArray[np.uint8] | None = None
    members: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))

    @property
    def leaf(self) -> NDArray[np.bool_]:
        """(M,) whether the node is a leaf."""
        return self.true < 0

    @property
    def owner(self) -> Indices:
        """(M,) tree of every node; holds where each tree's root is its first node."""
        return np.repeat(np.arange(len(self.roots)), np.diff(np.append(self.roots, len(self.true))))


def join_trees(trees: Sequence[Trees]) -> Trees:
    """One forest from several, in order."""
    starts = np.cumsum([0, *(len(t.true) for t in trees[:-1])])

    def moved(children: Indices, start: int) -> Indices:
        return np.where(children < 0, -1, children + start)

    modes = [np.zeros(len(t.true), np.uint8) if t.modes is None else t.modes for t in trees]
    return Trees(
        true=np.concatenate([moved(t.true, s) for t, s in zip(trees, starts, strict=True)]),
        false=np.concatenate([moved(t.false, s) for t, s in zip(trees, starts, strict=True)]),
        feature=np.concatenate([t.feature for t in trees]),
        threshold=np.concatenate([t.threshold for t in trees]),
        roots=np.concatenate([t.roots + s for t, s in zip(trees, starts, strict=True)]),
        missing=np.concatenate([t.missing for t in trees]),
        modes=np.concatenate(modes),
        members=np.concatenate([t.members for t in trees]),
    )


def sum_leaves(
    x: Tensor,
    trees: Trees,
    values: NDArray[Any],
    targets: Indices | None = None,
    aggregate: int = SUM,
) -> Tensor:
    """The reached leaves' values, added up (or averaged) per target in the order of the trees.

    x (N, F) ─TreeEnsemble─► (N, n_targets), both in the dtype of x.

    Args:
        x: what the splits read; double or float.
        values: (M,) the leaves' values; ignored elsewhere.
        targets: (M,) the leaves' targets, all of 0..n_targets-1; one target by default.
        aggregate: SUM or AVERAGE (the sum divided by the number of trees).
    """
    targets = np.zeros(len(values), np.int64) if targets is None else targets
    trees, values, targets = _without_bare_leaves(trees, values, targets)
    leaf = trees.leaf
    return x.graph.op(
        "TreeEnsemble",
        x,
        dtype=x.dtype,
        domain="ai.onnx.ml",
        aggregate_function=aggregate,
        post_transform=0,
        n_targets=int(targets.max()) + 1,
        leaf_targetids=targets[leaf].tolist(),
        leaf_weights=numpy_helper.from_array(values[leaf].astype(x.dtype)),
        **_structure(trees, x.dtype),
    )


def _structure(trees: Trees, dtype: np.dtype[Any]) -> dict[str, Any]:
    """The attributes that describe the splits; ai.onnx.ml counts nodes and leaves apart."""
    leaf = trees.leaf
    inner = ~leaf
    position = np.where(leaf, np.cumsum(leaf), np.cumsum(inner)) - 1
    true, false = trees.true[inner], trees.false[inner]
    modes = np.zeros(len(leaf), np.uint8) if trees.modes is None else trees.modes
    attributes: dict[str, Any] = {
        "nodes_splits": numpy_helper.from_array(floor_thresholds(trees.threshold[inner], dtype)),
        "nodes_featureids": trees.feature[inner].tolist(),
        "nodes_modes": numpy_helper.from_array(modes[inner]),
        "nodes_truenodeids": position[true].tolist(),
        "nodes_falsenodeids": position[false].tolist(),
        "nodes_trueleafs": leaf[true].astype(INT64).tolist(),
        "nodes_falseleafs": leaf[false].astype(INT64).tolist(),
        "tree_roots": position[trees.roots].tolist(),
    }
    if trees.missing[inner].any():
        missing = trees.missing[inner].astype(INT64).tolist()
        attributes["nodes_missing_value_tracks_true"] = missing
    if len(trees.members):
        attributes["membership_values"] = numpy_helper.from_array(trees.members.astype(dtype))
    return attributes


def _without_bare_leaves(
    trees: Trees, values: NDArray[Any], targets: Indices
) -> tuple[Trees, NDArray[Any], Indices]:
    """A tree that is one leaf becomes a split between two equal leaves, appended at the end.

    A root must be a split, and onnxruntime misreads one whose branches share a leaf.
    """
    bare = trees.roots[trees.leaf[trees.roots]]
    if not len(bare):
        return trees, values, targets
    first = len(trees.true) + 2 * np.arange(len(bare))
    true, false, feature = trees.true.copy(), trees.false.copy(), trees.feature.copy()
    threshold = trees.threshold.copy()
    true[bare], false[bare], feature[bare], threshold[bare] = first, first + 1, 0, 0.0
    added = np.full(2 * len(bare), -1)
    modes = np.zeros(len(true), np.uint8) if trees.modes is None else trees.modes
    grown = replace(
        trees,
        true=np.append(true, added),
        false=np.append(false, added),
        feature=np.append(feature, np.zeros_like(added)),
        threshold=np.append(threshold, np.zeros(len(added), threshold.dtype)),
        missing=np.append(trees.missing, added > 0),
        modes=np.append(modes, np.zeros(len(added), np.uint8)),
    )
    copies = np.repeat(bare, 2)
    return grown, np.append(values, values[copies]), np.append(targets, targets[copies])


def floor_thresholds(thresholds: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[Any]:
    """The largest number of the dtype that is not above: x <= it holds for the same x."""
    rounded = thresholds.astype(dtype)
    with np.errstate(over="ignore"):  # below the smallest number is infinity, and not chosen
        below = np.nextafter(rounded, dtype.type(-np.inf))
    return np.where(rounded > thresholds, below, rounded)
