"""The matrix that an estimator reads, in the precision that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.graph.tensor import DOUBLE, FLOAT, Tensor
from pipeline.errors import ConversionError

Categories = Sequence[Sequence[Any]]
"""The known values of every column of pandas' category dtype, in the order of the columns."""


class Features:
    """The matrix an estimator reads, (N, width), in the precision it asks for.

    Args:
        build: emits the matrix in float32 or float64; in float32 no column needs to be rounded
            beforehand.
        width: number of columns.
        origins: for each column the raw numeric input it equals, or None.
        code: the same columns with codes for the values of pandas' categories.
    """

    def __init__(
        self,
        build: Callable[[np.dtype[Any]], Tensor],
        width: int,
        origins: Sequence[str | None] = (),
        code: Callable[[Categories], Features] | None = None,
    ) -> None:
        self._build = build
        self._code = code
        self.width = width
        self.origins: tuple[str | None, ...] = tuple(origins) or (None,) * width

    @classmethod
    def of(cls, matrix: Tensor, width: int) -> Features:
        """Features that are computed already, (N, width) double."""
        return cls(matrix.cast, width)

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Features:
        """Some of the columns, in any order and as often as asked."""
        picked = [int(i) for i in indices]
        if picked == list(range(self.width)):
            return self
        return Features(
            lambda dtype: self.read(dtype).columns(picked),
            len(picked),
            [self.origins[i] for i in picked],
        )

    def coded(self, categories: Categories) -> Features:
        """Each column of pandas' category dtype as the values' positions, NaN for all others.

        Raises:
            ConversionError: the columns are computed, so nobody knows their dtypes.
        """
        if not categories:
            return self
        if self._code is None:
            raise ConversionError(
                "pandas' categories: expected the table's own columns, got a computed matrix",
                hint="let PyCaret encode the categories (preprocess = true)",
            )
        return self._code(categories)

    def read(self, dtype: np.dtype[Any]) -> Tensor:
        """(N, width) float32 or float64."""
        return self.single if dtype == FLOAT else self.double

    @cached_property
    def double(self) -> Tensor:
        """(N, width) float64: what NumPy-based estimators compute with."""
        return self._build(DOUBLE)

    @cached_property
    def single(self) -> Tensor:
        """(N, width) float32: what xgboost and catboost read."""
        return self._build(FLOAT)

    @cached_property
    def rounded(self) -> Tensor:
        """(N, width) float64 holding float32 values: what scikit-learn's trees compare."""
        return self.single.cast(DOUBLE)
