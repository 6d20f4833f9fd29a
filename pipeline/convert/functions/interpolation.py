"""Piecewise linear functions of single columns, as numpy.interp computes them.

A tree per column finds the piece and constants gathered by its number finish the line. One
TreeEnsemble serves all columns, at the cost of a binary search for each number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.estimators.trees.tree_ensemble import Trees, join_trees, sum_leaves
from pipeline.convert.graph.tensor import DOUBLE, INT64, Tensor

Floats = NDArray[np.float64]

BOUND = 1e-7
"""scikit-learn's BOUNDS_THRESHOLD: closer to an end than this is that end."""


@dataclass(frozen=True)
class Pieces:
    """A function of one column in pieces.

    Attributes:
        edges: (P - 1,) ascending; a piece goes up to and with its edge, the last one to infinity.
        constants: (P, C) of each piece's formula.
    """

    edges: Floats
    constants: Floats


def interpolate_averaged(x: Tensor, transformer: Any) -> Tensor:
    """A fitted QuantileTransformer's places, from 0 to 1: (N, W) → (N, W) double.

    Repeated quantiles make numpy.interp jump, so scikit-learn takes the mean of an ascending and
    a descending interpolation. (N, W) ─TreeEnsemble─► piece numbers ─five Gathers, arithmetic─►.
    """
    references = transformer.references_
    bound = BOUND if transformer.output_distribution == "normal" else 0.0
    columns = [_places(q, references, x.dtype.type(bound)) for q in transformer.quantiles_.T]
    values = x.cast(DOUBLE)
    slope, start, low, end, high = _look_up_pieces(values, columns)
    ascending = slope * (values - start) + low
    descending = slope * (end - values) - high
    return (ascending - descending) * 0.5


def interpolate_inverse(p: Tensor, transformer: Any) -> Tensor:
    """A fitted QuantileTransformer's numbers at places from 0 to 1: (N, 1) → (N, 1) double.

    (N, 1) ─TreeEnsemble─► piece numbers ─three Gathers, arithmetic─► (N, 1).
    """
    pieces = _numbers(transformer.references_, transformer.quantiles_[:, 0])
    slope, start, low = _look_up_pieces(p, [pieces])
    return slope * (p - start) + low


def _look_up_pieces(x: Tensor, columns: Sequence[Pieces]) -> list[Tensor]:
    """The constants of the pieces that the values lie in: C times (N, W) double."""
    piece = number_pieces(x, [column.edges for column in columns])
    table = np.concatenate([column.constants for column in columns])
    return [x.graph.constant(constants.copy()).gather(piece, axis=0) for constants in table.T]


def _places(quantiles: Floats, references: Floats, bound: Any) -> Pieces:
    """Constants slope, start, low, end, high of low + slope (x - start), high - slope (end - x).

    What is closer to an end than the bound is that end; the sums are rounded in its dtype.
    """
    dtype = bound.dtype
    least, most = dtype.type(quantiles[0]), dtype.type(quantiles[-1])
    below = find_last_holding(lambda x: bool(x - bound < least if bound else x <= least), dtype)
    inside = find_last_holding(lambda x: bool(x + bound <= most if bound else x < most), dtype)
    # A value that is a quantile has pieces of its own: repeated ones make the function jump.
    exact = np.unique(quantiles)
    edges = _between(below, np.append(exact, np.nextafter(exact, -np.inf)), inside)
    after = np.searchsorted(quantiles, edges, side="left")
    before = np.searchsorted(quantiles, edges, side="right") - 1
    flat = (before < 0) | (after == len(quantiles)) | (before >= after)
    i, j = np.maximum(before, 0), np.minimum(after, len(quantiles) - 1)
    with np.errstate(invalid="ignore", divide="ignore"):
        slope = (references[j] - references[i]) / (quantiles[j] - quantiles[i])
    lines = np.column_stack([slope, quantiles[i], references[i], quantiles[j], references[j]])
    lines[np.ix_(flat, [0, 1, 3])] = 0.0
    lines[0] = 0.0
    return Pieces(edges, np.append(lines, [[0.0, 0.0, 1.0, 0.0, 1.0]], axis=0))


