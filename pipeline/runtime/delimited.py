"""Reads CSV with any delimiter; standard library only."""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, TextIO

from pipeline.errors import DataError
from pipeline.runtime.batch import Batch
from pipeline.runtime.table_columns import find_repeated

_END = "\0end of the table\0"
"""A last line, which a quote that is never closed swallows."""
DELIMITERS = (",", ";", "\t", "|")


def read_csv_batches(
    opened: Callable[[], TextIO], expected: Collection[str], size: int
) -> Iterator[Batch]:
    """Batches of a CSV text; at least one, which may be empty.

    Args:
        opened: opens the text, without translation of line ends, as often as it is asked.
        expected: names that the header should hold; they tell which delimiter the text uses.
        size: rows of a batch.

    Raises:
        DataError: empty, no CSV, or a row has another number of fields.
    """
    csv.field_size_limit(sys.maxsize)  # the module's own limit is 128 kB
    delimiter = _delimiter(opened, expected)
    with opened() as file:
        records = _records(csv.reader(chain(file, [_END]), delimiter=delimiter))
        bare = count_bare_ends(next(records, (0, []))[1], (row for _, row in records))
    with opened() as file:
        yield from _batches(file, delimiter, size, bare)


def count_bare_ends(header: Sequence[str], rows: Iterable[Sequence[str]]) -> int:
    """How many columns at the end have no name and no cell: separators that end each line.

    Args:
        header: names of columns.
        rows: they are looked at only where the last column has no name.
    """
    bare = 0
    while bare < len(header) - 1 and not header[-1 - bare]:
        bare += 1
    if bare and any(len(row) != len(header) or any(row[-bare:]) for row in rows):
        return 0
    return bare


def _delimiter(opened: Callable[[], TextIO], expected: Collection[str]) -> str:
    def found(delimiter: str) -> int:
        with opened() as file:
            header = next(filter(_is_record, csv.reader(file, delimiter=delimiter)), [])
        return len(set(header) & set(expected))

    return max(DELIMITERS, key=found)


def _batches(file: TextIO, delimiter: str, size: int, bare: int) -> Iterator[Batch]:
    reader = csv.reader(chain(file, [_END]), delimiter=delimiter)
    records = _records(reader)
    _, header = next(records, (0, []))
    if not header:
        raise DataError("the file is empty", hint="Its first line must name the columns")
    width = len(header)
    header = header[: width - bare]
    if twice := sorted(find_repeated(header)):
        raise DataError(f"columns there more than once: {twice}", hint="Rename them")
    rows: list[list[str]] = []
    lines: list[int] = []
    first = 0
    for line, row in records:
        if len(row) != width:
            raise DataError(
                f"row {first + len(rows) + 1} (line {line}): got {len(row)} fields, "
                f"expected {width}",
                hint="Quote cells that contain the delimiter",
                line=line,
            )
        rows.append(row[: width - bare])
        lines.append(line)
        if len(rows) == size:
            yield _batch(header, rows, first, lines)
            first, rows, lines = first + size, [], []
    if rows or not first:
        yield _batch(header, rows, first, lines)


def _records(reader: Any) -> Iterator[tuple[int, list[str]]]:
    """Every record with the line on which it starts; blank lines are none, as to pandas.

    Text behind a closing quote belongs to the cell, as to pandas: "big" apple.
    """
    line = 1
    try:
        for row in reader:
            if row == [_END] and line == reader.line_num:
                return
            if row and row[-1].endswith(_END):
                raise _no_csv(line, "its quote is never closed")
            if _is_record(row):
                yield line, row
            line = reader.line_num + 1
    except csv.Error as err:
        raise _no_csv(line, str(err)) from err


def _is_record(row: Sequence[str]) -> bool:
    """Blank lines are none, as to pandas."""
    return bool(row) and (len(row) > 1 or not row[0] or bool(row[0].strip(" \t")))


def _no_csv(line: int, why: str) -> DataError:
    return DataError(
        f"the record that starts on line {line} is no CSV: {why}",
        hint="Close every quote, and write a quote inside a quoted cell twice",
        line=line,
    )


def _batch(header: list[str], rows: list[list[str]], first: int, lines: list[int]) -> Batch:
    cells = map(list, zip(*rows, strict=True)) if rows else ([] for _ in header)
    return Batch(first, dict(zip(header, cells, strict=True)), lines)
