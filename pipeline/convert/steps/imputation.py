"""Simple imputation, numeric and categorical."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.convert.frame import Category, Cell, Column, Date, Number, filled
from pipeline.convert.graph import DOUBLE, FLOAT
from pipeline.convert.registry import Entry
from pipeline.convert.steps.finite import evaluated
from pipeline.convert.steps.step import Converter, Step
from pipeline.errors import ConversionError


def simple_imputer(step: Step) -> dict[str, Column]:
    """raw number: remembered, costs nothing; computed: (N, 1) ─IsNaN, Where(fill)─► (N, 1)."""
    if all(isinstance(c, Category) for c in step.columns.values()):
        return evaluated(step)
    statistics = dict(zip(step.columns, step.transformer.statistics_, strict=True))
    return {
        name: _imputed(step, name, column, statistics[name])
        for name, column in step.columns.items()
        if name in step.after  # scikit-learn drops a column without any value
    }


def _imputed(step: Step, name: str, column: Column, statistic: Any) -> Column:
    if pd.isna(statistic):
        return column
    # A batch that scikit-learn holds as float32 also gets its mean in float32.
    value = float(FLOAT.type(statistic) if step.after[name].dtype == FLOAT else statistic)
    if isinstance(column, Number):
        return filled(column, value)
    if isinstance(column, Category):
        fill = [value if pd.isna(v) else v for v in column.outcomes]
        return Category(column.source, tuple(fill))
    if isinstance(column, Date):
        raise ConversionError(f"step {step.name!r}: got a date in column {name!r}")
    x = column.matrix.columns([column.index])
    return Cell(step.graph.where(x.isnan(), np.array([[value]], dtype=DOUBLE), x), 0, 1)


CONVERTERS: Mapping[str, Entry[Converter]] = {
    "sklearn.SimpleImputer": Entry(
        simple_imputer, "skl2onnx refuses missing text and writes a float32-only operator"
    ),
}
