"""Symbolic columns: each a function of the raw inputs, in the laziest form that can hold it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.errors import ConversionError


@dataclass(frozen=True)
class Source:
    """One raw input of the graph and the finite list of its values that fitted steps tell apart.

    Attributes:
        name: the raw column's name.
        tensor: the graph input, (N, 1): double, string, bool or int64 (dates).
        keys: the known values; everything else is "unseen" or missing.
        wide: an integer column whose whole numbers must not be rounded to float32.
        long: PyCaret holds the column as int32 or int64.
    """

    name: str
    tensor: Tensor
    keys: tuple[Any, ...] = ()
    wide: bool = False
    long: bool = False


@dataclass(frozen=True)
class Fill:
    """What replaces a missing number, in the precision of scikit-learn's imputer.

    The imputer works in one dtype for all its columns: float64 if one of them holds int32 or
    int64, else float32. A missing or fractional value makes its whole column float32.

    Attributes:
        value: float64.
        longs: the imputer's int32 and int64 columns; the value is rounded to float32 in rows
            where none of them is a whole number.
        widened: whether a later step has made doubles of the imputer's columns, whatever they were.
    """

    value: float
    longs: tuple[Source, ...] = ()
    widened: bool = False


@dataclass(frozen=True)
class Number:
    """A raw numeric column as PyCaret's predict_model sees it: rounded to float32, then filled.

    `fill` replaces a missing value; None leaves it missing.
    """

    source: Source
    fill: Fill | None = None


@dataclass(frozen=True)
class Category:
    """A finite function of one raw column.

    `outcomes` holds the present value for each of the source's keys, then for an unseen value
    and for a missing one; NaN or None stand for missing.
    """

    source: Source
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

    source: Source


Column = Number | Category | Cell | Date
