"""Couples pairwise class probabilities to one distribution, as libsvm iterates it."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from pipeline.convert.graph.tensor import BOOL, DOUBLE, INT64, Tensor

Matrix = list[list[Tensor]]


def couple_pairwise(first: Tensor, count: int) -> Tensor:
    """(N, P) probability of each pair's first class → (N, K) double.

    libsvm's multiclass_probability (Wu, Lin and Weng 2004, second method): the same start, the
    same order of updates and the same rule to stop, for each row on its own. It stops long before
    it converges (the closed form for two classes is off by 0.004), so the steps are what counts.
    """
    matrix = _matrix(first, count)
    start = first.columns([0]) * 0.0 + np.full((1, count), 1.0 / count)
    active = first.columns([0]) >= 0.0
    tolerance = 0.005 / count

    def step(state: Sequence[Tensor]) -> tuple[Tensor, Sequence[Tensor]]:
        before, running = state
        graph = before.graph
        p = _split(before, count)
        products = [_dot(p, row) for row in matrix]
        total = _dot(p, products)
        error = graph.concat([(q - total).abs() for q in products]).reduce("ReduceMax")
        moving = (error >= tolerance) & running
        after = graph.where(moving, graph.concat(_swept(p, products, total, matrix)), before)
        going = moving.cast(INT64).reduce("ReduceSum", axis=0).reshape(-1)
        return going.gather(np.int64(0), axis=0).cast(BOOL), (after, moving)

    probabilities, _ = first.graph.loop(step, (start, active), limit=max(100, count))
    return probabilities


def _matrix(first: Tensor, count: int) -> Matrix:
    """libsvm's Q, each entry (N, 1): Q[t][t] = Σ r[j][t]², Q[t][j] = -r[j][t] r[t][j]."""
    r: dict[tuple[int, int], Tensor] = {}
    for (i, j), wins in zip(
        combinations(range(count), 2), _split(first, count * (count - 1) // 2), strict=True
    ):
        r[i, j], r[j, i] = wins, 1.0 - wins
    matrix = []
    for t in range(count):
        others = [j for j in range(count) if j != t]
        row = {j: -(r[j, t] * r[t, j]) for j in others}
        row[t] = _sum([r[j, t] * r[j, t] for j in others])
        matrix.append([row[j] for j in range(count)])
    return matrix


def _swept(
    p: Sequence[Tensor], products: Sequence[Tensor], total: Tensor, matrix: Matrix
) -> list[Tensor]:
    """One pass over the classes; every update is seen by the next."""
    p, products = list(p), list(products)
    for t, row in enumerate(matrix):
        difference = (total - products[t]) / row[t]
        scale = difference + 1.0
        p[t] = p[t] + difference
        curvature = difference * row[t] + products[t] * 2.0
        total = (total + difference * curvature) / scale / scale
        products = [(q + difference * a) / scale for q, a in zip(products, row, strict=True)]
        p = [value / scale for value in p]
    return p


def _split(x: Tensor, count: int) -> list[Tensor]:
    """(N, count) → count of (N, 1)."""
    if count == 1:
        return [x]
    return list(x.graph.emit("Split", (x,), [DOUBLE] * count, axis=1, num_outputs=count))


def _dot(left: Sequence[Tensor], right: Sequence[Tensor]) -> Tensor:
    return _sum([a * b for a, b in zip(left, right, strict=True)])


def _sum(terms: Sequence[Tensor]) -> Tensor:
    """From left to right, as libsvm adds."""
    total = terms[0]
    for term in terms[1:]:
        total = total + term
    return total
