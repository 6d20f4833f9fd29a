"""Reads workbooks and JSON Lines in batches, row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pipeline.data.excel_source import open_workbook
from pipeline.data.jsonl_source import read_objects
from pipeline.errors import DataError
from pipeline.runtime.batch import Batch
from pipeline.runtime.table_columns import find_repeated

Row = tuple[int, Sequence[Any]]
"""The line it is on, and its cells."""


def read_json_lines(path: Path, size: int) -> Iterator[Batch]:
    """Batches of a file with one JSON object per line; a key that a row lacks is missing there.

    Raises:
        DataError: not UTF-8, or a line that is no object.
    """
    names = list(dict.fromkeys(name for _, record in read_objects(path) for name in record))
    if not names:
        raise DataError(f"{path.name}: got no rows", hint="Expected one JSON object per line")
    rows = ((line, [record.get(name) for name in names]) for line, record in read_objects(path))
    yield from _batches(names, rows, size)


def read_workbook(path: Path, size: int) -> Iterator[Batch]:
    """Batches of the first sheet of an Excel workbook; its first filled row names the columns.

    Raises:
        DataError: damaged, empty, a cell beside the columns, or formulas never computed.
    """
    with open_workbook(path) as (_, cells):
        rows = _skip_empty(cells)
        _, header = next(rows, (0, ()))
        if not header:
            raise DataError(f"{path.name}: the first sheet is empty", hint="Expected a header")
        names = ["" if cell is None else str(cell) for cell in header]
        if twice := sorted(find_repeated(names)):
            raise DataError(f"columns there more than once: {twice}", hint="Rename them")
        yield from _batches(names, _pad(rows, len(names)), size)


def _skip_empty(rows: Iterable[Sequence[Any]]) -> Iterator[Row]:
    """Rows with a value, without the empty cells at their end."""
    for line, row in enumerate(rows, start=1):
        width = max((n for n, cell in enumerate(row, start=1) if cell not in (None, "")), default=0)
        if width:
            yield line, row[:width]


def _pad(rows: Iterable[Row], width: int) -> Iterator[Row]:
    for number, (line, row) in enumerate(rows, start=1):
        if len(row) > width:
            raise DataError(
                f"row {number} (line {line}): got a value in column {len(row)}, "
                f"expected {width} columns as in the header",
                hint="Name the column, or remove the value",
                line=line,
            )
        yield line, [*row, *[None] * (width - len(row))]


def _batches(names: Sequence[str], rows: Iterable[Row], size: int) -> Iterator[Batch]:
    first, lines, cells = 0, [], []
    for line, row in rows:
        lines.append(line)
        cells.append(row)
        if len(cells) == size:
            yield _batch(names, cells, first, lines)
            first, lines, cells = first + size, [], []
    if cells or not first:
        yield _batch(names, cells, first, lines)


def _batch(names: Sequence[str], rows: list[Sequence[Any]], first: int, lines: list[int]) -> Batch:
    columns = list(map(list, zip(*rows, strict=True))) if rows else [[] for _ in names]
    return Batch(first, dict(zip(names, columns, strict=True)), lines, is_text=False)
