"""Converts nearest-neighbour imputation, in the arithmetic of scikit-learn's KNNImputer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.convert.functions.float64 import sum_in_order
from pipeline.convert.functions.incomplete_rows import fill_incomplete_rows
from pipeline.convert.functions.pairwise import apply_by_blocks
from pipeline.convert.graph.tensor import BOOL, DOUBLE, FLOAT, Tensor
from pipeline.convert.steps.simple_imputer import mark_gaps_as_nan
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Cell, Column, Number
from pipeline.convert.symbolic.frame import Frame
from pipeline.convert.symbolic.precision import find_double_rows
from pipeline.errors import ConversionError


@dataclass(frozen=True, eq=False)
class Donors:
    """The fitted rows, M of F columns, and how scikit-learn measures the way to them.

    Attributes:
        rows: (M, F) as fitted, NaN where missing; float32 or float64.
        missing: (M, F) bool.
        dtype: in which distances are kept: float32 if donors and receivers are, else float64.
        k: number of neighbours.
    """

    rows: NDArray[Any]
    missing: NDArray[np.bool_]
    dtype: np.dtype[Any]
    k: int

    @cached_property
    def known(self) -> NDArray[Any]:
        """(M, F) with zeros for missing values."""
        return np.where(self.missing, 0, self.rows)

    def groups(self) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Columns that are imputed from the same rows, and those rows."""
        patterns: dict[bytes, list[int]] = {}
        for column, gaps in enumerate(self.missing.T):
            if not gaps.all():  # scikit-learn drops a column without any value
                patterns.setdefault(gaps.tobytes(), []).append(column)
        for columns in patterns.values():
            yield np.array(columns), np.flatnonzero(~self.missing[:, columns[0]])

    def means(self, columns: NDArray[np.int64]) -> NDArray[np.float64]:
        """(1, C) what a receiver gets that shares no known column with any donor."""
        ma: Any = np.ma
        masked = ma.array(self.rows, mask=self.missing)
        return np.array([[float(masked[:, c].mean()) for c in columns]])


def convert_knn_imputer(step: Step) -> dict[str, Column]:
    """rows with a gap (B, F) ─distances─► (B, M) ─TopK─► (B, k) ─Gather, mean─► (B, F).

    Raises:
        ConversionError: weights, a metric or an indicator that scikit-learn does not default to.
    """
    donors, names = _donors(step), list(step.columns)
    width = len(names)
    numbers = [(i, c) for i, c in enumerate(step.columns.values()) if isinstance(c, Number)]
    integers = [i for i, c in numbers if c.source.tensor in c.precision.integers]
    rounded = [i for i, c in numbers if c.source.tensor in c.precision.rounded]

    def impute(block: Tensor) -> Tensor:
        values = _impute(block, donors)
        values = (
            _round_like_stored(values, block, integers, rounded)
            if step.dtype == DOUBLE
            else values.round32()
        )
        return block.graph.where(block.isnan(), values, block)

    def close(rows: Tensor) -> Tensor:
        return apply_by_blocks(rows, (width, width), len(donors.rows), impute)

    matrix = mark_gaps_as_nan(step, Frame(step.graph, step.columns).features().double)
    matrix = fill_incomplete_rows(matrix, close)
    return {
        name: Cell(matrix, index, width, _origin(column))
        for index, (name, column) in enumerate(step.columns.items())
        if not donors.missing[:, index].all()
    }


def _origin(column: Column) -> str | None:
    return column.source.name if isinstance(column, Number) else None


def _donors(step: Step) -> Donors:
    imputer = step.transformer
    expected = {"weights": "uniform", "metric": "nan_euclidean", "add_indicator": False}
    expected["keep_empty_features"] = False
    for name, value in expected.items():
        if getattr(imputer, name) != value:
            raise ConversionError(
                f"step {step.name!r}: expected {name}={value!r}, got {getattr(imputer, name)!r}",
                hint=f"set {name}={value!r}",
            )
    missing = np.asarray(imputer._mask_fit_X)
    rows = np.where(missing, np.nan, imputer._fit_X).astype(imputer._fit_X.dtype)
    single = rows.dtype == FLOAT and step.dtype == FLOAT
    return Donors(rows, missing, FLOAT if single else DOUBLE, int(imputer.n_neighbors))


