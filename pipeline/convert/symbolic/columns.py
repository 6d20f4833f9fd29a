"""Symbolic columns: functions of the raw inputs, each in its laziest form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.symbolic.precision import IN_SINGLE, Precision
from pipeline.errors import ConversionError


@dataclass(frozen=True)
class RawInput:
    """One raw input of the graph and the finite list of its values that fitted steps tell apart.

    Attributes:
        name: the raw column's name.
        tensor: the graph input, (N, 1): double, string, bool or int64 (dates).
        keys: the known values; everything else is "unseen" or missing.
        precision: in which PyCaret holds the column's own numbers.
    """

    name: str
    tensor: Tensor
    keys: tuple[Any, ...] = ()
    precision: Precision = IN_SINGLE

    @property
    def numbers(self) -> Tensor:
        """The column's numbers as PyCaret holds them: (N, 1) double."""
        x = self.tensor.cast(DOUBLE)
        return x if self.tensor.dtype != DOUBLE else self.precision.choose(x, x.round32())


@dataclass(frozen=True)
class Fill:
    """What replaces a missing number: a float64, rounded to the precision of its imputer."""

    value: float
    precision: Precision = IN_SINGLE


@dataclass(frozen=True)
class Number:
    """A raw numeric column as PyCaret's predict_model sees it: its source's numbers, then filled.

    Attributes:
        fill: replaces a missing value; None leaves it missing.
        precision: of the matrix that the last step which made one of its columns handed on; of a
            raw column, what it makes of a matrix.
    """

    source: RawInput
    fill: Fill | None = None
    precision: Precision = IN_SINGLE


@dataclass(frozen=True)
class Category:
    """A finite function of one raw column.

    `outcomes` holds the present value for each of the source's keys, then for an unseen value
    and for a missing one; NaN or None stand for missing.
    """

    source: RawInput
    outcomes: tuple[Any, ...]

    @property
    def values(self) -> NDArray[np.float64]:
        """The outcomes as numbers, (len(keys) + 2,).

        Raises:
            ConversionError: the column still holds text.
        """
        try:
            return np.asarray([np.nan if v is None else v for v in self.outcomes], dtype=DOUBLE)
        except (TypeError, ValueError) as err:
            raise ConversionError(
                f"column {self.source.name!r}: expected numbers after preprocessing, got text",
                hint="encode it, or leave it out with ignore_features",
            ) from err


@dataclass(frozen=True)
class Cell:
    """One column of a computed matrix, (N, W) double.

    Attributes:
        origin: the raw numeric column that it equals where that is not missing.
    """

    matrix: Tensor
    index: int
    width: int
    origin: str | None = None


@dataclass(frozen=True)
class Date:
    """A raw date column: (N, 1) int64 nanoseconds since 1970, NaT as the smallest int64."""

    source: RawInput


Column = Number | Category | Cell | Date
