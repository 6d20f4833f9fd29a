"""The symbolic data frame: every column of PyCaret's frame as a function of the raw inputs.

A column is kept in its laziest form for as long as possible and only becomes nodes when an
estimator or an arithmetic step asks for a matrix. So a chain of imputer, rare-category grouping
and encoder on a text column costs one or two nodes, whatever its length.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import helper

from pipeline.convert.graph import (
    BOOL,
    DOUBLE,
    ELEMENT_TYPES,
    FLOAT,
    INT64,
    STRING,
    Graph,
    Tensor,
)
from pipeline.errors import ConversionError

LARGEST_EXACT_INTEGER = 2**24
"""float32 holds every integer up to here."""


@dataclass(frozen=True)
class Source:
    """One raw input of the graph and the finite list of its values that fitted steps tell apart.

    Attributes:
        name: the raw column's name.
        tensor: the graph input, (N, 1): double, string, bool or int64 (dates).
        keys: the known values; everything else is "unseen" or missing.
        wide: an integer column whose whole numbers must not be rounded to float32.
        long: PyCaret holds the column as int32 or int64.
        single: PyCaret holds the column as float32.
    """

    name: str
    tensor: Tensor
    keys: tuple[Any, ...] = ()
    wide: bool = False
    long: bool = False
    single: bool = False


@dataclass(frozen=True)
class Fill:
    """What replaces a missing number, in the precision of scikit-learn's imputer.

    The imputer works in one dtype for all its columns: float64 if one of them holds int32 or
    int64, else float32. A missing or fractional value makes its whole column float32.

    Attributes:
        value: float64.
        longs: the imputer's int32 and int64 columns; the value is rounded to float32 in rows
            where none of them is a whole number.
    """

    value: float
    longs: tuple[Source, ...] = ()


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
    """One column of a computed matrix, (N, W) double."""

    matrix: Tensor
    index: int
    width: int


@dataclass(frozen=True)
class Date:
    """A raw date column: (N, 1) int64 nanoseconds since 1970, NaT as the smallest int64."""

    source: Source


Column = Number | Category | Cell | Date


def cells(names: Sequence[str], matrix: Tensor) -> dict[str, Column]:
    """Name the columns of a computed matrix, (N, len(names))."""
    return {name: Cell(matrix, i, len(names)) for i, name in enumerate(names)}


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

    def take(self, indices: Sequence[int] | NDArray[np.int64]) -> Features:
        """A subset of the columns in the given order, as bagging draws them."""
        picked = [int(i) for i in indices]
        if picked == list(range(self.width)):
            return self
        parent = self

        def build(rounding_follows: bool) -> Tensor:
            matrix = parent.rounded if rounding_follows else parent.double
            return matrix.columns(picked)

        return Features(build, len(picked), [self.origins[i] for i in picked])


class Frame:
    """Named columns in PyCaret's order."""

    def __init__(self, graph: Graph, columns: Mapping[str, Column]) -> None:
        self.graph = graph
        self.columns = dict(columns)

    def features(self, names: Sequence[str] | None = None) -> Features:
        """The named columns (all of them by default) as one matrix, not built yet."""
        wanted = [self.columns[n] for n in (self.columns if names is None else names)]
        origins = [c.source.name if isinstance(c, Number) else None for c in wanted]
        return Features(lambda rounding: self._assemble(wanted, rounding), len(wanted), origins)

    def _assemble(self, columns: Sequence[Column], rounding_follows: bool) -> Tensor:
        """each (N, 1) or (N, w) ─Concat─► (N, W) ─Cast float, Cast double─► ─Where(NaN, fill)─►.

        Rounding in one go needs every constant in the matrix to survive it; else only the runs
        of raw numbers are rounded.
        """
        in_one_go = rounding_follows or all(_survives_rounding(c) for c in columns)
        parts: list[Tensor] = []
        for rounded, run in groupby(columns, key=_needs_rounding):
            tensors = self._tensors(list(run))
            if rounded and not in_one_go:
                tensors = [self.graph.concat(tensors).round32()]
            parts.extend(tensors)
        matrix = self.graph.concat(parts)
        if in_one_go and not rounding_follows and any(map(_needs_rounding, columns)):
            matrix = matrix.round32()
        return self._filled(matrix, columns, rounding_follows)

    def _filled(self, matrix: Tensor, columns: Sequence[Column], rounding_follows: bool) -> Tensor:
        """(N, W) ─IsNaN, Where(row of fills)─► (N, W)."""
        fills = [c.fill if isinstance(c, Number) else None for c in columns]
        if all(f is None for f in fills):
            return matrix
        exact = np.array([[np.nan if f is None else f.value for f in fills]], dtype=DOUBLE)
        single = exact.astype(FLOAT).astype(DOUBLE)
        longs = {source.name: source for f in fills if f is not None for source in f.longs}
        row: Tensor | NDArray[np.float64] = single
        if longs and not rounding_follows and not np.array_equal(exact, single, equal_nan=True):
            row = self.graph.where(self._any_whole(list(longs.values())), exact, single)
        return self.graph.where(matrix.isnan(), row, matrix)

    def _any_whole(self, sources: Sequence[Source]) -> Tensor:
        """Rows with a whole number in at least one of the columns: (N, 1) bool."""
        x = self.graph.concat([source.tensor for source in sources])
        whole = x.floor().equal(x)
        if len(sources) == 1:
            return whole
        return whole.cast(FLOAT).reduce("ReduceMax").cast(BOOL)

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
                tensors.append(lookup(self.graph, first.source, table))
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

    def _number(self, source: Source) -> Tensor:
        if source.tensor.dtype != DOUBLE:
            return source.tensor.cast(DOUBLE)
        if not source.wide:
            return source.tensor
        # PyCaret keeps whole numbers as integers; only a fraction makes the column float32.
        x = source.tensor
        return self.graph.where(x.floor().equal(x), x, x.round32())


