"""Compares rows with fixed reference rows (training rows, support vectors) in bounded memory.

All distances are sums of direct differences, feature by feature from left to right: the order in
which scikit-learn's trees add, so the results are the same to the last bit, and a row that equals
a reference has distance exactly 0. The quicker form |x|² - 2xy + |y|² has neither property, and
serves only where the distance goes into an exponential that does not show it: `radial_kernel`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, INT64, Operand, Tensor


@dataclass(frozen=True, eq=False)
class StoredRows:
    """Reference rows that stand in the file once, whatever reads them.

    Attributes:
        values: (M, F).
        tensor: the same, double; a float32 initializer and its Cast where that loses nothing.
    """

    values: NDArray[np.float64]
    tensor: Tensor

    @classmethod
    def of(cls, graph: Graph, values: NDArray[np.float64]) -> StoredRows:
        single = values.astype(FLOAT)
        lossless = np.array_equal(single, values)
        return cls(values, graph.constant(single if lossless else values).cast(DOUBLE))


References = NDArray[np.float64] | StoredRows

PAIRS = 2**15
"""Pairs of a row and a reference in one block: 256 KiB of doubles stay in a processor's cache."""
MOST_ROWS = 256
NARROW = 256.0
"""Largest sum of γ (y - middle)² over the columns whose differences are multiplied out. Where the
kernel does not vanish, no term of its exponent is above 2,000 then, so that rounding costs a few
times 2e-13 of the exponent, and of the kernel's value as much."""
NORMAL, VANISHED = 700.0, 760.0
"""exp(-708.4) is the smallest normal number, exp(-745.2) is 0."""


