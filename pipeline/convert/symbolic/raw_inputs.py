"""Declares the raw columns of a table as inputs of the graph."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import BOOL, DOUBLE, FLOAT, INT64, STRING
from pipeline.convert.pycaret_pipeline import list_feature_steps
from pipeline.convert.registry import class_key
from pipeline.convert.steps import categorical, dates, dropped_rows
from pipeline.convert.support.caveat import Caveat
from pipeline.convert.symbolic.columns import Category, Column, Date, Number, RawInput
from pipeline.convert.symbolic.precision import (
    IN_DOUBLE,
    IN_SINGLE,
    LARGEST_EXACT_INTEGER,
    Precision,
)
from pipeline.manifest.columns import Kind

UNSEEN = "\x00unseen"
SAMPLE_ROWS = 200

DTYPES: Mapping[Kind, np.dtype[Any]] = {
    "number": DOUBLE,
    "text": STRING,
    "boolean": BOOL,
    "date": INT64,
}


def declare_raw_columns(graph: Graph, pipeline: Any, rows: pd.DataFrame) -> dict[str, Column]:
    """Declare one input per column; text and encoded columns come as finite functions.

    Args:
        graph: where the inputs go.
        pipeline: its fitted encoders say which values of a column they can tell apart.
        rows: the table's features in the dtypes of predict_model.
    """
    keys = _keys(pipeline, rows)
    wide = any(_is_wide(rows[name]) for name in rows.columns)
    columns = {}
    for name in rows.columns:
        source = _source(graph, rows[name], keys.get(name), wide)
        columns[source.name] = _column(source, rows[name])
    return columns


def declare_given_columns(
    graph: Graph, rows: pd.DataFrame, categories: Mapping[str, Sequence[Any]]
) -> dict[str, Column]:
    """Declare one input per column of a table that goes to a model as it is, in its own dtypes.

    Args:
        graph: where the inputs go.
        rows: the table; whole numbers count as float64, as scikit-learn makes them.
        categories: values that the model's encoders know, by column; those of text that only the
            table holds are added.
    """
    columns: dict[str, Column] = {}
    for name in map(str, rows):
        values, known = rows[name], list(categories.get(name, ()))
        if isinstance(values.dtype, pd.CategoricalDtype):
            known = [*values.dtype.categories]
        elif choose_kind(values.dtype) == "text":
            known = list(dict.fromkeys([*_distinct(values), *known]))
        precision = IN_SINGLE if values.dtype == FLOAT else IN_DOUBLE
        source = replace(_source(graph, values, known, wide=False), precision=precision)
        column = _column(source, values)
        if isinstance(column, Number):
            column = replace(column, precision=precision)
        columns[name] = column
    return columns


def sample_rows(pipeline: Any, rows: pd.DataFrame) -> pd.DataFrame:
    """The first rows that no step drops.

    Rows with dates where the first ones lack more of them than the table does: PyCaret would leave
    the dates' features out.
    """
    droppers = [
        w.transformer
        for _, w in list_feature_steps(pipeline)
        if dropped_rows.drops_rows(w.transformer)
    ]
    kept = rows.dropna(subset=[c for d in droppers for c in d.columns if c in rows])
    dated = [c for c in kept if choose_kind(kept[c].dtype) == "date"]
    sample = kept.head(SAMPLE_ROWS)
    lost = [
        c
        for c in dated
        if dates.lacks_too_many_dates(sample[c]) and not dates.lacks_too_many_dates(rows[c])
    ]
    return kept.dropna(subset=lost).head(SAMPLE_ROWS)


def choose_kind(dtype: Any) -> Kind:
    """The kind of graph input that carries a column of this dtype."""
    if isinstance(dtype, pd.CategoricalDtype):
        return choose_kind(dtype.categories.dtype)
    if pd.api.types.is_bool_dtype(dtype):
        return "boolean"
    if pd.api.types.is_datetime64_any_dtype(dtype):
        return "date"
    return "number" if pd.api.types.is_numeric_dtype(dtype) else "text"


def _keys(pipeline: Any, rows: pd.DataFrame) -> dict[str, list[Any]]:
    """The values that steps can tell apart, for every column that has finitely many."""
    keys = {str(c): _distinct(rows[c]) for c in rows if choose_kind(rows[c].dtype) == "text"}
    for _, wrapper in list_feature_steps(pipeline):
        if class_key(wrapper.transformer) not in categorical.CONVERTERS:
            continue
        for name in wrapper._include or []:
            if name in rows and categorical.changes_column(wrapper.transformer, name):
                known = keys.get(name) or _distinct(rows[name])
                found = list(dict.fromkeys(known + _find_categories(wrapper.transformer, name)))
                # An encoder of numbers knows text only from a step before it, such as "rare".
                text = choose_kind(rows[name].dtype) == "text"
                keys[name] = [v for v in found if text or not isinstance(v, str)]
    return keys


def _distinct(values: pd.Series) -> list[Any]:
    return list(pd.unique(values.dropna()))


def _find_categories(transformer: Any, name: str) -> list[Any]:
    """Categories that an encoder was given or learned for a column."""
    values: list[Any] = []
    for encoder in (transformer, getattr(transformer, "ordinal_encoder", None)):
        found = getattr(encoder, "mapping", None)
        for entry in found if isinstance(found, list) else ():
            if entry["col"] == name and isinstance(entry["mapping"], pd.Series):
                values += list(entry["mapping"].index.dropna())
        # Counting encoders may know the joint name of small groups, others number their keys.
        if isinstance(found, dict) and name in found:
            values += [v for v in found[name].index.dropna() if isinstance(v, str)]
    learned = getattr(transformer, "categories_", None)  # scikit-learn's encoders
    if isinstance(learned, list):
        position = list(transformer.feature_names_in_).index(name)
        values += list(pd.Series(learned[position]).dropna())
    return values


def _is_wide(values: pd.Series) -> bool:
    """Whether a column holds integers that float32 cannot hold."""
    integers = pd.api.types.is_integer_dtype(values.dtype)
    return integers and float(np.abs(values.astype(float)).max()) > LARGEST_EXACT_INTEGER


EMPTY_TEXT = Caveat.when_prepared(
    "empty text among the categories of a table that Python hands over",
    instead="make empty text missing before training",
)


def _source(graph: Graph, values: pd.Series, keys: Sequence[Any] | None, wide: bool) -> RawInput:
    name, sort = str(values.name), choose_kind(values.dtype)
    if keys is not None and "" in keys:
        raise EMPTY_TEXT.error(f"column {name!r} has empty text, which means missing in ONNX")
    integers, tensor = pd.api.types.is_integer_dtype(values.dtype), graph.input(name, DTYPES[sort])
    return RawInput(
        name=name,
        tensor=tensor,
        keys=tuple(keys or ()),
        # One such column makes PyCaret's answers differ between batches of integers and of
        # floats; then every integer column is kept exact, as in a batch of integers.
        precision=Precision((tensor,)) if integers and wide else IN_SINGLE,
    )


def _column(source: RawInput, values: pd.Series) -> Column:
    sort = choose_kind(values.dtype)
    if sort == "date":
        return Date(source)
    if not source.keys and sort != "text":
        return Number(source, precision=_precision(source, values))
    if sort == "text":
        return Category(source, (*source.keys, UNSEEN, None))
    if sort == "boolean":
        # Neither can reach a bool tensor; a known value keeps the probe's dtype.
        return Category(source, (*source.keys, source.keys[0], source.keys[0]))
    unseen = float(np.nextafter(max(map(float, source.keys)), np.inf)) + 1.0
    return Category(source, (*source.keys, unseen, np.nan))


def _precision(source: RawInput, values: pd.Series) -> Precision:
    """In which precision a raw column's numbers make a matrix."""
    if not pd.api.types.is_integer_dtype(values.dtype):
        return IN_SINGLE
    is_long, is_rounded = values.to_numpy().itemsize >= 4, source.precision == IN_SINGLE
    own = (source.tensor,)
    return Precision(own if is_long else (), rounded=own if is_rounded else ())
