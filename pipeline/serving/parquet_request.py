"""Reads the columns of a Parquet request that the model takes, within limits.

A few kilobytes of Parquet hold any number of equal cells, and what the file says of its size is
that of the pages, in which such cells are one. So a cell counts as it is written out, before any
is: those of a fixed width by the rows, and text is read as codes and the values that they stand
for. Nothing is read of the columns that the model does not take.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, BinaryIO

from pipeline.errors import DataError
from pipeline.runtime.table_columns import count_stated_rows, find_repeated
from pipeline.serving.limits import Limits
from pipeline.serving.parquet_pages import count_unpacked_bytes

if TYPE_CHECKING:
    import pandas as pd

_ONE_BY_ONE = {"DELTA_BYTE_ARRAY", "DELTA_LENGTH_BYTE_ARRAY"}
"""Encodings of text that cannot be read as codes."""


def read_frame(body: BinaryIO, wanted: Collection[str], limits: Limits) -> pd.DataFrame:
    """The columns of a Parquet body that the model takes.

    Args:
        wanted: names of the columns that the model takes.

    Returns:
        (N rows) frame; if a wanted column is missing, no rows and the names of all columns.

    Raises:
        TooMuchError: rows, columns or bytes are too many.
        DataError: it is no Parquet, or a column holds something else than one value in each row.
    """
    from pyarrow import ArrowException

    try:
        return _frame_of(body, wanted, limits)
    except (ArrowException, OSError, ValueError, IndexError) as err:
        raise DataError(f"the body is no Parquet: {err}") from err


def _frame_of(body: BinaryIO, wanted: Collection[str], limits: Limits) -> pd.DataFrame:
    import pandas as pd
    import pyarrow as pa
    from pyarrow.parquet import ParquetFile

    file = ParquetFile(body)
    packed, schema = file.metadata, file.schema_arrow
    rows = _rows(packed, limits)
    fields = [field for field in schema if field.name in wanted]
    if len({field.name for field in fields}) < len({*wanted}):
        return pd.DataFrame(columns=schema.names)
    chunks = _chunks(packed, fields)
    _require_pages(body, chunks, limits)
    fixed = sum(rows * _width(field.type) for field in fields)
    limits.require_bytes(fixed)
    texts = [field.name for field in fields if not _width(field.type)]
    _require_codes(chunks, texts)
    body.seek(0)
    file = ParquetFile(body, read_dictionary=texts, page_checksum_verification=True)
    table = file.read(columns=[field.name for field in fields], use_threads=False)
    if len(table) != rows:
        raise DataError(f"the body is no Parquet: got {len(table)} rows, expected {rows}")
    limits.require_bytes(fixed + sum(_count_written_out(table[name]) for name in texts))
    columns = {field.name: _as_stated(table[field.name], field.type) for field in fields}
    frame: pd.DataFrame = pa.table(columns).replace_schema_metadata(schema.metadata).to_pandas()
    return frame


def _rows(packed: Any, limits: Limits) -> int:
    """Rows that the footer states, in it and in its groups of rows alike."""
    limits.require_columns(packed.num_columns)
    groups = [packed.row_group(place).num_rows for place in range(packed.num_row_groups)]
    limits.require_rows(max(packed.num_rows, sum(groups)))
    return count_stated_rows(packed)


def _require_pages(body: BinaryIO, chunks: list[Any], limits: Limits) -> None:
    """Refuse pages that are unpacked to more than the limit."""
    body.seek(0)
    content, total = memoryview(body.read()), 0
    for chunk in chunks:
        total += count_unpacked_bytes(content, chunk, limits.bytes)
        limits.require_bytes(total)


def _require_codes(chunks: list[Any], texts: list[str]) -> None:
    """Refuse text that cannot be read as codes."""
    if any(c.path_in_schema in texts and _ONE_BY_ONE & {*c.encodings} for c in chunks):
        raise DataError(
            f"the body has text in the encoding {' or '.join(sorted(_ONE_BY_ONE))}, expected "
            "PLAIN or a dictionary",
            hint="Write it as Parquet's version 1 does, or send JSON or CSV",
        )


def _chunks(packed: Any, fields: Any) -> list[Any]:
    """What the footer says of the columns' parts, one for each column and group of rows.

    Raises:
        DataError: a column is there twice, or has several values in a row.
    """
    import pyarrow as pa

    names = [field.name for field in fields]
    if twice := sorted(find_repeated(names)):
        raise DataError(f"columns there more than once: {twice}", hint="Rename them", columns=twice)
    paths = [packed.schema.column(place).path for place in range(packed.num_columns)]
    # asked for `a`, pyarrow reads `a.b` too
    places = [
        k for k, path in enumerate(paths) if f"{path}.".startswith(tuple(f"{n}." for n in names))
    ]
    nested = {
        field.name: str(field.type)
        for field in fields
        if pa.types.is_nested(field.type) or isinstance(field.type, pa.BaseExtensionType)
    }
    nested |= {paths[k]: "a part of a column" for k in places if paths[k] not in names}
    for name, found in nested.items():
        raise DataError(
            f"column {name!r}: got {found:.60}, expected one value in each row",
            hint="Give each row a value of its own",
            column=name,
        )
    groups = map(packed.row_group, range(packed.num_row_groups))
    return [group.column(place) for group in groups for place in places]


def _width(kind: Any) -> int:
    """Bytes of a value, rounded up; 0 where they differ from one to the next."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _width(kind.value_type)
    try:
        return -(-int(kind.bit_width) // 8)
    except ValueError:
        return int(pa.types.is_null(kind))


def _as_stated(column: Any, kind: Any) -> Any:
    """A column without the codes that it was read as, unless categories are what it holds."""
    import pyarrow as pa

    is_coded = pa.types.is_dictionary(column.type) and not pa.types.is_dictionary(kind)
    return column.cast(column.type.value_type) if is_coded else column


def _count_written_out(column: Any) -> int:
    """Bytes of text that was read as codes."""
    import pyarrow.compute as pc

    total = 0
    for chunk in column.chunks:
        lengths = pc.cast(pc.binary_length(chunk.dictionary), "int64")
        total += pc.sum(pc.take(lengths, chunk.indices)).as_py() or 0
    return total
