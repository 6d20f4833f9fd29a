"""Yeo and Johnson's power transform and its inverse, rounded as scikit-learn rounds them.

Formula: I. Yeo and R. Johnson, "A new family of power transformations to improve normality or
symmetry" (2000). Both halves are one expression of |x| with the exponent λ for x >= 0 and 2 - λ
below, which changes no rounding: only signs are moved.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.graph.tensor import Tensor

Exponents = NDArray[np.float64]
"""λ of each column, (1, W)."""

NO_POWER = np.spacing(1.0)
"""scikit-learn takes the logarithm where an exponent is smaller than this."""


def yeo_johnson(x: Tensor, exponents: Exponents) -> Tensor:
    """sign(x) · ((|x| + 1)^e - 1) / e, or sign(x) · log1p(|x|) where e is 0: (N, W) → (N, W)."""
    return _by_half(
        x,
        exponents,
        lambda size, e: ((size + 1.0) ** e - 1.0) / e,
        log1p,
    )


def yeo_johnson_inverse(x: Tensor, exponents: Exponents) -> Tensor:
    """sign(x) · ((|x| · e + 1)^(1/e) - 1), or sign(x) · (exp|x| - 1): (N, W) → (N, W)."""
    return _by_half(
        x,
        exponents,
        lambda size, e: (size * e + 1.0) ** (1.0 / e) - 1.0,
        lambda size: size.exp() - 1.0,
    )


def log1p(x: Tensor) -> Tensor:
    """log(1 + x) for x >= 0, elementwise, exact to a few units in the last place near zero too.

    The rounding of 1 + x is made up for by the quotient (Hewlett-Packard, HP-15C Advanced
    Functions Handbook, 1982).
    """
    rounded = x + 1.0
    grown = rounded - 1.0
    # Where 1 + x is 1, log1p(x) is x; the divisor is only kept from being zero.
    flat = grown.equal(0.0)
    divisor = x.graph.where(flat, np.array(1.0, x.dtype), grown)
    return x.graph.where(flat, x, rounded.log() * (x / divisor))


def _by_half(
    x: Tensor,
    exponents: Exponents,
    power: Callable[[Tensor, Tensor], Tensor],
    limit: Callable[[Tensor], Tensor],
) -> Tensor:
    """Apply the power's formula to |x| with the exponent of x's half, its limit at exponent 0."""
    upper, lower = exponents, 2.0 - exponents
    flat_above, flat_below = (np.abs(e) < NO_POWER for e in (upper, lower))
    graph, positive, size = x.graph, x >= 0.0, x.abs()
    chosen = graph.where(
        positive,
        graph.constant(np.where(flat_above, 1.0, upper).astype(x.dtype)),
        graph.constant(np.where(flat_below, 1.0, lower).astype(x.dtype)),
    )
    value = power(size, chosen)
    if flat_above.any() or flat_below.any():
        above, below = graph.constant(flat_above), graph.constant(flat_below)
        flat = (positive & above) | (~positive & below)
        value = graph.where(flat, limit(size), value)
    return value * x.unary("Sign")
