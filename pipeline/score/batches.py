"""Reads a table's file in batches.

Memory stays constant: one batch is held at a time. CSV and JSON Lines need the standard library
only; pyarrow is imported when a file is Parquet, openpyxl when it is a workbook.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

from pipeline.data.excel_source import is_workbook
from pipeline.data.file_signatures import decode_start
from pipeline.data.jsonl_source import are_objects
from pipeline.data.source import DAMAGED, PARQUET, damage_error, open_text, read_head
from pipeline.errors import DataError
from pipeline.runtime import delimited
from pipeline.runtime.batch import SIZE, Batch
from pipeline.runtime.table_columns import count_stated_rows

START = 4096
"""Bytes that tell one format from others."""


def read_batches(path: Path, expected: Collection[str], size: int = SIZE) -> Iterator[Batch]:
    """Batches of a CSV, Excel, Parquet or JSON Lines file; at least one, which may be empty.

    Args:
        path: the file, known by its content; text may be packed by gzip.
        expected: names that the header should hold; they tell which delimiter a CSV file uses.
        size: rows of a batch.

    Raises:
        DataError: the file is missing, empty, not UTF-8, or a row has another number of fields.
    """
    if not path.is_file():
        raise DataError(
            f"got {str(path)!r}, expected a CSV, Excel, Parquet or JSON Lines file",
            hint="Check the path",
        )
    start = read_head(path, START)
    if start.startswith(PARQUET):
        return _parquet(path, size)
    if is_workbook(path, start) or are_objects(start):
        from pipeline.score.typed_rows import read_json_lines, read_workbook

        return (read_json_lines if are_objects(start) else read_workbook)(path, size)
    decode_start(path, start)
    return _csv(path, expected, size)


def _csv(path: Path, expected: Collection[str], size: int) -> Iterator[Batch]:
    try:
        yield from delimited.read_csv_batches(partial(open_text, path), expected, size)
    except OSError as err:
        reason = err.strerror or err
        raise DataError(f"{path} cannot be read: {reason}", hint="Check its permissions") from err
    except DAMAGED as err:
        raise damage_error(path, err) from err
    except UnicodeDecodeError as err:
        raise DataError(
            f"{path} is not UTF-8 text: {err.reason}",
            hint="Save it as 'CSV UTF-8'",
        ) from err


def _parquet(path: Path, size: int) -> Iterator[Batch]:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(path, page_checksum_verification=True) as file:
            schema = file.schema_arrow
            if len(set(schema.names)) < len(schema.names):
                raise DataError(f"{path.name}: columns there more than once in {schema.names}")
            first, rows = 0, count_stated_rows(file.metadata)
            for part in file.iter_batches(batch_size=size):
                yield Batch(first, dict(zip(schema.names, part.columns, strict=True)))
                first += part.num_rows
            if first != rows:  # pyarrow stops in silence where a column ends early
                raise DataError(
                    f"{path.name}: got {first} rows, expected {rows}",
                    hint="The Parquet file is damaged: write or copy it again",
                )
            if not first:
                empty = schema.empty_table().combine_chunks()
                columns = {name: pa.array([], empty[name].type) for name in schema.names}
                yield Batch(0, columns)
    except (pa.ArrowException, OSError, UnicodeDecodeError) as err:
        raise DataError(
            f"{path} is no readable Parquet file: {err}", hint="Write or copy the file again"
        ) from err
