"""Converts simple imputation, numeric and categorical."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.convert.graph.tensor import DOUBLE, Tensor
from pipeline.convert.steps.categorical import tabulate_categories
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Category, Cell, Column, Date, Fill, Number
from pipeline.convert.symbolic.frame import Frame
from pipeline.convert.symbolic.precision import Precision
from pipeline.errors import ConversionError


def convert_simple_imputer(step: Step) -> dict[str, Column]:
    """raw number: remembered, costs nothing; computed: (N, 1) ─IsNaN, Where(fill)─► (N, 1)."""
    if all(isinstance(c, Category) for c in step.columns.values()):
        return tabulate_categories(step)
    numbers = (column for column in step.columns.values() if isinstance(column, Number))
    precision = Precision.join(column.precision for column in numbers)
    statistics = dict(zip(step.columns, step.transformer.statistics_, strict=True))
    imputed = {
        name: _impute(step, column, statistics[name], precision)
        for name, column in step.columns.items()
        if name in step.after  # scikit-learn drops a column without any value
    }
    return imputed | _indicators(step)


def _indicators(step: Step) -> dict[str, Column]:
    """With add_indicator, 1 for what was missing in each column that had gaps: (N, C) double."""
    indicator = step.transformer.indicator_
    if indicator is None or not len(indicator.features_):
        return {}
    places = indicator.features_.tolist()
    x = mark_gaps_as_nan(step, Frame(step.graph, step.columns).features().double)
    names = list(map(str, step.made.columns[-len(places) :]))
    return step.cells(x.columns(places).isnan().cast(DOUBLE), names)


def _impute(step: Step, column: Column, statistic: Any, precision: Precision) -> Column:
    if pd.isna(statistic):
        return column
    value = float(statistic)
    if isinstance(column, Number) and pd.isna(step.transformer.missing_values):
        fill = column.fill or Fill(value, precision)
        return replace(column, fill=fill, precision=precision)
    if isinstance(column, Category):
        return replace(column, outcomes=tuple(value if pd.isna(v) else v for v in column.outcomes))
    if isinstance(column, Date):
        raise ConversionError(f"step {step.name!r}: got a date in column {column.source.name!r}")
    x = mark_gaps_as_nan(step, Frame(step.graph, {"x": column}).features().double)
    filled = np.array([[value]], dtype=step.dtype).astype(DOUBLE)
    return Cell(step.graph.where(x.isnan(), filled, x), 0, 1)


def mark_gaps_as_nan(step: Step, x: Tensor) -> Tensor:
    """The step's numbers, (N, W) double, with NaN where they are what it takes for missing."""
    mark = step.transformer.missing_values
    if pd.isna(mark):
        return x
    return step.graph.where(x.equal(float(step.dtype.type(mark))), float("nan"), x)


def _fills(t: Any) -> str:
    if t.strategy == "constant":
        return f"fills missing values with {t.fill_value!r}"
    value = "most frequent value" if t.strategy == "most_frequent" else t.strategy
    return f"fills missing values with the column's {value}"


CONVERTERS: Mapping[str, StepEntry] = {
    "sklearn.SimpleImputer": StepEntry(
        convert_simple_imputer,
        "skl2onnx refuses missing text and writes a float32-only operator",
        does=_fills,
    ),
}
