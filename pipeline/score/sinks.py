"""Writes scored batches to one file, complete or not at all.

CSV cells are written as they were read, with the standard library only; pyarrow is imported when
the file to write is Parquet.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

import numpy as np

from pipeline.errors import ConfigError, UsageError
from pipeline.runtime.batch import MISSING, Batch
from pipeline.runtime.feeds import make_feed
from pipeline.runtime.grammar import NAT
from pipeline.runtime.table_columns import Tensor, python_values
from pipeline.score.formulas import escape_cells
from pipeline.system import atomic_file

if TYPE_CHECKING:
    from pipeline.manifest.columns import Input


class Sink(Protocol):
    """Where scored batches go."""

    def write(self, batch: Batch, predictions: Mapping[str, Tensor]) -> None: ...

    def close(self) -> None: ...


@contextmanager
def open_sink(
    output: Path, inputs: Sequence[Input], *, escape_formulas: bool = False
) -> Iterator[Sink]:
    """A sink whose file appears under its name only when the block ends well.

    Args:
        output: `*.csv` or `*.parquet`; an existing file is replaced.
        inputs: kinds of the columns, which CSV does not tell and Parquet needs.
        escape_formulas: for CSV that people open in a spreadsheet; see `formulas.escape_cells`.

    Raises:
        UsageError: another suffix, or formulas in Parquet. ConfigError: the file cannot be written.
    """
    if output.suffix not in {".csv", ".parquet"}:
        raise UsageError(f"got --output {output}, expected a name ending in .csv or .parquet")
    if escape_formulas and output.suffix != ".csv":
        raise UsageError(
            f"got --escape-formulas with --output {output}, expected a name ending in .csv",
            hint="Spreadsheets run no text of Parquet: leave the flag out",
        )
    try:
        with atomic_file.replace_atomically(output) as file:
            sink: Sink = _ParquetSink(file, inputs)
            if output.suffix == ".csv":
                numbers = {column.name for column in inputs if column.kind == "number"}
                sink = _CsvSink(file, numbers if escape_formulas else None)
            try:
                yield sink
                sink.close()
            finally:
                with suppress(OSError):  # said already
                    sink.close()
    except OSError as err:
        raise ConfigError(
            f"cannot write {output}: {err.strerror or err}",
            hint="Check folder, permissions and free space, or choose another place",
        ) from err


class _CsvSink:
    """Cells as they were read; values from Parquet as Python writes them, missing ones empty.

    Formulas are escaped if there are names of `numbers`: the columns that are numbers however
    their cells are written, since the model has read them as such.
    """

    def __init__(self, file: BinaryIO, numbers: Collection[str] | None = None) -> None:
        self._numbers = numbers
        self._file = io.TextIOWrapper(file, encoding="utf-8", newline="")
        self._header_written = False
        self._closed = False

    def write(self, batch: Batch, predictions: Mapping[str, Tensor]) -> None:
        names = [*batch.columns, *predictions]
        cells = [_cells(name, column) for name, column in batch.columns.items()]
        cells += [column.tolist() for column in predictions.values()]
        if self._numbers is not None:
            pairs = zip(names, cells, strict=True)
            cells = [c if name in self._numbers else escape_cells(c) for name, c in pairs]
            names = escape_cells(names)
        if not self._header_written:
            csv.writer(self._file, lineterminator="\n").writerow(names)
            self._header_written = True
        self._writer(cells).writerows(zip(*cells, strict=True))

    def _writer(self, cells: list[list[Any]]) -> Any:
        # csv leaves a carriage return bare, which every reader takes for the end of the row
        bare = any(isinstance(c, str) and "\r" in c for column in cells for c in column)
        if bare:
            return csv.writer(self._file, lineterminator="\n", quoting=csv.QUOTE_ALL)
        return csv.writer(self._file, lineterminator="\n")

    def close(self) -> None:
        if not self._closed:
            self._file.detach()  # flushed, and left open to be brought to the disk
            self._closed = True


def _cells(name: str, column: Any) -> list[Any]:
    if isinstance(column, list):
        nested = {dict, list} & set(map(type, column))
        return [_text(cell) for cell in column] if nested else column
    values = python_values(name, column)
    has_zone = getattr(column.type, "tz", None) is not None
    return [value and f"{value}Z" for value in values] if has_zone else values


class _ParquetSink:
    """Parquet columns as they were; CSV columns typed by the model's inputs, others as text."""

    def __init__(self, file: BinaryIO, inputs: Sequence[Input]) -> None:
        self._file = file
        self._inputs = {column.name: column for column in inputs}
        self._writer: Any = None

    def write(self, batch: Batch, predictions: Mapping[str, Tensor]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        arrays = {name: self._typed(batch, name) for name in batch.columns}
        arrays |= {name: _prediction(column) for name, column in predictions.items()}
        table = pa.table(arrays)
        if self._writer is None:
            self._writer = parquet.ParquetWriter(self._file, table.schema, write_page_checksum=True)
        self._writer.write_table(table)

    def _typed(self, batch: Batch, name: str) -> Any:
        import pyarrow as pa

        cells = batch.columns[name]
        if not isinstance(cells, list):
            return cells
        column = self._inputs.get(name)
        if column is None:
            texts = np.array([_text(cell) for cell in cells] or [""], dtype=object)[: len(cells)]
            return _arrow(texts, texts == "")
        tensor = make_feed(column, batch.values(column)).reshape(-1)
        if column.kind == "date":
            return _arrow(tensor, tensor == NAT, pa.timestamp("ns"))
        if column.kind == "number":
            return _arrow(tensor, np.isnan(tensor))
        return _arrow(tensor, tensor == "" if column.kind == "text" else None)

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()


def _text(cell: Any) -> str:
    """A cell of a column that the model does not take, as text; '' is missing."""
    if isinstance(cell, dict | list):
        return json.dumps(cell, ensure_ascii=False)
    return "" if cell is None or cell in MISSING else str(cell)


def _prediction(column: Tensor) -> Any:
    """(N,) predictions, null in rows that have none (masked)."""
    return _arrow(np.asarray(column), getattr(column, "mask", None))


def _arrow(values: Tensor, missing: Tensor | None = None, type_: Any = None) -> Any:
    """(N,) values ─► pyarrow array, null where missing; pyarrow.array() would import pandas."""
    import pyarrow as pa

    known = None if missing is None else pa.py_buffer(np.packbits(~missing, bitorder="little"))
    if values.dtype != object:
        type_ = type_ or pa.from_numpy_dtype(values.dtype)
        is_bit = values.dtype == bool
        data = np.packbits(values, bitorder="little") if is_bit else np.ascontiguousarray(values)
        return pa.Array.from_buffers(type_, len(values), [known, pa.py_buffer(data)])
    texts = [text.encode() for text in values]
    offsets = np.zeros(len(texts) + 1, dtype=np.int32)
    np.cumsum([len(text) for text in texts], out=offsets[1:])
    buffers = [known, pa.py_buffer(offsets), pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(pa.string(), len(texts), buffers)
