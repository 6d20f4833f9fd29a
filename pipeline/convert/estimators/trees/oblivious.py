"""Writes symmetric trees as lookup tables: one comparison per level of a tree.

A walk down such trees costs a jump for each level, tree and row. Here a question that many trees
ask is answered once, and whole rows of answers are copied and added: 10,000 rows through 1,000
trees take a tenth of the walk's time. One row is too short for that and is done the other way
round, with the same numbers added in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.functions.pairwise import apply_by_blocks
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, INT32, INT64, Tensor
from pipeline.convert.symbolic.features import Features

FEW = 8
"""Up to so many rows, the form for one row is the faster one."""
PAIRS = 2**18
"""Pairs of a row and a tree in one block: their numbers as int32 stay in a processor's cache."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Oblivious:
    """T trees of depth D, in which all nodes of a level ask the same question.

    Attributes:
        feature: (T, D) column that a level reads.
        border: (T, D) what it compares with, in float32; greater sets bit d of the leaf's number.
        values: (T, 2 ** D, K) the leaves.
        endless: columns in which NaN is greater than every border; elsewhere it is not greater.
    """

    feature: Indices
    border: NDArray[np.float32]
    values: NDArray[np.float64]
    endless: Indices

    @property
    def outputs(self) -> int:
        return int(self.values.shape[2])

    @cached_property
    def _found(self) -> tuple[NDArray[np.float64], Indices]:
        level = np.broadcast_to(np.arange(self.feature.shape[1]), self.feature.shape)
        asked = np.stack([self.feature, self.border, level], axis=-1).reshape(-1, 3)
        questions, place = np.unique(asked, axis=0, return_inverse=True)
        return questions, place.reshape(self.feature.shape)

    @property
    def questions(self) -> tuple[Indices, NDArray[np.float32], NDArray[np.int32]]:
        """The distinct ones, (Q,) each: column, border, and what a "greater" adds to the leaf."""
        column, border, level = self._found[0].T
        return column.astype(INT64), border.astype(FLOAT), (2 ** level.astype(int)).astype(INT32)

    @property
    def asked(self) -> Indices:
        """(T, D) which of the questions each level asks."""
        return self._found[1]


def sum_oblivious_trees(x: Features, trees: Oblivious) -> Tensor:
    """The reached leaves, added up in the order of the trees: (N, F) float → (N, K) double."""
    trees = _order_levels(trees)
    matrix = _order_missing(x.single, trees, x.width)
    graph = matrix.graph
    rows = graph.op("Shape", matrix, dtype=INT64, start=0, end=1)

    def many(block: Tensor) -> Tensor:
        shape = (x.width, trees.outputs)
        return apply_by_blocks(block, shape, len(trees.feature), lambda b: _many(b, trees), PAIRS)

    return graph.either(rows <= FEW, matrix, lambda block: _few(block, trees), many)


def _order_levels(trees: Oblivious) -> Oblivious:
    """The same trees with their levels in an order that lets them share questions.

    A question counts once for each level that it is asked on: half as many are left.
    """
    from scipy.optimize import linear_sum_assignment

    pairs = np.stack([trees.feature, trees.border], axis=-1).reshape(-1, 2)
    distinct, place = np.unique(pairs, axis=0, return_inverse=True)
    count, depth = trees.feature.shape
    seen = np.zeros((len(distinct), depth), dtype=np.bool_)
    levels = np.empty((count, depth), dtype=INT64)
    for tree, asked in enumerate(place.reshape(count, depth)):
        _, levels[tree] = linear_sum_assignment(~seen[asked])
        seen[asked, levels[tree]] = True
    former = np.argsort(levels, axis=1)
    bits = np.arange(2**depth) >> levels[..., np.newaxis] & 1
    leaf = (bits << np.arange(depth)[:, np.newaxis]).sum(axis=1)
    return replace(
        trees,
        feature=np.take_along_axis(trees.feature, former, axis=1),
        border=np.take_along_axis(trees.border, former, axis=1),
        values=np.take_along_axis(trees.values, leaf[..., np.newaxis], axis=1),
    )


def _order_missing(matrix: Tensor, trees: Oblivious, width: int) -> Tensor:
    """NaN as infinity where it is greater than every border."""
    if not len(trees.endless):
        return matrix
    columns = np.isin(np.arange(width), trees.endless)[np.newaxis]
    endless = matrix.isnan() & matrix.graph.constant(columns)
    return matrix.graph.where(endless, np.inf, matrix)


def _many(block: Tensor, trees: Oblivious) -> Tensor:
    """A row for each tree: (B, F) ─Transpose─► (F, B) ─Gather, Greater, Where─► (Q, B) int32.

    For each level ─Gather─► (T, B), added up: leaves' numbers ─GatherElements─► (T, B) double
    ─ReduceSum, which adds whole rows one after another─► (1, B); K of those ─Transpose─► (B, K).
    """
    graph = block.graph
    column, border, bit = trees.questions
    read = _transpose(block).gather(column, axis=0)
    zero = np.zeros((1, 1), dtype=INT32)
    bits = graph.where(read > border[:, np.newaxis], graph.constant(bit[:, np.newaxis]), zero)
    first, *rest = (bits.gather(level, axis=0) for level in trees.asked.T)
    leaf = sum(rest, first)
    totals = [
        graph.op("GatherElements", table, leaf, dtype=DOUBLE, axis=1).sum(axis=0)
        for table in (graph.constant(trees.values[:, :, k]) for k in range(trees.outputs))
    ]
    return _transpose(graph.concat(totals, axis=0))


def _few(block: Tensor, trees: Oblivious) -> Tensor:
    """A row for each row: (B, F) ─GatherElements, Greater, Where─► (B, Q) int32.

    ─GatherElements─► (B, D * T) ─Reshape, ReduceSum─► (B, 1, T) leaves' numbers ─Gather─►
    (B, 1, T) double ─CumSum, last─► (B, 1).
    """
    graph, (count, depth) = block.graph, trees.feature.shape
    column, border, bit = trees.questions
    read = _pick_columns(block, column)
    zero = np.zeros((1, 1), dtype=INT32)
    bits = graph.where(read > border[np.newaxis], graph.constant(bit[np.newaxis]), zero)
    leaf = _pick_columns(bits, trees.asked.T.reshape(-1)).reshape(-1, depth, count).sum()
    place = leaf + (np.arange(count) * 2**depth).astype(INT32)
    axis = graph.constant(np.array(2, dtype=INT64))
    totals = [
        graph.op("CumSum", table.reshape(-1).gather(place, axis=0), axis, dtype=DOUBLE)
        for table in (graph.constant(trees.values[:, :, k]) for k in range(trees.outputs))
    ]
    return graph.concat([t.gather(np.array(count - 1), axis=2) for t in totals])


def _pick_columns(matrix: Tensor, columns: Indices) -> Tensor:
    """(B, W) → (B, len(columns)); GatherElements is quicker on short rows than Gather."""
    graph = matrix.graph
    rows = graph.op("Shape", matrix, dtype=INT64, start=0, end=1)
    shape = graph.concat([rows, graph.constant(np.array([len(columns)]))], axis=0)
    indices = graph.constant(columns[np.newaxis].astype(INT32))
    repeated = graph.op("Expand", indices, shape, dtype=INT32)
    return graph.op("GatherElements", matrix, repeated, dtype=matrix.dtype, axis=1)


def _transpose(matrix: Tensor) -> Tensor:
    return matrix.graph.op("Transpose", matrix, dtype=matrix.dtype, perm=[1, 0])
