"""Scoring: scored batches in, one file out, complete or not at all.

CSV cells are written as they were read, with the standard library only; pyarrow is imported when
the file to write is Parquet.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from pipeline.batches import Batch
from pipeline.errors import ConfigError, UsageError
from pipeline.feeds import NAT, Tensor, feed
from pipeline.manifest import Input


class Sink(Protocol):
    """Where scored batches go."""

    def write(self, batch: Batch, predictions: Mapping[str, Tensor]) -> None: ...

    def close(self) -> None: ...


@contextmanager
def writing(output: Path, inputs: Sequence[Input]) -> Iterator[Sink]:
    """A sink whose file appears under its name only when the block ends well.

    Args:
        output: `*.csv` or `*.parquet`; an existing file is replaced.
        inputs: kinds of the columns, which CSV does not tell and Parquet needs.

    Raises:
        UsageError: another suffix. ConfigError: the folder cannot be written to.
    """
    draft = output.with_name(f".{output.name}.{os.getpid()}.part")
    sink = _sink(output, draft, inputs)
    try:
        yield sink
        sink.close()
        draft.replace(output)
    except OSError as err:
        raise ConfigError(f"cannot write {output}: {err.strerror}") from err
    finally:
        sink.close()
        draft.unlink(missing_ok=True)


def _sink(output: Path, draft: Path, inputs: Sequence[Input]) -> Sink:
    try:
        if output.suffix == ".csv":
            return _CsvSink(draft)
        if output.suffix == ".parquet":
            return _ParquetSink(draft, inputs)
    except OSError as err:
        raise ConfigError(
            f"cannot write {output}: {err.strerror}", hint="Make the folder, or choose another"
        ) from err
    raise UsageError(f"got --output {output}, expected a name ending in .csv or .parquet")


class _CsvSink:
    """Cells as they were read; values from Parquet as Python writes them, missing ones empty."""

    def __init__(self, draft: Path) -> None:
        self._file = draft.open("w", encoding="utf-8", newline="")
        self._header_written = False

    def write(self, batch: Batch, predictions: Mapping[str, Tensor]) -> None:
        cells = [_cells(column) for column in batch.columns.values()]
        cells += [column.tolist() for column in predictions.values()]
        if not self._header_written:
            csv.writer(self._file, lineterminator="\n").writerow([*batch.columns, *predictions])
            self._header_written = True
        self._writer(cells).writerows(zip(*cells, strict=True))

    def _writer(self, cells: list[list[Any]]) -> Any:
        # csv leaves a carriage return bare, which every reader takes for the end of the row
        bare = any(isinstance(c, str) and "\r" in c for column in cells for c in column)
        if bare:
            return csv.writer(self._file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        return csv.writer(self._file, lineterminator="\n")

    def close(self) -> None:
        self._file.close()


def _cells(column: Any) -> list[Any]:
    if isinstance(column, list):
        return column
    import pyarrow as pa

    if pa.types.is_temporal(column.type):  # to Python, nanoseconds would need pandas
        column = column.cast(pa.string())
    cells: list[Any] = column.to_pylist()
    return cells


class _ParquetSink:
    """Parquet columns as they were; CSV columns typed by the model's inputs, others as text."""

    def __init__(self, draft: Path, inputs: Sequence[Input]) -> None:
        self._file = draft.open("wb")
        self._inputs = {column.name: column for column in inputs}
        self._writer: Any = None

    def write(self, batch: Batch, predictions: Mapping[str, Tensor]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        arrays = {name: self._typed(batch, name) for name in batch.columns}
        arrays |= {name: _plain(column) for name, column in predictions.items()}
        table = pa.table(arrays)
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._file, table.schema)
        self._writer.write_table(table)

    def _typed(self, batch: Batch, name: str) -> Any:
        import pyarrow as pa

        cells = batch.columns[name]
        if not isinstance(cells, list):
            return cells
        column = self._inputs.get(name, Input(name, "text"))
        tensor = feed(column, batch.values(column)).reshape(-1)
        if column.kind == "date":
            return pa.array(tensor, pa.timestamp("ns"), mask=tensor == NAT)
        if column.kind == "text":
            return pa.array(tensor, pa.string(), mask=tensor == "")
        return pa.array(tensor, mask=np.isnan(tensor) if column.kind == "number" else None)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._file.close()


def _plain(column: Tensor) -> Any:
    import pyarrow as pa

    return pa.array(column, pa.string() if column.dtype == object else None)
