"""In which float PyCaret keeps a number: float32, float64, or one or the other by the row."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.graph.tensor import BOOL, DOUBLE, FLOAT, Tensor

Numbers = TypeVar("Numbers", Tensor, NDArray[np.float64])


@dataclass(frozen=True)
class Precision:
    """float64 in the rows whose integers ask for it, else float32.

    predict_model keeps a column of whole numbers as integers and makes float32 of every other; one
    missing value or fraction makes it another. Beside float32, integers of 32 bits and more are
    float64 to NumPy. All that is a matter of the batch, and a row is answered like a batch of one.

    Attributes:
        integers: raw inputs, (N, 1) double; a row with a whole number in one of them is float64.
        double: every row is float64.
    """

    integers: tuple[Tensor, ...] = ()
    double: bool = False

    @classmethod
    def join(cls, parts: Iterable[Precision]) -> Precision:
        """The precision of one matrix whose columns have these."""
        parts = list(parts)
        if any(part.double for part in parts):
            return IN_DOUBLE
        return cls(tuple({x.name: x for part in parts for x in part.integers}.values()))

    def choose(self, double: Numbers, single: Numbers) -> Numbers | Tensor:
        """What is computed in float64 where a row is that, else what is computed in float32."""
        if self.double or not self.integers:
            return double if self.double else single
        graph = self.integers[0].graph
        rows = any_whole(graph.concat(self.integers), len(self.integers))
        return graph.where(rows, double, single)


IN_SINGLE = Precision()
IN_DOUBLE = Precision(double=True)


def any_whole(x: Tensor, width: int) -> Tensor:
    """Rows with at least one whole number: (N, width) double → (N, 1) bool."""
    whole = is_integer(x)
    return whole if width == 1 else whole.cast(FLOAT).reduce("ReduceMax").cast(BOOL)


def is_integer(x: Tensor) -> Tensor:
    """Numbers that a column of int64 can hold; NaN is none."""
    return x.floor().equal(x) & (x.abs() < 2.0**63)


def in_single(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The values as float32 holds them."""
    with np.errstate(over="ignore"):
        return values.astype(FLOAT).astype(DOUBLE)
