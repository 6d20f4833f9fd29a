"""Sums trees whose leaves hold several numbers each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.trees.tree_ensemble import LARGE, Indices, Trees, sum_leaves
from pipeline.convert.graph.tensor import DOUBLE, INT64, Tensor
from pipeline.convert.symbolic.features import Features

LARGEST_FLOAT_INTEGER = 2**24
"""float32 holds every integer up to here."""

VALUES_PER_ROW = 1024
"""Numbers that are gathered at once for one row: 80 MB for 10,000 rows."""


def sum_vector_leaves(x: Features, trees: Trees, table: NDArray[np.float64]) -> Tensor:
    """The reached leaves' rows added up in the order of the trees: (M, K) table -> (N, K) double.

    x (N, F) float ─TreeEnsemble─► leaf numbers (N, T) ─Gather(table)─► (N, T, K)
    ─CumSum, last─► (N, K). ai.onnx.ml 5 holds one number per leaf, and a copy of the trees for
    each of the K columns would walk K times. CumSum adds one tree after another, as the originals
    do; ReduceSum may regroup, which decides ties between classes differently. Many trees are
    done in blocks, each starting from the total of those before it, to bound the memory.
    """
    rows, numbers = _leaf_rows(x, trees, table)
    count = len(trees.roots)
    if count == 1:
        return rows.graph.op("GatherND", rows, numbers, dtype=DOUBLE)
    axis = rows.graph.constant(np.array(1, dtype=INT64))
    size = max(VALUES_PER_ROW // table.shape[1], 1)
    blocks = [np.arange(i, min(i + size, count)) for i in range(0, count, size)]
    carried: list[Tensor] = []
    for block in blocks:
        picked = numbers if len(blocks) == 1 else numbers.columns(block)
        parts = rows.graph.concat([*carried, rows.gather(picked, axis=0)])
        running = rows.graph.op("CumSum", parts, axis, dtype=DOUBLE)
        last = np.array([len(block) + len(carried) - 1])
        carried = [running.gather(last if block is not blocks[-1] else last[0], axis=1)]
    return carried[0]


def _leaf_rows(x: Features, trees: Trees, table: NDArray[np.float64]) -> tuple[Tensor, Tensor]:
    """(leaves, K) rows of the table, and the rows that x reaches: (N, T) int64.

    Trees that do not fit into the cache together get nodes of their own: onnxruntime takes all
    trees of a node for one row before it takes the next.
    """
    numbers = np.cumsum(trees.leaf) - 1
    source = x.single if numbers[-1] <= LARGEST_FLOAT_INTEGER else x.rounded
    reached = source.graph.concat(
        [sum_leaves(source, part, numbers[nodes], part.owner) for nodes, part in _parts(trees)]
    )
    leaves = np.ascontiguousarray(table[trees.leaf], dtype=DOUBLE)
    return source.graph.constant(leaves), reached.cast(INT64)


def _parts(trees: Trees) -> Iterator[tuple[slice, Trees]]:
    """Runs of whole trees with up to LARGE nodes each, and which nodes these are.

    Each tree's nodes must be in one piece, the root first; MEMBER splits stay together.
    """
    ends = np.append(trees.roots, len(trees.true))
    first = 0
    while first < len(trees.roots):
        fitting = int(np.searchsorted(ends, ends[first] + LARGE, side="right")) - 1
        last = len(trees.roots) if len(trees.members) else max(fitting, first + 1)
        nodes = slice(int(ends[first]), int(ends[last]))
        yield nodes, _part(trees, nodes, trees.roots[first:last])
        first = last


def _part(trees: Trees, nodes: slice, roots: Indices) -> Trees:
    def moved(children: Indices) -> Indices:
        return np.where(children[nodes] < 0, -1, children[nodes] - nodes.start)

    return replace(
        trees,
        true=moved(trees.true),
        false=moved(trees.false),
        feature=trees.feature[nodes],
        threshold=trees.threshold[nodes],
        roots=roots - nodes.start,
        missing=trees.missing[nodes],
        modes=None if trees.modes is None else trees.modes[nodes],
    )
