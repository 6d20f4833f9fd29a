"""Scoring: a table's file in, batches of its columns out.

Memory stays constant: one batch is held at a time. CSV needs the standard library only; pyarrow
is imported when a file is Parquet.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from pipeline.columns import python_values
from pipeline.errors import DataError
from pipeline.manifest import Input
from pipeline.table.text import ENCODING, text_of

SIZE = 10_000
"""Rows of a batch: large enough that Python's share is small, small enough for any machine."""

START = 4096
"""Bytes that tell a CSV file from others."""

DELIMITERS = (",", ";", "\t", "|")

# pandas.read_csv reads each of these as a missing value; the training data went through it
MISSING = frozenset({"", "NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "NULL", "null"}) | {
    *("#N/A", "#N/A N/A", "#NA", "<NA>", "None"),
    *("1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
}


_INDEX = re.compile(r"__index_level_\d+__")


@dataclass(frozen=True)
class Batch:
    """Some rows of a table, column by column.

    Attributes:
        first: number of rows before this batch.
        columns: per name N cells: a list of str from CSV, a pyarrow array from Parquet.
        lines: from CSV, the line of the file on which each row starts.
    """

    first: int
    columns: Mapping[str, Any]
    lines: Sequence[int] = ()

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(next(iter(self.columns.values())))

    @property
    def names(self) -> list[str]:
        """Names of the columns, without the row numbers that pandas puts into Parquet."""
        return [name for name in self.columns if not _INDEX.fullmatch(name)]

    def values(self, column: Input) -> list[Any]:
        """The cells of one input, as training reads them and `pipeline.feeds` takes them."""
        cells = self.columns[column.name]
        if isinstance(cells, list):
            return ["" if cell in MISSING else cell for cell in cells]
        names = column.kind == "text"
        return _as_names(column.name, cells) if names else python_values(column.name, cells)


def read(path: Path, expected: Collection[str], size: int = SIZE) -> Iterator[Batch]:
    """Batches of a CSV or Parquet file; at least one, which may be empty.

    Args:
        path: the file; Parquet is known by its first four bytes, anything else is CSV.
        expected: names that the header should hold; they tell which delimiter the file uses.
        size: rows of a batch.

    Raises:
        DataError: the file is missing, empty, not UTF-8, or a row has another number of fields.
    """
    if not path.is_file():
        raise DataError(f"got {str(path)!r}, expected a CSV or Parquet file", hint="Check the path")
    try:
        with path.open("rb") as file:
            start = file.read(START)
    except OSError as err:
        raise _unreadable(path, err) from err
    if start.startswith(b"PAR1"):
        return _parquet(path, size)
    text_of(path, start)
    return _csv(path, expected, size)


def _csv(path: Path, expected: Collection[str], size: int) -> Iterator[Batch]:
    csv.field_size_limit(sys.maxsize)  # the module's own limit is 128 kB
    try:
        with path.open(encoding=ENCODING, newline="") as file:
            yield from _csv_batches(file, _delimiter(path, expected), size)
    except OSError as err:
        raise _unreadable(path, err) from err
    except UnicodeDecodeError as err:
        raise DataError(
            f"{path} is not UTF-8 text: {err.reason}",
            hint="Save it as 'CSV UTF-8'",
        ) from err


def _delimiter(path: Path, expected: Collection[str]) -> str:
    def found(delimiter: str) -> int:
        with path.open(encoding=ENCODING, newline="") as file:
            header = next(csv.reader(file, delimiter=delimiter), [])
        return len(set(header) & set(expected))

    return max(DELIMITERS, key=found)


def _csv_batches(file: TextIO, delimiter: str, size: int) -> Iterator[Batch]:
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    records = _records(reader)
    _, header = next(records, (0, []))
    if not header:
        raise DataError("the file is empty", hint="Its first line must name the columns")
    if len(set(header)) < len(header):
        twice = sorted({name for name in header if header.count(name) > 1})
        raise DataError(f"columns there more than once: {twice}", hint="Rename them")
    rows: list[list[str]] = []
    lines: list[int] = []
    first = 0
    for line, row in records:
        if len(row) != len(header):
            raise DataError(
                f"row {first + len(rows) + 1} (line {line}): got {len(row)} fields, "
                f"expected {len(header)}",
                hint="Quote cells that contain the delimiter",
                line=line,
            )
        rows.append(row)
        lines.append(line)
        if len(rows) == size:
            yield _csv_batch(header, rows, first, lines)
            first, rows, lines = first + size, [], []
    if rows or not first:
        yield _csv_batch(header, rows, first, lines)


def _records(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line on which it starts; blank lines are none, as to pandas."""
    line = 1
    try:
        for row in reader:
            if row and (len(row) > 1 or not row[0] or row[0].strip(" \t")):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as err:
        raise DataError(
            f"the record that starts on line {line} is no CSV: {err}",
            hint="Look for a quote that is never closed, or text after a closing quote",
            line=line,
        ) from err


def _csv_batch(header: list[str], rows: list[list[str]], first: int, lines: list[int]) -> Batch:
    cells = map(list, zip(*rows, strict=True)) if rows else ([] for _ in header)
    return Batch(first, dict(zip(header, cells, strict=True)), lines)


def _parquet(path: Path, size: int) -> Iterator[Batch]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path) as file:
            schema = file.schema_arrow
            if len(set(schema.names)) < len(schema.names):
                raise DataError(f"columns there more than once in {schema.names}")
            first = 0
            for part in file.iter_batches(batch_size=size):
                yield Batch(first, dict(zip(schema.names, part.columns, strict=True)))
                first += part.num_rows
            if not first:
                empty = schema.empty_table().combine_chunks()
                columns = {name: pa.array([], empty[name].type) for name in schema.names}
                yield Batch(0, columns)
    except (pa.ArrowException, OSError) as err:
        raise DataError(f"{path} is no readable Parquet file: {err}") from err


def _unreadable(path: Path, err: OSError) -> DataError:
    return DataError(f"{path} cannot be read: {err.strerror}", hint="Check its permissions")


def _as_names(name: str, column: Any) -> list[Any]:
    """Cells of a text column: categories, whole numbers and booleans as Python writes them."""
    import pyarrow as pa

    kinds = pa.types
    if not any(
        is_(column.type) for is_ in (kinds.is_dictionary, kinds.is_integer, kinds.is_boolean)
    ):
        return python_values(name, column)
    return [None if value is None else str(value) for value in python_values(name, column)]
