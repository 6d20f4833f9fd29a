"""Converts tables and columns of other libraries to lists and NumPy arrays.

Known by their methods: pandas, polars and pyarrow are used where one of theirs is given, and
imported here only where pyarrow's has come.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError
from pipeline.manifest.columns import Input

Tensor = NDArray[Any]
Values = Sequence[Any] | Tensor
"""A list of Python objects, or an array of a typed (never object) dtype."""


def find_repeated(names: Iterable[Any]) -> list[Any]:
    """The names that are there more than once, each once."""
    return [name for name, count in Counter(names).items() if count > 1]


def column_names(table: Any) -> list[Any]:
    """Names of a table's columns, twins included.

    Args:
        table: a mapping, a data frame of pandas or polars, a table of pyarrow, or records: a list
            of mappings, which need not have the same keys.

    Raises:
        DataError: it is none of them.
    """
    if isinstance(table, Mapping):
        return list(table)
    if _are_records(table):
        return list(dict.fromkeys(name for row in table for name in row))
    if hasattr(table, "column_names"):
        return list(table.column_names)
    if hasattr(table, "column") and hasattr(table, "schema"):
        return list(table.schema.names)
    if hasattr(table, "__len__") and hasattr(table, "columns"):  # a lazy frame has no length
        return list(table.columns)
    raise DataError(
        f"got {type(table).__name__}, expected a table",
        hint="Give a mapping of columns, records, or a frame of pandas, polars or pyarrow; "
        "collect a lazy one",
    )


def get_columns(table: Any, wanted: Collection[Any] | None = None) -> Mapping[Any, Any]:
    """A table's columns by name; a record that lacks a key has no value there.

    Args:
        table: as `column_names` takes it.
        wanted: names of columns that are taken out, None for all. Of another there is the name
            with None: in records each may have a name that no other has.

    Raises:
        DataError: see `column_names`.
    """
    if isinstance(table, Mapping):
        return table
    names = column_names(table)
    columns: dict[Any, Any] = dict.fromkeys(names)
    taken = columns if wanted is None else [name for name in columns if name in wanted]
    if _are_records(table):
        return columns | {name: [row.get(name) for row in table] for name in taken}
    if hasattr(table, "column"):  # pyarrow's
        places = {name: place for place, name in enumerate(names)}
        return columns | {name: table.column(places[name]) for name in taken}
    return columns | {name: table[name] for name in taken}


def add_columns(table: Any, columns: Mapping[str, Tensor]) -> Any:
    """A copy of a table of the same kind with more columns (N,); masked values are missing."""
    if hasattr(table, "assign"):
        return table.assign(**columns)
    lists = {name: values.tolist() for name, values in columns.items()}
    if isinstance(table, Mapping):
        return {**table, **lists}
    if _are_records(table):
        return [
            {**row, **{name: values[place] for name, values in lists.items()}}
            for place, row in enumerate(table)
        ]
    if hasattr(table, "append_column"):  # a table or a batch of pyarrow's
        import pyarrow as pa

        for name, values in lists.items():
            table = table.append_column(name, pa.array(values))
        return table
    series = type(table.to_series(0))
    return table.hstack([series(name, values) for name, values in lists.items()])


def column_values(column: Input, given: object) -> Values:
    """The values of one column, given as anything that holds N of them.

    Raises:
        DataError: it holds none, or more than one column.
    """
    values: Any = given
    if isinstance(given, np.ma.MaskedArray):
        values = values.tolist()  # asarray would show what the mask hides
    elif hasattr(values, "to_pylist"):
        values = python_values(column.name, values, as_objects=column.kind == "text")
    elif hasattr(values, "to_list") and column.kind == "text":
        values = values.to_list()  # polars' and pandas' integers with gaps stay integers
    if not isinstance(values, list | tuple):
        if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
            raise DataError(
                f"column {column.name!r}: got {format_value(values)}, expected a sequence of "
                "values",
                hint="For a single row give scalars to predict_one",
                column=column.name,
            )
        values = np.asarray(values) if hasattr(values, "__array__") else list(values)
    result: Values = _one_dimension(column, values) if isinstance(values, np.ndarray) else values
    return result


def count_stated_rows(metadata: Any) -> int:
    """How many rows the footer of a Parquet file says that it has.

    No checksum is of the footer, and pyarrow believes the groups of rows where they disagree.

    Raises:
        DataError: the footer says one number, and its groups of rows another.
    """
    groups: int = sum(
        metadata.row_group(place).num_rows for place in range(metadata.num_row_groups)
    )
    if metadata.num_rows != groups:
        raise DataError(
            f"got {metadata.num_rows} rows in its footer, {groups} in its groups of rows",
            hint="The Parquet file is damaged: write or copy it again",
        )
    return groups


def python_values(name: str, column: Any, *, as_objects: bool = False) -> list[Any]:
    """A pyarrow array as Python objects: None is missing, dates are ISO text (UTC if they had a
    time zone). Nothing here makes pyarrow import pandas (0.8 s), as its conversion to numpy would.

    Args:
        name: of the column, for errors.
        column: an Array or a ChunkedArray.
        as_objects: dates as Python's, to the microsecond, instead of text.

    Raises:
        DataError: text that is not UTF-8.
    """
    import pyarrow as pa

    if pa.types.is_temporal(column.type):
        if pa.types.is_timestamp(column.type):
            unit = "us" if as_objects else column.type.unit
            column = column.cast(pa.timestamp(unit), safe=False)
        if not as_objects:  # to Python, nanoseconds would need pandas
            column = column.cast(pa.string())
    try:
        values: list[Any] = column.to_pylist()
    except UnicodeDecodeError as err:
        raise DataError(
            f"column {name!r}: got text that is not UTF-8, as Parquet wants it "
            f"({err.reason}: {err.object!r:.60})",
            hint="Write the file again from text that was decoded",
            column=name,
        ) from err
    return values


def format_value(value: object) -> str:
    """A value in a message, cut where it is long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _are_records(table: Any) -> bool:
    return isinstance(table, list | tuple) and all(isinstance(row, Mapping) for row in table)


def _one_dimension(column: Input, values: Tensor) -> Values:
    if values.ndim != 1 and values.shape[1:] != (1,):
        raise DataError(
            f"column {column.name!r}: got an array of shape {values.shape}, expected (N,) or (N, 1)"
        )
    values = values.reshape(-1)
    if column.kind == "text" and values.dtype.kind == "M":
        moments: list[Any] = values.astype("datetime64[us]").tolist()
        return moments
    return values if values.dtype.kind in "biufmM" else values.tolist()
