"""Steps on columns with finitely many values: encoders, rare-category grouping.

The fitted transformer itself is evaluated once for every value it can tell apart, so its rules
for unseen and missing values are its own, and so are its numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.convert.columns import Category, Column
from pipeline.convert.registry import Entry
from pipeline.convert.steps.step import Converter, Step
from pipeline.convert.tensor import FLOAT
from pipeline.errors import ConversionError


def evaluated(step: Step) -> dict[str, Column]:
    """A row-wise transformer of categories, as tables: each column varies while the others rest.

    Raises:
        ConversionError: an included column is not finite, or an output depends on two columns.
    """
    categories = _categories(step)
    probe, blocks = _probe(step, categories)
    result: pd.DataFrame = step.wrapper.transform(probe.copy())
    if len(result) != len(probe):
        raise ConversionError(f"step {step.name!r} changes the number of rows")
    columns: dict[str, Column] = {}
    for name in result.columns:
        values = _in_dtype_of(step.after, str(name), result[name])
        owner = _owner(step, str(name), values, blocks)
        outcomes = values[blocks[owner]]
        columns[str(name)] = Category(categories[owner].source, tuple(outcomes))
    return columns


def _categories(step: Step) -> dict[str, Category]:
    categories = {n: c for n, c in step.columns.items() if isinstance(c, Category)}
    rest = sorted(step.columns.keys() - categories.keys())
    if rest:
        raise ConversionError(
            f"step {step.name!r}: expected columns with finitely many values, got {rest}",
            hint="declare them categorical, or leave them out of this step",
        )
    return categories


def _probe(step: Step, categories: Mapping[str, Category]) -> tuple[pd.DataFrame, dict[str, slice]]:
    """Rows that run through each column's outcomes in turn, and which rows are whose."""
    total = sum(len(c.outcomes) for c in categories.values())
    rows: dict[str, Any] = {}
    blocks: dict[str, slice] = {}
    start = 0
    for name, category in categories.items():
        values = [category.outcomes[0]] * total
        blocks[name] = slice(start, start + len(category.outcomes))
        values[blocks[name]] = category.outcomes
        start = blocks[name].stop
        rows[name] = _like(step.before[name].dtype, values)
    return pd.DataFrame(rows), blocks


def _like(dtype: Any, values: list[Any]) -> pd.Series:
    """The values in the dtype that the step met, as far as missing ones allow."""
    series = pd.Series([np.nan if v is None else v for v in values], dtype=object)
    if isinstance(dtype, pd.CategoricalDtype):
        return series.astype("category")
    return series if pd.api.types.is_object_dtype(dtype) else series.astype(float)


def _in_dtype_of(after: pd.DataFrame, name: str, values: pd.Series) -> np.ndarray[Any, Any]:
    if name in after and after[name].dtype == FLOAT:
        return np.asarray(values.astype(FLOAT).astype(float), dtype=object)
    return np.asarray(values, dtype=object)


def _owner(step: Step, name: str, values: np.ndarray[Any, Any], blocks: Mapping[str, slice]) -> str:
    """The one column that an output column follows; any column will do for a constant."""
    owners = [column for column, block in blocks.items() if _varies(values[block])]
    if len(owners) > 1:
        raise ConversionError(
            f"step {step.name!r}: expected column {name!r} to follow one column, got {owners}"
        )
    return owners[0] if owners else next(iter(blocks))


def _varies(values: np.ndarray[Any, Any]) -> bool:
    return len(pd.unique(pd.Series(values, dtype=object))) > 1


CONVERTERS: Mapping[str, Entry[Converter]] = {
    name: Entry(evaluated, "skl2onnx has no converter")
    for name in (
        "category_encoders.OneHotEncoder",
        "category_encoders.OrdinalEncoder",
        "category_encoders.TargetEncoder",
        "pycaret.RareCategoryGrouping",
    )
}
