"""Recognizes files that are no text tables by their first bytes."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.errors import DataError

ENCODING = "utf-8-sig"  # UTF-8, with or without a byte-order mark

_FOREIGN = {
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\x1f\x8b": "a gzip archive",
    b"\xff\xfe": "UTF-16 text",
    b"\xfe\xff": "UTF-16 text",
    b"%PDF": "a PDF",
    b"\x89HDF": "an HDF5 file",
}
_DECLARED = re.compile(r"sep=.", re.IGNORECASE)


def decode_start(path: Path, start: bytes) -> str:
    """The beginning of a CSV file as text, what is not UTF-8 replaced.

    Raises:
        DataError: another format, or a first line that declares the separator.
    """
    found = next((name for magic, name in _FOREIGN.items() if start.startswith(magic)), None)
    if found is None and b"\0" in start:
        found = "binary data"
    if found:
        raise DataError(
            f"{path.name}: got {found}, expected a table: CSV, Excel, Parquet, JSON Lines",
            hint="Export the table as CSV in UTF-8",
        )
    text = start.decode(ENCODING, errors="replace")
    if declared := _DECLARED.match(text):
        raise DataError(
            f"{path.name}: got {declared.group()!r} in the first line, expected names of columns",
            hint="Remove that line, which only Excel reads; separators are found without it",
        )
    return text
