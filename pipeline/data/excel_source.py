"""Reads the first sheet of an Excel workbook, cells as they are displayed where that counts."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipeline.data.records import Records
from pipeline.errors import DataError, PipelineError, causes

ZIP = b"PK\x03\x04"
_LITERAL = re.compile(r'"[^"]*"|\\.')
_PADDED = re.compile(r"0{2,}")
"""The format of a number that is a code: 123 is shown as 00123."""


def is_workbook(path: Path, start: bytes) -> bool:
    """Whether a file is a workbook of Excel 2007 or later, whatever its name."""
    if not start.startswith(ZIP):
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return "xl/workbook.xml" in archive.namelist()
    except zipfile.BadZipFile:
        return False


def scan_workbook(path: Path) -> Records:
    """Read the first sheet: names in its first filled row, cells as the workbook has them.

    Words that are missing elsewhere ("NA") are missing here too: few people write an empty cell.

    Raises:
        DataError: damaged, empty, no rows, or formulas that nothing has computed.
    """
    with open_workbook(path) as (titles, rows):
        cells = list(rows)
    return _table(path, cells, titles)


@contextmanager
def open_workbook(path: Path) -> Iterator[tuple[list[str], Iterator[list[Any]]]]:
    """Titles of a workbook's sheets, and the cells of the first one row by row.

    Raises:
        DataError: damaged, or formulas never computed.
    """
    import openpyxl

    try:
        with path.open("rb") as stream:  # a path would have to be called .xlsx
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True)
            check_computed(path, book)
            sheets = book.worksheets
            rows = map(read_row, sheets[0].iter_rows()) if sheets else iter(())
            yield [sheet.title for sheet in sheets], rows
            book.close()
    except PipelineError:
        raise
    except Exception as err:  # openpyxl raises anything on damaged files: third party
        causes.raise_if_memory(err)
        raise DataError(
            f"{path.name}: cannot be read as an Excel workbook ({err})",
            hint="Save it again as .xlsx, or export it as CSV in UTF-8",
        ) from err


def check_computed(path: Path, book: Any) -> None:
    """Refuse formulas in the first sheet of a workbook that only a library has written.

    Libraries compute nothing: they store no result or 0, and ask the program that opens the file
    to compute everything (`fullCalcOnLoad`), which then saves the results.

    Raises:
        DataError: there is one; the message says where.
    """
    import openpyxl

    if not book.calculation.fullCalcOnLoad or not _has_formulas(path):
        return
    with path.open("rb") as stream:
        again = openpyxl.load_workbook(stream, read_only=True)
        cells = (cell for row in again.worksheets[0].iter_rows() for cell in row)
        found = next((cell for cell in cells if cell.data_type == "f"), None)
    if found is not None:
        raise DataError(
            f"{path.name}: got the formula {found.value!r} in cell {found.coordinate}, which was "
            "written and never computed, expected a value",
            hint="Open the file in Excel or LibreOffice, save it, and take that",
        )


def _has_formulas(path: Path) -> bool:
    """Whether some sheet may have one, without parsing it."""
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            if name.startswith("xl/worksheets/"):
                with archive.open(name) as part:
                    end = b""
                    while chunk := part.read(1 << 20):
                        if b"<f" in end + chunk:
                            return True
                        end = chunk[-1:]
    return False


def _table(path: Path, rows: list[list[Any]], sheets: list[str]) -> Records:
    filled = [(n, row) for n, row in enumerate(rows, start=1) if any(map(_is_filled, row))]
    (_, header), *body = filled or [(0, [])]
    if not body:
        raise DataError(
            f"{path.name}: got {'a header and no rows' if filled else 'nothing'} in the first "
            f"sheet {sheets[:1]}, expected a header and rows",
            hint=f"Put the table first: there are also the sheets {sheets[1:]}" * (len(sheets) > 1),
        )
    width = max(n for _, row in filled for n, cell in enumerate(row, start=1) if _is_filled(cell))
    names = tuple("" if cell is None else str(cell) for cell in _pad(header, width))
    cells = tuple(zip(*(_pad(row, width) for _, row in body), strict=True))
    notes: tuple[str, ...] = ()
    if len(sheets) > 1:
        others = ", ".join(map(repr, sheets[1:]))
        notes = (f"of several sheets the first, {sheets[0]!r}, is read, not {others}",)
    return Records(
        path, names, cells, tuple(n for n, _ in body), "row", is_typed=False, notes=notes
    )


def read_row(row: Iterable[Any]) -> list[Any]:
    """The cells of one row in types that tables have.

    A number in a format of percents or of codes is what is shown, and what Excel writes to CSV:
    0.034 is 3.4, and 123 is "00123". A time of day is text.
    """
    return [None if cell.value is None else _value(cell) for cell in row]


def _value(cell: Any) -> Any:
    value = cell.value
    if isinstance(value, str | bool | date):
        return value
    if not isinstance(value, int | float):
        return str(value)
    form = cell.number_format
    if form == "General":
        return value
    if "%" in _LITERAL.sub("", form):
        return float(Decimal(repr(value)) * 100)
    if isinstance(value, int) and _PADDED.fullmatch(form):
        return str(value).zfill(len(form))
    return value


def _is_filled(cell: Any) -> bool:
    return cell is not None and cell != ""


def _pad(row: list[Any], width: int) -> list[Any]:
    return [*row[:width], *[None] * (width - len(row))]
