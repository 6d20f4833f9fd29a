"""Functions in float64 that round as SciPy and NumPy do, where onnxruntime does not."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np

from pipeline.convert.graph.tensor import INT64, Tensor

_LANES = 8
_LONGEST_RUN = 128
"""NumPy's pairwise summation: eight running sums, halves beyond this length."""

# Cephes (S. Moshier), ndtr.c, as SciPy compiles it: erf(x) = x T(x²) / U(x²) up to 1, and
# erfc(x) = exp(-x²) P(x) / Q(x) from 1 to 8. Highest power first.
ERF_T = (
    9.60497373987051638749e0,
    9.00260197203842689217e1,
    2.23200534594684319226e3,
    7.00332514112805075473e3,
    5.55923013010394962768e4,
)
ERF_U = (
    1.0,
    3.35617141647503099647e1,
    5.21357949780152679795e2,
    4.59432382970980127987e3,
    2.26290000613890934246e4,
    4.92673942608635921086e4,
)
ERFC_P = (
    2.46196981473530512524e-10,
    5.64189564831068821977e-1,
    7.46321056442269912687e0,
    4.86371970985681366614e1,
    1.96520832956077098242e2,
    5.26445194995477358631e2,
    9.34528527171957607540e2,
    1.02755188689515710272e3,
    5.57535335369399327526e2,
)
ERFC_Q = (
    1.0,
    1.32281951154744992508e1,
    8.67072140885989742329e1,
    3.54937778887819891062e2,
    9.75708501743205489753e2,
    1.82390916687909736289e3,
    2.24633760818710981792e3,
    1.65666309194161350182e3,
    5.57535340817727675546e2,
)
SATURATED = 8.0
"""erf is exactly 1 in double from 5.9 on; Cephes needs other polynomials only beyond 8."""


def expit(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x)), elementwise, with SciPy's relative precision far below zero.

    onnxruntime's Sigmoid has only absolute precision there: 0 instead of 8.5e-17 at -37.
    """
    return 1.0 / (1.0 + (-x).exp())


def erf(x: Tensor) -> Tensor:
    """The error function, elementwise, within 2 units in the last place of SciPy's.

    onnxruntime's Erf has no double kernel.
    """
    square = x * x
    small = x * _polynomial(square, ERF_T) / _polynomial(square, ERF_U)
    size = x.abs()
    inside = size.clip(1.0, SATURATED)
    complement = (
        (-(inside * inside)).exp() * _polynomial(inside, ERFC_P) / _polynomial(inside, ERFC_Q)
    )
    large = x.unary("Sign") * (1.0 - complement)
    return x.graph.where(size <= 1.0, small, large)


def sum_rows(x: Tensor, width: int) -> Tensor:
    """Sums over the last axis in the order of np.sum: (..., width) → (..., 1), of x's dtype.

    Where the terms are large and their sums are compared (a row far outside, classes that lie
    close), another order decides otherwise.
    """
    return _pairwise(x, 0, width)


def sum_in_order(x: Tensor, count: int) -> Tensor:
    """Sums over axis 1, one term after another: (N, count, K) → (N, K), of x's dtype.

    ReduceSum may regroup, which decides ties between classes differently.
    """
    if count == 1:
        return x.gather(np.array(0), axis=1)
    axis = x.graph.constant(np.array(1, dtype=INT64))
    running = x.graph.op("CumSum", x, axis, dtype=x.dtype)
    return running.gather(np.array(count - 1), axis=1)


def _pairwise(x: Tensor, start: int, length: int) -> Tensor:
    if length > _LONGEST_RUN:
        half = length // 2 - length // 2 % _LANES
        return _pairwise(x, start, half) + _pairwise(x, start + half, length - half)
    whole = length - length % _LANES
    runs = [_pick(x, range(start + i, start + i + _LANES)) for i in range(0, whole, _LANES)]
    rest = [_pick(x, [start + i]) for i in range(whole, length)]
    return _in_order([_fold(_in_order(runs)), *rest] if runs else rest)


def _fold(lanes: Tensor) -> Tensor:
    """((0 + 1) + (2 + 3)) + ((4 + 5) + (6 + 7)): (..., 8) → (..., 1)."""
    for width in (8, 4, 2):
        lanes = _pick(lanes, range(0, width, 2)) + _pick(lanes, range(1, width, 2))
    return lanes


def _pick(x: Tensor, indices: Sequence[int]) -> Tensor:
    return x.gather(list(indices), axis=-1)


def _in_order(terms: Sequence[Tensor]) -> Tensor:
    return reduce(Tensor.__add__, terms)


def _polynomial(x: Tensor, coefficients: Sequence[float]) -> Tensor:
    """Horner's rule, highest power first, as Cephes' polevl."""
    first, second, *rest = coefficients
    total = (x if first == 1.0 else x * first) + second
    for coefficient in rest:
        total = total * x + coefficient
    return total