def _impute(block: Tensor, donors: Donors) -> Tensor:
    """A value for every cell, needed or not: (B, F) → (B, F) double."""
    distances = _distances(block, donors)
    parts, order = [], []
    for columns, rows in donors.groups():
        near = distances if len(rows) == len(donors.rows) else distances.columns(rows)
        parts.append(_averages(near, donors, columns, rows))
        order.extend(columns.tolist())
    # A column without any value is imputed with whatever comes first, and then dropped.
    everywhere = [order.index(c) if c in order else 0 for c in range(donors.rows.shape[1])]
    values = block.graph.concat(parts)
    return values if everywhere == list(range(len(order))) else values.columns(everywhere)


def _distances(block: Tensor, donors: Donors) -> Tensor:
    """(B, F) → (B, M) in the donors' dtype; +inf for a donor with no column in common.

    |x|² - 2xy + |y|² over the columns that both rows know, scaled up to all columns: first with
    zeros in place of missing values, in float64; then, in the dtype of the data, less the terms
    that have no counterpart. Rounding at each turn as scikit-learn's nan_euclidean_distances,
    because rows that are equally far are common and one digit decides between them.
    """
    gaps = block.isnan()
    x = block.graph.where(gaps, 0.0, block)
    y = donors.known.astype(np.float64)
    norms = np.einsum("ij,ij->i", y, y)
    squared = (x @ (-2.0 * y.T)) + x.reduce("ReduceSumSquare") + norms[np.newaxis]
    squared = squared.cast(donors.dtype).clip(0.0, np.inf)
    if donors.missing.any():
        own = x.cast(donors.dtype)
        squared = squared - (own * own) @ donors.missing.T
    theirs = donors.known.astype(donors.dtype) ** 2
    squared = (squared - gaps.cast(donors.dtype) @ theirs.T).clip(0.0, np.inf)
    return _scale(squared, gaps, donors)


def _scale(squared: Tensor, gaps: Tensor, donors: Donors) -> Tensor:
    """The root of the mean square over common columns times all columns: (B, M)."""
    graph, present = squared.graph, (~gaps).cast(donors.dtype)
    shared = present @ (~donors.missing).T.astype(donors.dtype)
    scaled = squared / shared.clip(1.0, np.inf) * float(donors.rows.shape[1])
    # An overflow is still nearer than a donor with no column in common.
    roots = scaled.sqrt().clip(0.0, float(np.finfo(donors.dtype).max))
    strangers = (shared < 1.0) | roots.isnan()
    return graph.where(strangers, np.array([[np.inf]], dtype=donors.dtype), roots)


def _averages(
    distances: Tensor, donors: Donors, columns: NDArray[np.int64], rows: NDArray[np.int64]
) -> Tensor:
    """(B, M) ─TopK─► (B, k) ─Gather─► (B, k, C) ─sum in order─► ─Div─► (B, C) double.

    Of equally far donors the first counts. The sum is taken in the dtype of the fitted rows.
    """
    graph, k = distances.graph, min(donors.k, len(rows))
    nearest, places = distances.topk(k, largest=False)
    table = np.ascontiguousarray(donors.rows[np.ix_(rows, columns)])
    picked = graph.constant(table).gather(places, axis=0)
    mean = sum_in_order(picked, k).cast(DOUBLE) / float(k)
    alone = nearest.columns([0]).unary("IsInf", BOOL)
    return graph.where(alone, donors.means(columns), mean)


def _round_like_stored(
    values: Tensor, block: Tensor, integers: Sequence[int], rounded: Sequence[int]
) -> Tensor:
    """Values rounded to float32 in rows where none of the int32 and int64 columns is whole.

    A missing or fractional value makes such a column float32, and with it the imputer's output; so
    does, to the graph, a number that it has rounded itself.
    """
    if not integers:
        return values
    whole = find_double_rows(
        [block.columns([i]) for i in integers], [block.columns([i]) for i in rounded]
    )
    return block.graph.where(whole, values, values.round32())


CONVERTERS: Mapping[str, StepEntry] = {
    "sklearn.KNNImputer": StepEntry(
        convert_knn_imputer,
        "skl2onnx computes distances in another precision and order",
        does="fills missing values from the {t.n_neighbors} nearest rows",
    ),
}
