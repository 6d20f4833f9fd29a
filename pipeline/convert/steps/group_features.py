"""Converts statistics of column groups, computed row by row as in pandas and SciPy."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from pipeline.convert.functions.float64 import sum_rows
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, Tensor
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Column, Number
from pipeline.convert.symbolic.precision import Precision


def convert_group_features(step: Step) -> dict[str, Column]:
    """each group's (N, G) ─min, max, mean, std, median, mode─► one matrix (N, 6)."""
    columns = dict(step.columns)
    for name, group in step.transformer.group_features.items():
        members = [str(member) for member in group if member in step.columns]
        if members:
            columns |= _statistics(step, name, members)
        if step.transformer.drop_groups:
            columns = {n: c for n, c in columns.items() if n not in members}
    return columns


def _statistics(step: Step, name: str, members: list[str]) -> dict[str, Column]:
    group = replace(step, columns={member: step.columns[member] for member in members})
    complete = all(isinstance(c, Number) and c.fill for c in group.columns.values())
    names, matrix = _compute(group.matrix, len(members), complete)
    imputed = (c for c in group.columns.values() if isinstance(c, Number) and c.fill)
    precision = Precision.join(column.precision for column in imputed)
    if group.dtype == DOUBLE and precision.integers:
        # Where the imputer hands on float32, pandas stays in it.
        _, single = _compute(group.matrix.cast(FLOAT), len(members), complete)
        matrix = precision.choose(matrix, single)
    return group.cells(matrix, [f"{statistic}({name})" for statistic in names])


def _compute(x: Tensor, width: int, complete: bool) -> tuple[list[str], Tensor]:
    """The statistics' names, and their values, (N, 6) double."""
    found = dict(_Rows(x, width, complete).statistics())
    return list(found), x.graph.concat([value.cast(DOUBLE) for value in found.values()])


class _Rows:
    """The rows of one group, (N, G), in float32 or float64; every result is (N, 1).

    Rows that are complete, because the numbers were imputed, need no second thoughts.
    """

    def __init__(self, x: Tensor, width: int, complete: bool) -> None:
        self.x = x
        self.width = width
        self.missing = None if complete else x.isnan()

    def statistics(self) -> Iterator[tuple[str, Tensor]]:
        """In PyCaret's order."""
        yield "min", self._or_missing(self._low.reduce("ReduceMin"), np.inf)
        yield "max", self._or_missing(self._filled(-np.inf).reduce("ReduceMax"), -np.inf)
        yield "mean", self._total(self.x.dtype) / self._present(self.x.dtype)
        yield "std", self._deviation()
        yield "median", self._median()
        yield "mode", self._mode()

    @cached_property
    def _low(self) -> Tensor:
        """The rows with missing numbers at the upper end."""
        return self._filled(np.inf)

    def _filled(self, value: float, rows: Tensor | None = None) -> Tensor:
        """The rows (or others of their shape) with a value in place of missing numbers."""
        rows = self.x if rows is None else rows
        if self.missing is None:
            return rows
        return self.x.graph.where(self.missing, np.array(value, dtype=rows.dtype), rows)

    def _or_missing(self, found: Tensor, unused: float) -> Tensor:
        """NaN where a result is the value that stood in for missing numbers."""
        if self.missing is None:
            return found
        return self.x.graph.where(found.equal(unused), np.array(np.nan, found.dtype), found)

    def _present(self, dtype: np.dtype[Any]) -> Tensor | float:
        """How many numbers a row has."""
        if self.missing is None:
            return float(self.width)
        return (~self.missing).cast(dtype).sum()

    def _total(self, dtype: np.dtype[Any]) -> Tensor:
        return sum_rows(self._filled(0.0).cast(dtype), self.width)

    def _deviation(self) -> Tensor:
        """pandas' nanstd with ddof 0: sums in double, differences in the rows' own dtype."""
        mean = self._total(DOUBLE) / self._present(DOUBLE)
        gap = mean.cast(self.x.dtype) - self.x
        squares = self._filled(0.0, gap * gap).cast(DOUBLE)
        variance = sum_rows(squares, self.width) / self._present(DOUBLE)
        return variance.cast(self.x.dtype).sqrt()

    def _median(self) -> Tensor:
        """np.median: a missing number makes it missing."""
        ordered, _ = self._low.topk(self.width, largest=False)
        low, high = (self.width - 1) // 2, self.width // 2
        middle = ordered.columns([low])
        if high > low:
            middle = (middle + ordered.columns([high])) / 2.0
        if self.missing is None:
            return middle
        whole = ordered.columns([self.width - 1]) < np.inf
        return self.x.graph.where(whole, middle, np.array(np.nan, middle.dtype))

    def _mode(self) -> Tensor:
        """scipy.stats.mode: the smallest of the most frequent; missing numbers are one value."""
        across = self._low.reshape(-1, 1, self.width)
        down = self._low.reshape(-1, self.width, 1)
        counts = across.equal(down).cast(self.x.dtype).sum(axis=2, keepdims=False)
        most = counts.equal(counts.reduce("ReduceMax"))
        smallest = self.x.graph.where(most, self._low, np.array(np.inf, self.x.dtype))
        return self._or_missing(smallest.reduce("ReduceMin"), np.inf)


CONVERTERS: Mapping[str, StepEntry] = {
    "pycaret.GroupFeatures": StepEntry(
        convert_group_features,
        "skl2onnx has no converter",
        does="adds figures of groups of columns, such as their mean",
    ),
}
