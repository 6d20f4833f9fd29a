"""A Parquet body is the frame that pandas reads, or it is refused before it is unpacked."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.serving.limits import Limits, TooMuchError
from pipeline.serving.parquet_request import read_frame

LIMITS = Limits(rows=50, bytes=100_000, columns=6)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=9)


def body(table: pa.Table, **options: Any) -> io.BytesIO:
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return io.BytesIO(sink.getvalue())


@settings(max_examples=30)
@given(
    st.lists(st.tuples(st.none() | TEXT, st.none() | st.floats(allow_nan=False), st.booleans())),
    st.sampled_from(["none", "snappy", "zstd", "gzip"]),
    st.sampled_from(["1.0", "2.0"]),
)
def test_columns_are_those_that_pandas_reads(rows: list[Any], codec: str, version: str) -> None:
    rows = rows[: LIMITS.rows]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], []]
    table = pa.table(
        {
            "text": pa.array(columns[0], pa.string()),
            "number": pa.array(columns[1], pa.float64()),
            "truth": pa.array(columns[2], pa.bool_()),
            "other": pa.nulls(len(rows)),
        }
    )
    options = {"compression": codec, "data_page_version": version}
    found = read_frame(body(table, **options), ["text", "number", "truth"], LIMITS)
    expected = pd.read_parquet(body(table, **options))[["text", "number", "truth"]]
    pd.testing.assert_frame_equal(found, expected)


def test_categories_and_dates_stay_what_they_are() -> None:
    frame = pd.DataFrame(
        {
            "c": pd.Categorical(["a", None, "a"]),
            "d": pd.to_datetime(["2020-01-01", None, "2021-02-03"]),
        }
    )
    found = read_frame(body(pa.Table.from_pandas(frame)), ["c", "d"], LIMITS)
    pd.testing.assert_frame_equal(found, frame)


def test_a_column_that_lacks_gives_the_names_of_all() -> None:
    found = read_frame(body(pa.table({"a": [1], "c": [2]})), ["a", "b"], LIMITS)
    assert (list(found), len(found)) == (["a", "c"], 0)


TOO_MUCH = {
    "rows": (pa.table({"a": range(51)}), {}),
    "columns": (pa.table({**{f"c{k}": [1] for k in range(6)}, "a": [1]}), {}),
    "equal text": (pa.table({"a": ["x" * 3000] * 50}), {"compression": "zstd"}),
    "one text": (pa.table({"a": ["x" * 200_000]}), {"compression": "zstd"}),
    "text in no dictionary": (pa.table({"a": ["x" * 3000] * 50}), {"use_dictionary": False}),
}


@pytest.mark.parametrize(("table", "options"), TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_is_more_than_the_limits_is_too_much_however_it_is_packed(
    table: pa.Table, options: dict[str, Any]
) -> None:
    with pytest.raises(TooMuchError):
        read_frame(body(table, **options), ["a"], LIMITS)


WRONG = {
    "a list in a row": pa.table({"a": [[1.0, 2.0]]}),
    "a struct": pa.table({"a": [{"b": 1}]}),
    "a name twice": pa.table([pa.array([1]), pa.array([2])], names=["a", "a"]),
}


@pytest.mark.parametrize("table", WRONG.values(), ids=WRONG)
def test_a_row_has_one_value_in_a_column(table: pa.Table) -> None:
    with pytest.raises(DataError):
        read_frame(body(table), ["a"], LIMITS)


def test_text_that_cannot_be_read_as_codes_is_refused_with_what_to_do() -> None:
    options = {"use_dictionary": False, "column_encoding": {"a": "DELTA_BYTE_ARRAY"}}
    with pytest.raises(DataError, match="expected PLAIN or a dictionary"):
        read_frame(body(pa.table({"a": ["x", "y"]}), **options), ["a"], LIMITS)


@settings(max_examples=25)
@given(st.data())
def test_bytes_of_any_kind_are_a_frame_or_an_error_of_ours(data: st.DataObject) -> None:
    table = pa.table({"a": np.arange(9.0), "b": ["text"] * 9})
    content = bytearray(body(table, write_page_checksum=True).getvalue())
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    try:
        found = read_frame(io.BytesIO(bytes(content)), ["a", "b"], LIMITS)
    except DataError:
        return
    assert len(found) <= LIMITS.rows