def lookup(graph: Graph, source: Source, table: NDArray[np.float64]) -> Tensor:
    """Values of a finite function: (len(keys) + 2, W) table -> (N, W) double.

    one column:   (N, 1) ─LabelEncoder(key → value)─► (N, 1) double
    several:      (N, 1) ─LabelEncoder(key → row)─► (N, 1) int64 ─GatherND(table)─► (N, W) double
    The last two rows are for unseen (the default) and missing ('' or NaN).
    """
    rows, codes = np.unique(table, axis=0, return_inverse=True, equal_nan=True)
    codes = codes.reshape(-1)
    if table.shape[1] == 1:
        return _encode(graph, source, table[:, 0])
    picked = _encode(graph, source, codes.astype(INT64))
    return graph.op("GatherND", graph.constant(rows), picked, dtype=DOUBLE)


def _encode(graph: Graph, source: Source, values: NDArray[Any]) -> Tensor:
    """One LabelEncoder; keys that behave like an unseen value are left out."""
    unseen, missing = values[-2], values[-1]
    kept = {k: v for k, v in zip(source.keys, values, strict=False) if not _same(v, unseen)}
    text = source.tensor.dtype == STRING
    kept["" if text else np.nan] = missing
    keys = [str(k).encode() for k in kept] if text else np.array(list(kept), dtype=DOUBLE)
    x = source.tensor if text else source.tensor.cast(DOUBLE)
    if source.single:
        x = x.round32()
    return graph.op(
        "LabelEncoder",
        x,
        dtype=values.dtype,
        domain="ai.onnx.ml",
        keys_tensor=_attribute(STRING if text else DOUBLE, keys),
        values_tensor=_attribute(values.dtype, list(kept.values())),
        default_tensor=_attribute(values.dtype, [unseen]),
    )


def _attribute(dtype: np.dtype[Any], values: Any) -> onnx.TensorProto:
    return helper.make_tensor("", ELEMENT_TYPES[dtype], [len(values)], values)


def _same(a: Any, b: Any) -> bool:
    return bool(a == b or (np.isnan(a) and np.isnan(b)))


def _place(column: Column) -> tuple[Any, ...]:
    """Columns with equal places are neighbours that one tensor can hold."""
    if isinstance(column, Cell):
        return ("cell", column.matrix.name)
    return (type(column).__name__, column.source.name)


def _needs_rounding(column: Column) -> bool:
    return isinstance(column, Number) and not column.source.wide


def _survives_rounding(column: Column) -> bool:
    """Whether float32 rounding leaves the column's values as they are."""
    if isinstance(column, Number):
        return not column.source.wide
    return isinstance(column, Category) and _is_single(column.values)


def _is_single(values: NDArray[np.float64]) -> bool:
    with np.errstate(over="ignore"):
        rounded = values.astype(FLOAT).astype(DOUBLE)
    return bool(np.array_equal(rounded, values, equal_nan=True))
