"""Tables written for the tests."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from pathlib import Path


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
