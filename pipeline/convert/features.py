"""The matrix that an estimator reads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property

from pipeline.convert.tensor import DOUBLE, FLOAT, Tensor


class Features:
    """The matrix an estimator reads, (N, width), in the precision it asks for.

    Args:
        build: emits the matrix as double; its argument says that the caller will round the result
            to float32 anyway, so rounding of single columns can be left out.
        width: number of columns.
        origins: for each column the raw numeric input it equals, or None.
    """

    def __init__(
        self,
        build: Callable[[bool], Tensor],
        width: int,
        origins: Sequence[str | None] = (),
    ) -> None:
        self._build = build
        self.width = width
        self.origins: tuple[str | None, ...] = tuple(origins) or (None,) * width

    @classmethod
    def of(cls, matrix: Tensor, width: int) -> Features:
        """Features that are computed already, (N, width) double."""
        return cls(lambda _: matrix, width)

    @cached_property
    def double(self) -> Tensor:
        """(N, width) float64: what NumPy-based estimators compute with."""
        return self._build(False)

    @cached_property
    def single(self) -> Tensor:
        """(N, width) float32: what xgboost and catboost read."""
        return self._build(True).cast(FLOAT)

    @cached_property
    def rounded(self) -> Tensor:
        """(N, width) float64 holding float32 values: what scikit-learn's trees compare."""
        return self.single.cast(DOUBLE)
