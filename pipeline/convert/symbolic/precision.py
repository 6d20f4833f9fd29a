"""In which float PyCaret keeps a number: float32, float64, or one or the other by the row."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.graph.tensor import BOOL, DOUBLE, FLOAT, Tensor

Numbers = TypeVar("Numbers", Tensor, NDArray[np.float64])

LARGEST_EXACT_INTEGER = 2**24
"""float32 holds every integer up to here."""


@dataclass(frozen=True)
class Precision:
    """float64 in the rows whose integers ask for it, else float32.

    predict_model keeps a column of whole numbers as integers and makes float32 of every other; one
    missing value or fraction makes it another. Beside float32, integers of 32 bits and more are
    float64 to NumPy. All that is a matter of the batch, and a row is answered like a batch of one;
    but a number that the graph has rounded and float32 does not hold, as in a batch of floats.

    Attributes:
        integers: raw inputs, (N, 1) double; a row with a whole number in one of them is float64.
        double: every row is float64.
        rounded: raw inputs, (N, 1) double, of whole numbers that the graph rounds to float32; a row
            with a number in one of them that may be no whole number of float32's is float32.
    """

    integers: tuple[Tensor, ...] = ()
    double: bool = False
    rounded: tuple[Tensor, ...] = ()

    @classmethod
    def join(cls, parts: Iterable[Precision]) -> Precision:
        """The precision of one matrix whose columns have these."""
        parts = list(parts)
        if any(part.double for part in parts):
            return IN_DOUBLE
        return cls(
            _distinct(x for part in parts for x in part.integers),
            rounded=_distinct(x for part in parts for x in part.rounded),
        )

    def choose(self, double: Numbers, single: Numbers) -> Numbers | Tensor:
        """What is computed in float64 where a row is that, else what is computed in float32."""
        if self.double or not self.integers:
            return double if self.double else single
        rows = find_double_rows(self.integers, self.rounded)
        return rows.graph.where(rows, double, single)


IN_SINGLE = Precision()
IN_DOUBLE = Precision(double=True)


def find_double_rows(integers: Sequence[Tensor], rounded: Sequence[Tensor]) -> Tensor:
    """Rows with a whole number in `integers`, and none too large in `rounded`: (N, 1) bool.

    Args:
        integers: at least one column, each (N, 1) double.
        rounded: any number of them.
    """
    whole = _any(is_integer(integers[0].graph.concat(integers)), len(integers))
    if not rounded:
        return whole
    large = rounded[0].graph.concat(rounded).abs() > LARGEST_EXACT_INTEGER
    return whole & ~_any(large, len(rounded))


def _any(found: Tensor, width: int) -> Tensor:
    """(N, width) bool → (N, 1) bool."""
    return found if width == 1 else found.cast(FLOAT).reduce("ReduceMax").cast(BOOL)


def _distinct(tensors: Iterable[Tensor]) -> tuple[Tensor, ...]:
    return tuple({tensor.name: tensor for tensor in tensors}.values())


def is_integer(x: Tensor) -> Tensor:
    """Numbers that a column of int64 can hold; NaN is none."""
    return x.floor().equal(x) & (x.abs() < 2.0**63)


def in_single(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values as float32 holds them."""
    with np.errstate(over="ignore"):
        return values.astype(FLOAT).astype(DOUBLE)
