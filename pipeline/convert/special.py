"""Functions in float64 that ONNX Runtime has no accurate double kernel for."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.convert.graph import Tensor

# Cephes (S. Moshier), ndtr.c, as SciPy compiles it: erf(x) = x T(x²) / U(x²) up to 1, and
# erfc(x) = exp(-x²) P(x) / Q(x) from 1 to 8. Highest power first.
_ERF_T = (
    9.60497373987051638749e0,
    9.00260197203842689217e1,
    2.23200534594684319226e3,
    7.00332514112805075473e3,
    5.55923013010394962768e4,
)
_ERF_U = (
    1.0,
    3.35617141647503099647e1,
    5.21357949780152679795e2,
    4.59432382970980127987e3,
    2.26290000613890934246e4,
    4.92673942608635921086e4,
)
_ERFC_P = (
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
_ERFC_Q = (
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
_SATURATED = 8.0
"""erf is exactly 1 in double from 5.9 on; Cephes needs other polynomials only beyond 8."""


def expit(x: Tensor) -> Tensor:
    """1 / (1 + exp(-x)), elementwise, with SciPy's relative precision far below zero.

    ONNX Runtime's Sigmoid computes 1 - 1 / (1 + exp(x)) there: 0 instead of 8.5e-17 at -37.
    """
    return 1.0 / (1.0 + (-x).exp())


def erf(x: Tensor) -> Tensor:
    """The error function, elementwise, within 2 units in the last place of SciPy's.

    ONNX Runtime's Erf has no double kernel.
    """
    square = x * x
    small = x * _polynomial(square, _ERF_T) / _polynomial(square, _ERF_U)
    size = x.abs()
    inside = size.clip(1.0, _SATURATED)
    complement = (
        (-(inside * inside)).exp() * _polynomial(inside, _ERFC_P) / _polynomial(inside, _ERFC_Q)
    )
    large = x.unary("Sign") * (1.0 - complement)
    return x.graph.where(size <= 1.0, small, large)


def _polynomial(x: Tensor, coefficients: Sequence[float]) -> Tensor:
    """Horner's rule, highest power first, as Cephes' polevl."""
    first, second, *rest = coefficients
    total = (x if first == 1.0 else x * first) + second
    for coefficient in rest:
        total = total * x + coefficient
    return total