def apply_by_blocks(
    x: Tensor,
    shape: tuple[int, int],
    references: int,
    answer: Callable[[Tensor], Tensor],
    pairs: int = PAIRS,
) -> Tensor:
    """Answer row by row without ever holding all pairs of rows and references.

    (N, F) ─Pad, Reshape─► (n, B, F) ─Scan(answer)─► (n, B, K) ─Reshape, Slice─► (N, K); blocks
    of equal size, B rows each and as few as the limits allow.

    Args:
        x: (N, F).
        shape: (F, K), the widths of the input and of the answer.
        references: number of reference rows.
        answer: (B, F) → (B, K).
        pairs: largest number of pairs of a row and a reference in one block.
    """
    graph, (width, columns) = x.graph, shape
    largest = max(1, min(MOST_ROWS, pairs // max(1, references)))
    rows = graph.op("Shape", x, dtype=INT64, start=0, end=1)
    blocks = ((rows + (largest - 1)) / largest).clip(1, np.iinfo(np.int64).max)
    size = ((rows + blocks - 1) / blocks).clip(1, largest)
    nothing = graph.constant(np.zeros(1, dtype=INT64))
    padding = graph.concat([nothing, nothing, blocks * size - rows, nothing], axis=0)
    cube = graph.concat([blocks, size, graph.constant(np.array([width]))], axis=0)
    padded = graph.op("Pad", x, padding, dtype=x.dtype)
    answers = graph.scan(answer, graph.op("Reshape", padded, cube, dtype=x.dtype))
    flat = answers.reshape(-1, columns)
    return graph.op("Slice", flat, nothing, rows, nothing, dtype=flat.dtype)


def sqeuclidean_distances(x: Tensor, references: References) -> Tensor:
    """Σ (x - y)²: (B, F), (M, F) → (B, M)."""
    return _over_features(x, references, lambda d: d * d)


def radial_kernel(x: Tensor, references: NDArray[np.float64], gamma: float) -> Tensor:
    """exp(-γ |x - y|²): (B, F), (M, F) → (B, M), within 1e-12 relative.

    Narrow columns, counted from the middle of the references: ─Concat(|x|²), Gemm─►
    2γxy - γ|y|² - γ|x|²; wide ones by direct differences. A narrow value so far out that the
    kernel is 0 for every reference is moved to where it just is, which keeps the squares finite.

    Where even references lie so far apart, the exponential of half the exponent is squared:
    onnxruntime's Exp takes five times as long where results are no longer normal numbers.
    """
    middle = (references.min(axis=0) + references.max(axis=0)) / 2.0
    reach = np.abs(references - middle).max(axis=0)
    order = np.argsort(reach, kind="stable")
    spread = gamma * np.cumsum(reach[order] ** 2)
    count = np.count_nonzero(spread <= NARROW)
    narrow, wide = np.sort(order[:count]), np.sort(order[count:])
    is_halved = 4.0 * spread[-1] > NORMAL
    rate = gamma / 2.0 if is_halved else gamma
    exponents = []
    if len(narrow):
        far = reach[narrow] + (VANISHED / max(gamma, 1e-300)) ** 0.5
        near = _limit(x.columns(narrow) - middle[None, narrow], far[None])
        rows = references[:, narrow] - middle[narrow]
        squares: NDArray[np.float64] = -rate * (rows**2).sum(axis=1)
        weights = np.vstack([2.0 * rate * rows.T, np.full(len(rows), -rate)])
        augmented = x.graph.concat([near, near.reduce("ReduceSumSquare")])
        exponents.append(x.graph.affine(augmented, weights, squares))
    if len(wide):
        exponents.append(sqeuclidean_distances(x.columns(wide), references[:, wide]) * -rate)
    exponent = reduce(Tensor.__add__, exponents)
    if not is_halved:
        return exponent.exp()
    root = x.graph.binary("Max", exponent, np.array([[-VANISHED / 2.0]])).exp()
    return root * root


def _limit(x: Tensor, most: NDArray[np.float64]) -> Tensor:
    """Each value between -most and most: (B, F), (1, F) → (B, F)."""
    graph = x.graph
    return graph.binary("Max", graph.binary("Min", x, most), -most)


def manhattan_distances(x: Tensor, references: References) -> Tensor:
    """Σ |x - y|: (B, F), (M, F) → (B, M)."""
    return _over_features(x, references, Tensor.abs)


def minkowski_sums(x: Tensor, references: References, p: float) -> Tensor:
    """Σ |x - y|^p, Minkowski's distance before its root: (B, F), (M, F) → (B, M)."""
    return _over_features(x, references, lambda d: d.abs() ** p)


def chebyshev_distances(x: Tensor, references: References) -> Tensor:
    """max |x - y|: (B, F), (M, F) → (B, M)."""

    def larger(a: Tensor, b: Tensor) -> Tensor:
        return a.graph.binary("Max", a, b)

    return _over_features(x, references, Tensor.abs, larger)


def dot_products(x: Tensor, references: References) -> Tensor:
    """x · y: (B, F), (M, F) → (B, M)."""
    rows = references.tensor if isinstance(references, StoredRows) else references
    return x.graph.op("Gemm", x, x.graph.lift(rows, x.dtype), dtype=x.dtype, transB=1)


def _over_features(
    x: Tensor,
    references: References,
    term: Callable[[Tensor], Tensor],
    join: Callable[[Tensor, Tensor], Tensor] = Tensor.__add__,
) -> Tensor:
    """Each feature (B, 1) ─Sub (1, M), term─► (B, M); joined from left to right."""
    columns = _columns(x, references)
    features = _split(x, len(columns), axis=1)
    terms = [term(feature - column) for feature, column in zip(features, columns, strict=True)]
    return reduce(join, terms)


def _columns(x: Tensor, references: References) -> Sequence[Operand]:
    """(M, F) → F of (1, M)."""
    if not isinstance(references, StoredRows):
        return [column[None] for column in references.T]
    transposed = x.graph.op("Transpose", references.tensor, dtype=DOUBLE, perm=[1, 0])
    return _split(transposed, references.values.shape[1], axis=0)


def _split(x: Tensor, count: int, axis: int) -> Sequence[Tensor]:
    if count == 1:
        return [x]
    return x.graph.emit("Split", (x,), [x.dtype] * count, axis=axis, num_outputs=count)
