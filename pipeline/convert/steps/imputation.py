"""Simple imputation, numeric and categorical."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.convert.columns import Category, Cell, Column, Date, Fill, Number, Source
from pipeline.convert.registry import Entry
from pipeline.convert.steps.finite import evaluated
from pipeline.convert.steps.step import Converter, Step
from pipeline.convert.tensor import DOUBLE
from pipeline.errors import ConversionError


def simple_imputer(step: Step) -> dict[str, Column]:
    """raw number: remembered, costs nothing; computed: (N, 1) ─IsNaN, Where(fill)─► (N, 1)."""
    if all(isinstance(c, Category) for c in step.columns.values()):
        return evaluated(step)
    sources = [c.source for c in step.columns.values() if isinstance(c, Number)]
    longs = tuple(source for source in sources if source.long)
    statistics = dict(zip(step.columns, step.transformer.statistics_, strict=True))
    return {
        name: _imputed(step, column, statistics[name], longs)
        for name, column in step.columns.items()
        if name in step.after  # scikit-learn drops a column without any value
    }


def _imputed(step: Step, column: Column, statistic: Any, longs: tuple[Source, ...]) -> Column:
    if pd.isna(statistic):
        return column
    value = float(statistic)
    if isinstance(column, Number):
        return column if column.fill else replace(column, fill=Fill(value, longs))
    if isinstance(column, Category):
        return replace(column, outcomes=tuple(value if pd.isna(v) else v for v in column.outcomes))
    if isinstance(column, Date):
        raise ConversionError(f"step {step.name!r}: got a date in column {column.source.name!r}")
    x = column.matrix.columns([column.index])
    return Cell(step.graph.where(x.isnan(), np.array([[value]], dtype=DOUBLE), x), 0, 1)


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.SimpleImputer": Entry(
        simple_imputer, "skl2onnx refuses missing text and writes a float32-only operator"
    ),
}
