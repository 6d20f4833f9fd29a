"""Rows against fixed reference rows (training rows, support vectors), in bounded memory.

All distances are sums of direct differences, feature by feature from left to right: the order in
which scikit-learn's trees add, so the results are the same to the last bit, and a row that equals
a reference has distance exactly 0. The quicker form |x|² - 2xy + |y|² has neither property.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.tensor import DOUBLE, INT64, Tensor

References = NDArray[np.float64]

PAIRS = 2**15
"""Pairs of a row and a reference in one block: 256 KiB of doubles stay in a processor's cache."""
MOST_ROWS = 256


def by_blocks(
    x: Tensor, shape: tuple[int, int], references: int, answer: Callable[[Tensor], Tensor]
) -> Tensor:
    """Answer row by row without ever holding all pairs of rows and references.

    (N, F) ─Pad, Reshape─► (n, B, F) ─Scan(answer)─► (n, B, K) ─Reshape, Slice─► (N, K); B rows
    make a block, and a batch smaller than that is one block.

    Args:
        x: (N, F) double.
        shape: (F, K), the widths of the input and of the answer.
        references: number of reference rows.
        answer: (B, F) → (B, K).
    """
    graph, (width, columns) = x.graph, shape
    largest = max(1, min(MOST_ROWS, PAIRS // max(1, references)))
    rows = graph.op("Shape", x, dtype=INT64, start=0, end=1)
    size = rows.clip(1, largest)
    blocks = ((rows + size - 1) / size).clip(1, np.iinfo(np.int64).max)
    nothing = graph.constant(np.zeros(1, dtype=INT64))
    padding = graph.concat([nothing, nothing, blocks * size - rows, nothing], axis=0)
    cube = graph.concat([blocks, size, graph.constant(np.array([width]))], axis=0)
    padded = graph.op("Pad", x, padding, dtype=DOUBLE)
    answers = graph.scan(answer, graph.op("Reshape", padded, cube, dtype=DOUBLE))
    flat = answers.reshape(-1, columns)
    return graph.op("Slice", flat, nothing, rows, nothing, dtype=flat.dtype)


def squared_distances(x: Tensor, references: References) -> Tensor:
    """Σ (x - y)²: (B, F), (M, F) → (B, M)."""
    return _over_features(x, references, lambda d: d * d)


def manhattan_distances(x: Tensor, references: References) -> Tensor:
    """Σ |x - y|: (B, F), (M, F) → (B, M)."""
    return _over_features(x, references, Tensor.abs)


def powered_distances(x: Tensor, references: References, p: float) -> Tensor:
    """Σ |x - y|^p, Minkowski's distance before its root: (B, F), (M, F) → (B, M)."""
    return _over_features(x, references, lambda d: d.abs() ** p)


def chebyshev_distances(x: Tensor, references: References) -> Tensor:
    """max |x - y|: (B, F), (M, F) → (B, M)."""

    def larger(a: Tensor, b: Tensor) -> Tensor:
        return a.graph.binary("Max", a, b)

    return _over_features(x, references, Tensor.abs, larger)


def products(x: Tensor, references: References) -> Tensor:
    """x · y: (B, F), (M, F) → (B, M)."""
    return x @ np.ascontiguousarray(references.T)


def _over_features(
    x: Tensor,
    references: References,
    term: Callable[[Tensor], Tensor],
    join: Callable[[Tensor, Tensor], Tensor] = Tensor.__add__,
) -> Tensor:
    """Each feature (B, 1) ─Sub (1, M), term─► (B, M); joined from left to right."""
    width = references.shape[1]
    features = [x]
    if width > 1:
        features = list(x.graph.emit("Split", (x,), [DOUBLE] * width, axis=1, num_outputs=width))
    terms = [
        term(feature - column[None]) for feature, column in zip(features, references.T, strict=True)
    ]
    return reduce(join, terms)
