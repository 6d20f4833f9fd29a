"""The normal distribution function and its inverse in float64, as SciPy computes them.

Cephes (S. Moshier), ndtr.c and ndtri.c, as SciPy compiles them. Several polynomials of one length
are evaluated side by side, so that each power costs two nodes whatever their number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.functions.float64 import ERF_T, ERF_U, ERFC_P, ERFC_Q, SATURATED
from pipeline.convert.graph.tensor import Tensor

_DEGREE = 8
"""Of the longest of the polynomials; shorter ones get leading zeros, which add nothing."""


@dataclass(frozen=True)
class Rational:
    """A quotient of polynomials, highest power first."""

    numerator: tuple[float, ...]
    denominator: tuple[float, ...]


# The quantile near a half: y + y (y² P(y²) / Q(y²)), times the square root of 2π.
_CENTRE = Rational(
    numerator=(
        -5.99633501014107895267e1,
        9.80010754185999661536e1,
        -5.66762857469070293439e1,
        1.39312609387279679503e1,
        -1.23916583867381258016e0,
    ),
    denominator=(
        1.0,
        1.95448858338141759834e0,
        4.67627912898881538453e0,
        8.63602421390890590575e1,
        -2.25462687854119370527e2,
        2.00260212380060660359e2,
        -8.20372256168333339912e1,
        1.59056225126211695515e1,
        -1.18331621121330003142e0,
    ),
)
_ROOT_OF_TWO_PI = 2.50662827463100050242e0

# The quantile in a tail, with z = 1 / sqrt(-2 log y) above 1/8: z P(z) / Q(z).
_TAIL = Rational(
    numerator=(
        4.05544892305962419923e0,
        3.15251094599893866154e1,
        5.71628192246421288162e1,
        4.40805073893200834700e1,
        1.46849561928858024014e1,
        2.18663306850790267539e0,
        -1.40256079171354495875e-1,
        -3.50424626827848203418e-2,
        -8.57456785154685413611e-4,
    ),
    denominator=(
        1.0,
        1.57799883256466749731e1,
        4.53907635128879210584e1,
        4.13172038254672030440e1,
        1.50425385692907503408e1,
        2.50464946208309415979e0,
        -1.42182922854787788574e-1,
        -3.80806407691578277194e-2,
        -9.33259480895457427372e-4,
    ),
)
_EDGE = 0.13533528323661269189
"""exp(-2): the tails begin here and at one minus it."""

LOWEST = 1.3e-14
"""exp(-32): nearer to 0 and 1 Cephes needs other polynomials than these."""

# erf(x) = x T(x²) / U(x²) up to 1, and erfc(x) = exp(-x²) P(x) / Q(x) from 1 to 8.
_INSIDE = Rational(ERF_T, ERF_U)
_OUTSIDE = Rational(ERFC_P, ERFC_Q)
_ROOT_OF_HALF = 7.07106781186547524401e-1


def ndtri(p: Tensor, width: int) -> Tensor:
    """The quantile of the normal distribution at probabilities, elementwise: (N, W) → (N, W).

    ┌─ centre: y²   ─┐
    p ─┤                ├─► both rational functions in one (N, 2W) ─► chosen by p ─► (N, W)
    └─ tail: 1/√-2ln ─┘

    Args:
        p: double, at least `LOWEST` away from 0 and 1.
        width: W.
    """
    graph = p.graph
    upper = p > 1.0 - _EDGE
    y = graph.where(upper, 1.0 - p, p)
    centred = y - 0.5
    square = centred * centred
    root = (y.log() * -2.0).sqrt()
    arguments = (square, 1.0 / root)
    near, far = _rational(arguments, arguments, (_CENTRE, _TAIL), width)
    centre = (centred + centred * near) * _ROOT_OF_TWO_PI
    tail = root - root.log() / root - far
    return graph.where(y > _EDGE, centre, graph.where(upper, tail, -tail))


def ndtr(x: Tensor, width: int) -> Tensor:
    """The normal distribution function, elementwise: (N, W) double → (N, W).

    Beyond 11.3 standard deviations it stays at its value there, 6e-30 from 0 or 1.
    """
    graph = x.graph
    scaled = x * _ROOT_OF_HALF
    size = scaled.abs()
    square = scaled * scaled
    outside = size.clip(1.0, SATURATED)
    bell = (-(outside * outside)).exp()
    erf, erfc = _rational((square, outside), (scaled, bell), (_INSIDE, _OUTSIDE), width)
    below = graph.where(size < 1.0, 1.0 - erf.abs(), erfc) * 0.5
    tail = graph.where(x > 0.0, 1.0 - below, below)
    return graph.where(size < _ROOT_OF_HALF, erf * 0.5 + 0.5, tail)


def _rational(
    arguments: tuple[Tensor, Tensor],
    factors: tuple[Tensor, Tensor],
    functions: tuple[Rational, Rational],
    width: int,
) -> tuple[Tensor, Tensor]:
    """factor · P(argument) / Q(argument) for two rational functions: twice (N, W) → (N, W).

    (N, 2W) of both arguments, twice ─Horner─► (N, 4W): both numerators, both denominators.
    """
    graph = arguments[0].graph
    powers = graph.concat([*arguments, *arguments])
    numerators, denominators = _halves(_polynomials(powers, _stack_coefficients(functions, width)))
    quotients: Tensor = graph.concat(factors) * numerators / denominators
    return _halves(quotients)


def _stack_coefficients(functions: tuple[Rational, Rational], width: int) -> NDArray[np.float64]:
    """Coefficients by power, highest first, for every column: (degree + 1, 4W)."""
    parts = [f.numerator for f in functions] + [f.denominator for f in functions]
    padded = [(0.0,) * (_DEGREE + 1 - len(part)) + part for part in parts]
    return np.repeat(np.array(padded).T, width, axis=1)


def _polynomials(x: Tensor, coefficients: NDArray[np.float64]) -> Tensor:
    """Horner's rule in every column: (N, C), (degree + 1, C) → (N, C)."""
    total: Tensor = x * coefficients[0] + coefficients[1]
    for row in coefficients[2:]:
        total = total * x + row
    return total


def _halves(x: Tensor) -> tuple[Tensor, Tensor]:
    """(N, 2C) → two (N, C)."""
    first, second = x.graph.emit("Split", (x,), (x.dtype, x.dtype), axis=1, num_outputs=2)
    return first, second