def _numbers(references: Floats, quantiles: Floats) -> Pieces:
    """Constants slope, start, low of low + slope (p - start)."""
    below = find_last_holding(lambda p: bool(p - BOUND < 0), DOUBLE)
    inside = find_last_holding(lambda p: bool(p + BOUND <= 1), DOUBLE)
    edges = _between(below, np.nextafter(references, -np.inf), inside)
    i = np.clip(np.searchsorted(references, edges, side="right") - 1, 0, len(references) - 2)
    slope = (quantiles[i + 1] - quantiles[i]) / (references[i + 1] - references[i])
    lines = np.column_stack([slope, references[i], quantiles[i]])
    lines[0] = 0.0, 0.0, quantiles[0]
    return Pieces(edges, np.append(lines, [[0.0, 0.0, quantiles[-1]]], axis=0))


def _between(first: float, values: Floats, final: float) -> Floats:
    """The first edge, the values between, and the final edge where it lies beyond the first."""
    kept = values[(values > first) & (values < final)]
    edges: Floats = np.unique([first, *kept, max(first, final)])
    return edges


def find_last_holding(holds: Callable[[Any], bool], dtype: np.dtype[Any]) -> float:
    """The largest finite number for which a condition holds that holds for all smaller ones."""
    bits = np.dtype(f"i{dtype.itemsize}")

    def number(rank: int) -> Any:
        """Floats in ascending order are integers in ascending order, apart from the sign."""
        size = np.array(abs(rank), bits).view(dtype)[()]
        return -size if rank < 0 else size

    high = int(np.array(np.finfo(dtype).max, dtype).view(bits))
    low = -high
    while low < high:
        middle = (low + high + 1) // 2
        if holds(number(middle)):
            low = middle
        else:
            high = middle - 1
    return float(number(low))


def number_pieces(x: Tensor, edges: Sequence[Floats]) -> Tensor:
    """Number of the piece that each value lies in, counted on through the columns.

    (N, W) double ─TreeEnsemble─► (N, W) double ─Cast─► (N, W) int64. A column with the ascending
    edges e has len(e) + 1 pieces: up to and with e[0], then up to and with e[1], …; NaN is in the
    last one.
    """
    trees, values, targets, first = [], [], [], 0
    for column, ends in enumerate(edges):
        tree, numbers = _search(ends, column)
        trees.append(tree)
        values.append(np.where(tree.leaf, numbers + first, 0).astype(DOUBLE))
        targets.append(np.full(len(numbers), column))
        first += len(ends) + 1
    found = sum_leaves(x, join_trees(trees), np.concatenate(values), np.concatenate(targets))
    return found.cast(INT64)


def _search(edges: Floats, column: int) -> tuple[Trees, NDArray[np.int64]]:
    """A balanced tree over the pieces, and the number of the piece in every leaf."""
    true: list[int] = []
    false: list[int] = []
    threshold: list[float] = []
    number: list[int] = []

    def grown(low: int, high: int) -> int:
        """The pieces low..high; their root."""
        node = len(true)
        middle = (low + high) // 2
        true.append(-1)
        false.append(-1)
        threshold.append(edges[middle] if low < high else 0.0)
        number.append(low)
        if low < high:
            true[node] = grown(low, middle)
            false[node] = grown(middle + 1, high)
        return node

    grown(0, len(edges))
    count = len(true)
    tree = Trees(
        true=np.array(true),
        false=np.array(false),
        feature=np.full(count, column),
        threshold=np.array(threshold, dtype=DOUBLE),
        roots=np.zeros(1, dtype=INT64),
        missing=np.zeros(count, dtype=bool),
    )
    return tree, np.array(number)
