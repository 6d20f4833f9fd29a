"""Pages are counted by their own headers."""

from __future__ import annotations

import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import DataError
from pipeline.serving import parquet_pages


@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "gzip"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("rows", [0, 1, 5000])
def test_pages_are_counted_as_the_footer_of_an_honest_file_counts_them(
    codec: str, version: str, rows: int
) -> None:
    table = pa.table({"a": [f"w{k}" for k in range(rows)], "b": [k / 3 for k in range(rows)]})
    options = {"data_page_version": version, "data_page_size": 500, "write_page_checksum": True}
    pq.write_table(table, sink := io.BytesIO(), compression=codec, **options)
    content = memoryview(sink.getvalue())
    packed = pq.ParquetFile(sink).metadata
    for group in map(packed.row_group, range(packed.num_row_groups)):
        for chunk in (group.column(0), group.column(1)):
            counted = parquet_pages.count_unpacked_bytes(content, chunk, 2**40)
            apart = abs(counted - chunk.total_uncompressed_size)
            assert apart <= 64 * (2 + rows // 50)  # headers are longer or shorter than supposed
            with pytest.raises(DataError, match="cannot be told"):
                parquet_pages.count_unpacked_bytes(content[: chunk.data_page_offset], chunk, 2**40)
