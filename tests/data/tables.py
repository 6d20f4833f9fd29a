"""Tables written for the tests."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq


def write(
    folder: Path, columns: Mapping[str, Sequence[object]], separator: str = ",", **options: object
) -> Path:
    """A CSV file of columns given by name; None becomes an empty field."""
    file = folder / "table.csv"
    encoding = "utf-8-sig" if options.pop("bom", False) else "utf-8"
    with file.open("w", encoding=encoding, newline="") as stream:
        writer = csv.writer(stream, delimiter=separator, **options)  # type: ignore[arg-type]
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
    return file


def plain(rows: int = 60, **columns: Sequence[object]) -> dict[str, Sequence[object]]:
    """A table that can be trained on: a number, a text and a numeric target `y`."""
    table: dict[str, Sequence[object]] = {
        "x": [1.5 * i for i in range(rows)],
        "g": ["ab"[i % 2] for i in range(rows)],
        "y": [2 * i + 0.5 for i in range(rows)],
    }
    return {**table, **columns}


def misstated(table: pa.Table, rows: int, *, column: int | None = None) -> bytes:
    """A table as Parquet, whose footer says another number of rows: of all, or of one column."""
    options = {"compression": "none", "use_dictionary": False, "write_page_checksum": True}
    pq.write_table(table, sink := io.BytesIO(), **options)
    content = sink.getvalue()
    start = len(content) - 8 - int.from_bytes(content[-8:-4], "little")
    number, other = bytes([2 * table.num_rows]), bytes([2 * rows])  # as Thrift writes them
    before, after = (b"\x16", b"\x19") if column is None else (b"\x15\x00\x16", b"")
    parts = content[start:].split(before + number + after)
    at = (column or 0) + 1
    left, right = ((before + number + after).join(half) for half in (parts[:at], parts[at:]))
    return content[:start] + left + before + other + after + right
