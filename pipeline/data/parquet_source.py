"""Reads Parquet, and maps its many types to the few that a model knows."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyarrow.types as kinds

from pipeline.data.source import format_positions
from pipeline.errors import DataError
from pipeline.runtime.table_columns import count_stated_rows

_INDEX = re.compile(r"__index_level_\d+__")  # pandas' row numbers, no column of the table


@dataclass(frozen=True)
class ParquetSource:
    """A Parquet file."""

    path: Path
    columns: tuple[str, ...]
    rows: int
    separator: ClassVar[str] = ""
    is_typed: ClassVar[bool] = True
    notes: ClassVar[tuple[str, ...]] = ()

    def read(self, columns: Collection[str], _as_text: Collection[str] = ()) -> pd.DataFrame:
        """See `Source.read`. Null is missing, and so is an empty text, as it is in the graph.

        Raises:
            DataError: damaged behind its schema, text that is not UTF-8, or another type.
        """
        try:
            with pq.ParquetFile(self.path, page_checksum_verification=True) as file:
                table = file.read()
        except (pa.ArrowException, OSError, UnicodeDecodeError) as err:
            raise _unreadable(self.path, err) from err
        wanted = [name for name in self.columns if name in set(columns)]
        try:
            return pd.DataFrame({name: _plain(name, table.column(name)) for name in wanted})
        except DataError as err:
            raise DataError(f"{self.path.name}: {err.message}", hint=err.hint) from err

    def place(self, rows: Sequence[int]) -> str:
        """Rows of the frame counted from 1."""
        return format_positions("row", [row + 1 for row in rows])


def scan_parquet(path: Path) -> ParquetSource:
    """Look at the schema of a Parquet file.

    Raises:
        DataError: damaged, or no rows.
    """
    try:
        with pq.ParquetFile(path) as file:
            names, rows = file.schema_arrow.names, count_stated_rows(file.metadata)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as err:
        raise _unreadable(path, err) from err
    except DataError as err:
        raise DataError(f"{path.name}: {err.message}", hint=err.hint) from err
    if not rows:
        raise DataError(f"{path.name}: got no rows", hint="Expected a table with rows")
    return ParquetSource(path, tuple(name for name in names if not _INDEX.fullmatch(name)), rows)


def _unreadable(path: Path, err: Exception) -> DataError:
    return DataError(
        f"{path.name}: cannot be read as Parquet ({err})", hint="Write or copy the file again"
    )


def _plain(name: str, values: pa.ChunkedArray) -> pd.Series:
    """One column as int64, float64, bool or datetime64[ns], or as objects; see `Source.read`."""
    if kinds.is_dictionary(values.type):
        values = values.cast(values.type.value_type)  # pandas' category
    if _is_text(values.type) or (kinds.is_boolean(values.type) and values.null_count):
        return _objects(name, values)
    if kinds.is_boolean(values.type):
        return pd.Series(values.to_numpy().astype(bool))
    if kinds.is_date(values.type) or kinds.is_timestamp(values.type):
        # nanoseconds without time zone, converted to UTC; objects where a date is beyond them
        try:
            return pd.Series(values.cast(pa.timestamp("ns")).to_numpy())
        except pa.ArrowInvalid:
            return _objects(name, values)
    return _numbers(name, values)


def _is_text(kind: pa.DataType) -> bool:
    return bool(kinds.is_string(kind) or kinds.is_large_string(kind) or kinds.is_string_view(kind))


def _objects(name: str, values: pa.ChunkedArray) -> pd.Series:
    try:
        return pd.Series(values.to_pylist(), dtype=object)
    except UnicodeDecodeError as err:
        raise DataError(
            f"column {name!r}: got text that is not UTF-8, as Parquet wants it ({err.reason})",
            hint="Write the file again from text that was decoded",
        ) from err


def _numbers(name: str, values: pa.ChunkedArray) -> pd.Series:
    kind = values.type
    if kinds.is_integer(kind) and not values.null_count and not kinds.is_uint64(kind):
        return pd.Series(values.to_numpy().astype(np.int64))
    if kinds.is_decimal(kind):  # pyarrow's cast to float64 rounds twice
        return pd.Series(
            [np.nan if v is None else float(v) for v in values.to_pylist()], dtype=float
        )
    if kinds.is_integer(kind) or kinds.is_null(kind):
        # null beside numbers is NaN, which only floats have
        return pd.Series(values.cast(pa.float64(), safe=False).to_numpy())
    if kinds.is_floating(kind):
        return pd.Series(values.to_numpy().astype(np.float64))
    raise _unsupported_error(name, kind, "numbers, text, booleans or dates")


def _unsupported_error(name: str, kind: pa.DataType, expected: str) -> DataError:
    return DataError(
        f"column {name!r}: got values of type {kind}, expected {expected}",
        hint="Convert the column or list it under `ignore`",
        column=name,
    )
