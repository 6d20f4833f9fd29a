"""Converts steps that drop rows: such rows get a missing prediction."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import BOOL, DOUBLE, INT64, STRING, Tensor
from pipeline.convert.registry import class_key
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Category, Cell, Column, Date, Number
from pipeline.convert.symbolic.lookup import look_up
from pipeline.errors import ConversionError
from pipeline.manifest import UNANSWERED

MISSING_PREDICTION: Mapping[np.dtype[Any], Any] = {
    STRING: UNANSWERED["tensor(string)"],
    INT64: UNANSWERED["tensor(int64)"],
    DOUBLE: UNANSWERED["tensor(double)"],
}


def convert_row_filter(step: Step) -> dict[str, Column]:
    """The columns as they are: no nodes. Which rows stay is `list_required_columns`'s matter."""
    return dict(step.columns)


def drops_rows(transformer: Any) -> bool:
    """Whether a transformer drops rows at prediction time."""
    return class_key(transformer) in CONVERTERS


def list_required_columns(step: Step) -> dict[str, Tensor]:
    """Raw columns without which the step drops a row: (N, 1) double each, NaN where it does.

    Empty for a step that drops no rows.

    Raises:
        ConversionError: one of its columns is no number or category.
    """
    if not drops_rows(step.transformer):
        return {}
    cells: dict[str, Tensor] = {}
    for name in map(str, step.transformer.columns):
        column = step.columns[name]
        if isinstance(column, Date):
            raise ConversionError(f"step {step.name!r}: got a date in column {name!r}")
        cell = _mark_missing(step.graph, column)
        if cell is not None:
            cells[name if isinstance(column, Cell) else column.source.name] = cell
    return cells


def _mark_missing(graph: Graph, column: Number | Category | Cell) -> Tensor | None:
    """(N, 1) double, NaN where the column is missing; None where it never is."""
    if isinstance(column, Cell):
        return column.matrix.columns([column.index])
    if isinstance(column, Number):
        x = column.source.tensor
        return x if x.dtype == DOUBLE and column.fill is None else None
    table = np.where(pd.isna(np.array(column.outcomes, dtype=object)), np.nan, 0.0)
    if not np.isnan(table).any():
        return None
    return look_up(graph, column.source, table[:, np.newaxis])


def find_incomplete_rows(graph: Graph, cells: Mapping[str, Tensor]) -> Tensor:
    """each (N, 1) ─Concat, IsNaN, Cast, ReduceMax, Cast─► (N, 1) bool, true for dropped rows."""
    missing = graph.concat(list(cells.values())).isnan()
    if len(cells) == 1:
        return missing
    return missing.cast(INT64).reduce("ReduceMax").cast(BOOL)


def blank_dropped_rows(output: Tensor, dropped: Tensor, flat: bool) -> Tensor:
    """An output, (N,) if flat, else (N, K), with missing values in dropped rows (N, 1)."""
    nothing = output.graph.constant(np.array([MISSING_PREDICTION[output.dtype]], output.dtype))
    return output.graph.where(dropped.reshape(-1) if flat else dropped, nothing, output)


CONVERTERS: Mapping[str, StepEntry] = {
    "pycaret.DropImputer": StepEntry(
        convert_row_filter,
        "skl2onnx has no converter",
        does="leaves out rows in which one of these is missing",
    ),
}
