"""Tables written for the tests."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import Dataset, find_dataset, load_dataset
from pipeline.errors import DataError

ROWS = 60


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


def read_file(file: Path, target: str = "y", **settings: Any) -> Dataset:
    """The table in a file as a training reads it."""
    config = TrainConfig(data=file, target=target, **settings)
    return load_dataset(find_dataset(config), config)


def days(rows: int = ROWS) -> pd.Series:
    """Days of two years, in no order."""
    rng = np.random.default_rng(2)
    offsets = pd.to_timedelta(rng.integers(0, 700, rows), unit="D")
    return pd.Series(pd.Timestamp("2021-03-04") + offsets)


def refusal(folder: Path, columns: dict[str, Any], **settings: Any) -> DataError:
    """Why a table of columns given by name is no table to train on."""
    config = TrainConfig(data=write(folder, columns), target="y", **settings)
    with pytest.raises(DataError) as caught:
        load_dataset(find_dataset(config), config)
    assert caught.value.exit_code == 3
    return caught.value


def each(function: Any) -> list[Any]:
    """The cells of a column, made from the numbers of their rows."""
    return [function(i) for i in range(ROWS)]


def swapped(value: float) -> str:
    """An amount with a decimal comma and points between thousands."""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))
