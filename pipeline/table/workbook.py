"""Tables: the first sheet of an Excel workbook."""

from __future__ import annotations

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

from pipeline.errors import DataError
from pipeline.table.records import Records

ZIP = b"PK\x03\x04"


def is_workbook(path: Path, start: bytes) -> bool:
    """Whether a file is a workbook of Excel 2007 or later, whatever its name."""
    if not start.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except zipfile.BadZipFile:
        return False


def scan(path: Path) -> Records:
    """Read the first sheet: names in its first filled row, cells as the workbook has them.

    Words that are missing elsewhere ("NA") are missing here too: few people write an empty cell.

    Raises:
        DataError: damaged, empty, or no rows.
    """
    import openpyxl

    try:
        with path.open("rb") as stream:  # a path would have to be called .xlsx
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            sheets = book.worksheets
            first = sheets[0].iter_rows(values_only=True) if sheets else ()
            rows = [[_known(cell) for cell in row] for row in first]
            book.close()
    except Exception as err:  # openpyxl raises anything on damaged files: third party
        raise DataError(
            f"{path.name}: cannot be read as an Excel workbook ({err})",
            hint="Save it again as .xlsx, or export it as CSV in UTF-8",
        ) from err
    return _table(path, rows, [sheet.title for sheet in sheets])


def _table(path: Path, rows: list[list[Any]], sheets: list[str]) -> Records:
    filled = [(n, row) for n, row in enumerate(rows, start=1) if any(map(_is_filled, row))]
    if not filled:
        raise DataError(
            f"{path.name}: the sheet {sheets[:1]} is empty", hint="Expected a header and rows"
        )
    (_, header), *body = filled
    if not body:
        raise DataError(
            f"{path.name}: got a header and no rows", hint="Expected rows below the header"
        )
    width = max(n for _, row in filled for n, cell in enumerate(row, start=1) if _is_filled(cell))
    names = tuple("" if cell is None else str(cell) for cell in _padded(header, width))
    cells = tuple(zip(*(_padded(row, width) for _, row in body), strict=True))
    notes: tuple[str, ...] = ()
    if len(sheets) > 1:
        others = ", ".join(map(repr, sheets[1:]))
        notes = (f"of several sheets the first, {sheets[0]!r}, is read, not {others}",)
    return Records(
        path, names, cells, tuple(n for n, _ in body), "row", is_typed=False, notes=notes
    )


def _known(cell: Any) -> Any:
    """A cell of a type that tables have; a time of day is text."""
    is_known = cell is None or isinstance(cell, str | bool | int | float | date)
    return cell if is_known else str(cell)


def _is_filled(cell: Any) -> bool:
    return cell is not None and cell != ""


def _padded(row: list[Any], width: int) -> list[Any]:
    return [*row[:width], *[None] * (width - len(row))]
