"""The symbolic data frame: every column of PyCaret's frame as a function of the raw inputs.

A column is kept in its laziest form for as long as possible and only becomes nodes when an
estimator or an arithmetic step asks for a matrix. So a chain of imputer, rare-category grouping
and encoder on a text column costs one or two nodes, whatever its length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, Tensor
from pipeline.convert.symbolic.columns import Category, Cell, Column, Number, RawInput
from pipeline.convert.symbolic.features import Categories, Features
from pipeline.convert.symbolic.lookup import look_up
from pipeline.convert.symbolic.precision import IN_SINGLE, Precision, in_single
from pipeline.errors import ConversionError


class Frame:
    """Named columns in PyCaret's order.

    Attributes:
        columns: the columns as they are by now.
        required: raw columns without which a step dropped a row: (N, 1) double each, NaN there.
    """

    def __init__(self, graph: Graph, columns: Mapping[str, Column]) -> None:
        self.graph = graph
        self.columns = dict(columns)
        self.required: dict[str, Tensor] = {}

    def features(
        self, names: Sequence[str] | None = None, categorical: Sequence[str] = ()
    ) -> Features:
        """The named columns (all of them by default) as one matrix, not built yet.

        `categorical` names those that are of pandas' category dtype there.
        """
        wanted = [self.columns[n] for n in (self.columns if names is None else names)]
        origins = [_origin(c) for c in wanted]

        def coded(categories: Categories) -> Features:
            pairs = zip(categorical, categories, strict=True)
            codes = {name: _encode(name, self.columns[name], known) for name, known in pairs}
            return Frame(self.graph, {**self.columns, **codes}).features(names)

        return Features(lambda dtype: self._assemble(wanted, dtype), len(wanted), origins, coded)

    def _assemble(self, columns: Sequence[Column], dtype: np.dtype[Any]) -> Tensor:
        """each (N, 1) or (N, w) ─Concat─► (N, W) ─Cast float, Cast double─► ─Where(NaN, fill)─►.

        Rounding in one go needs every constant in the matrix to survive it; else only the runs
        of raw numbers are rounded. A matrix of float32 rounds everything at last.
        """
        in_one_go = dtype == FLOAT or all(_survives_rounding(c) for c in columns)
        parts: list[Tensor] = []
        for rounded, run in groupby(columns, key=_needs_rounding):
            tensors = self._tensors(list(run))
            if rounded and not in_one_go:
                tensors = [self.graph.concat(tensors).round32()]
            parts.extend(tensors)
        matrix = self.graph.concat(parts)
        if in_one_go and dtype == DOUBLE and any(map(_needs_rounding, columns)):
            matrix = matrix.round32()
        return self._filled(matrix, columns, dtype).cast(dtype)

    def _filled(self, matrix: Tensor, columns: Sequence[Column], dtype: np.dtype[Any]) -> Tensor:
        """(N, W) ─IsNaN, Where(row of fills)─► (N, W)."""
        fills = [c.fill if isinstance(c, Number) else None for c in columns]
        if all(f is None for f in fills):
            return matrix
        exact = np.array([[np.nan if f is None else f.value for f in fills]], dtype=DOUBLE)
        row: Tensor | NDArray[np.float64] = in_single(exact)
        if dtype == DOUBLE and not _is_single(exact):
            precision = Precision.join(f.precision for f in fills if f is not None)
            row = precision.choose(exact, in_single(exact))
        return self.graph.where(matrix.isnan(), row, matrix)

    def _tensors(self, columns: Sequence[Column]) -> list[Tensor]:
        """The columns as tensors side by side; neighbours from one place stay one tensor."""
        tensors: list[Tensor] = []
        for place, run in groupby(columns, key=_place):
            group = list(run)
            first = group[0]
            if isinstance(first, Number):
                tensors.append(self._number(first.source))
            elif isinstance(first, Category):
                table = np.column_stack([c.values for c in group if isinstance(c, Category)])
                tensors.append(look_up(self.graph, first.source, table))
            elif isinstance(first, Cell):
                indices = [c.index for c in group if isinstance(c, Cell)]
                whole = indices == list(range(first.width))
                tensors.append(first.matrix if whole else first.matrix.columns(indices))
            else:
                raise ConversionError(
                    f"date column {first.source.name!r} reaches the estimator as a date",
                    hint="leave its date features on, or ignore the column",
                    place=place,
                )
        return tensors

    def _number(self, source: RawInput) -> Tensor:
        """What _assemble rounds in one go is left unrounded here."""
        rounded_later = source.tensor.dtype == DOUBLE and source.precision == IN_SINGLE
        return source.tensor if rounded_later else source.numbers


def _encode(name: str, column: Column, known: Sequence[Any]) -> Category:
    """A category's position among the known ones; NaN for all others and for missing."""
    if not isinstance(column, Category):
        raise ConversionError(
            f"column {name!r}: expected a category with finitely many values, "
            f"got a {type(column).__name__.lower()}"
        )
    codes = {value: float(position) for position, value in enumerate(known)}
    outcomes = (np.nan if pd.isna(v) else codes.get(v, np.nan) for v in column.outcomes)
    return Category(column.source, tuple(outcomes))


def _origin(column: Column) -> str | None:
    """The raw numeric column that a column equals where that is not missing."""
    if isinstance(column, Number):
        return column.source.name
    return column.origin if isinstance(column, Cell) else None


def _place(column: Column) -> tuple[Any, ...]:
    """Columns with equal places are neighbours that one tensor can hold."""
    if isinstance(column, Cell):
        return ("cell", column.matrix.name)
    return (type(column).__name__, column.source.name)


def _needs_rounding(column: Column) -> bool:
    return isinstance(column, Number) and column.source.precision == IN_SINGLE


def _survives_rounding(column: Column) -> bool:
    """Whether float32 rounding leaves the column's values as they are."""
    if isinstance(column, Number):
        return column.source.precision == IN_SINGLE
    return isinstance(column, Category) and _is_single(column.values)


def _is_single(values: NDArray[np.float64]) -> bool:
    return bool(np.array_equal(in_single(values), values, equal_nan=True))
