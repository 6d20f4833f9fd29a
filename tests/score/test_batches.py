"""A file is read for scoring as it was read for training."""

from __future__ import annotations

import csv
import gzip
import tempfile
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from pipeline.data import csv_source
from pipeline.data.column_types import type_values
from pipeline.data.source import open_source
from pipeline.errors import DataError
from pipeline.manifest.columns import Cells, Input, Kind
from pipeline.runtime.batch import MISSING
from pipeline.runtime.feeds import make_feed
from pipeline.runtime.grammar import NAT
from pipeline.score.batches import read_batches

KINDS: dict[str, Kind] = {"a b": "number", "c": "text", "d": "date"}


NUMBERS = st.one_of(
    st.floats(-1e38, 1e38).map(repr),
    st.integers().map(str),
    st.sampled_from(sorted(MISSING)),
)


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"])) | st.sampled_from(
    ["NA", "a;b", "x\ny", 'say "hi"', " x ", "\r", "null"]
)


DATES = st.sampled_from(["2020-01-01", "1999-12-31 23:59:59.123456789", "", " 2020-02-29 "])


def tensors(path: Path, size: int = 3) -> dict[str, Any]:
    """Feeds of the columns of KINDS, as scoring reads the file."""
    parts: dict[str, list[Any]] = {name: [] for name in KINDS}
    for batch in read_batches(path, KINDS, size):
        for name, kind in KINDS.items():
            column = Input(name, kind)
            parts[name].append(make_feed(column, batch.values(column)))
    return {name: np.concatenate(values) for name, values in parts.items()}


def trained_on(path: Path) -> dict[str, Any]:
    """The same from the frame that training reads."""
    source = open_source(path)
    frame = source.read(list(KINDS))
    return {
        name: make_feed(Input(name, kind), type_values(frame[name], kind, source))
        for name, kind in KINDS.items()
    }


@settings(deadline=None, max_examples=50)
@given(
    st.lists(st.tuples(NUMBERS, TEXTS, DATES), min_size=1, max_size=8),
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["utf-8", "utf-8-sig"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_csv_reads_as_in_training(rows: Any, delimiter: str, encoding: str, end: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "t.csv")
        with path.open("w", encoding=encoding, newline="") as file:
            writer = csv.writer(
                file, delimiter=delimiter, quoting=csv.QUOTE_ALL, lineterminator=end
            )
            writer.writerows([list(KINDS), *rows])
        expected, got = trained_on(path), tensors(path)
    for name in KINDS:
        np.testing.assert_array_equal(got[name], expected[name])


@pytest.mark.parametrize(
    ("numbers", "texts", "dates"),
    [
        (
            pa.array([1, None, 2**40]),
            pa.array(["x", None, ""]),
            pa.array([0, None, 1], pa.date32()),
        ),
        (
            pa.array([Decimal("1.25"), None, Decimal("-3")]),
            pa.array([5, None, -1]),
            pa.array([1, None, 2], pa.timestamp("ns")),
        ),
        (
            pa.array([1.5, None, float("nan")], pa.float32()),
            pa.array([True, None, False]),
            pa.array(
                [datetime(2020, 1, 1, tzinfo=UTC), None, None], pa.timestamp("us", "Asia/Tokyo")
            ),
        ),
        (
            pa.array([1, 2, 3], pa.uint8()),
            pa.array(["x", "y", "x"]).dictionary_encode(),
            pa.array(["2020-01-01", "", "2020-01-01T10:00"]),
        ),
    ],
)
def test_parquet_reads_as_in_training(tmp_path: Path, numbers: Any, texts: Any, dates: Any) -> None:
    path = tmp_path / "t.parquet"
    parquet.write_table(pa.table(dict(zip(KINDS, (numbers, texts, dates), strict=True))), path)
    expected, got = trained_on(path), tensors(path, size=2)
    for name in KINDS:
        np.testing.assert_array_equal(got[name], expected[name])


def test_batches_say_where_their_rows_are(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text('a b,c\n1,"x\ny"\n\n  \n2,y\n3,z\n4,w\n5,v\n')
    batches = list(read_batches(path, ["a b", "c"], 2))
    assert [batch.first for batch in batches] == [0, 2, 4]
    assert [line for batch in batches for line in batch.lines] == [2, 6, 7, 8, 9]
    assert [batch.rows for batch in batches] == [2, 2, 1]


def test_the_delimiter_is_the_one_that_finds_the_columns(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,b;c,d;e,f;g\n1;2;3;4\n")
    (batch,) = read_batches(path, ["a,b", "c,d", "g"])
    assert list(batch.columns) == ["a,b", "c,d", "e,f", "g"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_table_without_rows_is_one_empty_batch(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"t.{suffix}"
    frame = pd.DataFrame({"a b": pd.Series(dtype=float), "d": pd.Series(dtype="M8[ns]")})
    if suffix == "csv":
        frame.to_csv(path, index=False)
    else:
        frame.to_parquet(path)
    (batch,) = read_batches(path, ["a b"])
    assert (batch.rows, batch.names) == (0, ["a b", "d"])
    assert make_feed(Input("d", "date"), batch.values(Input("d", "date"))).shape == (0, 1)


def test_row_numbers_of_pandas_are_no_column(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    pd.DataFrame({"a": [1, 2]}, index=[5, 3]).to_parquet(path)
    (batch,) = read_batches(path, ["a"])
    assert batch.names == ["a"]
    assert len(batch.columns) == 2


def test_a_date_between_missing_ones_is_exact_to_the_nanosecond(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    nanosecond = pd.Timestamp("2020-01-01 00:00:00.000000001")
    pd.DataFrame({"d": [pd.NaT, nanosecond]}).to_parquet(path)
    (batch,) = read_batches(path, ["d"])
    column = Input("d", "date")
    assert make_feed(column, batch.values(column)).ravel().tolist() == [NAT, nanosecond.value]


@pytest.mark.parametrize(
    "cell", ['"big" apple', "5'10\" tall", '"a""b"c', 'a "b"', '"x"', '"p\nq"r']
)
def test_quotes_mean_what_they_mean_to_training(tmp_path: Path, cell: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a,y\n{cell},1\nplain,2", newline="")
    (batch,) = read_batches(path, ["a"])
    trained = csv_source.scan_csv(path).read(["a"], ["a"])
    assert batch.columns["a"] == trained["a"].tolist()
    assert batch.columns["a"][1] == "plain"


@pytest.mark.parametrize("end", [";", ";;;"])
def test_separators_that_end_each_line_are_no_columns(tmp_path: Path, end: str) -> None:
    path = tmp_path / "t.csv"
    path.write_text(f"a;y{end}\n1,5;2{end}\n;3{end}\n")
    (batch,) = read_batches(path, ["a"])
    assert batch.columns == {"a": ["1,5", ""], "y": ["2", "3"]}
    source = open_source(path)
    assert source.columns == ("a", "y") and len(source.notes) == 1
    assert source.read(["a", "y"], ["a", "y"]).to_dict("list") == batch.columns


def test_a_cell_without_a_name_is_a_column_without_a_name(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a,y,\n1,2,\n4,3,x\n")
    (batch,) = read_batches(path, ["a"])
    assert list(batch.columns) == list(open_source(path).columns) == ["a", "y", ""]


def packed(start: bytes) -> bytes:
    """A gzip archive that begins with these bytes and is damaged behind them."""
    return gzip.compress(start, mtime=0) + gzip.compress(b"", mtime=0)[:10] + b"\xff" * 20


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"a,b\n1,2\n3\n", r"row 2 \(line 3\): got 1 fields, expected 2"),
        (b'a,b\n1,"2\n3,4\n', r"starts on line 2 is no CSV"),
        (b'a,b\n1,"2', r"starts on line 2 is no CSV"),
        (b'a,b\n1,2\n"3,4\n5,6\n', r"starts on line 3 is no CSV"),
        (b'"a,b\n1,2\n', r"starts on line 1 is no CSV"),
        (b'a,b\n1,2\n"', r"starts on line 3 is no CSV"),
        (b"a,b\n1,\xe9\n", "is not UTF-8 text"),
        ("a,b\n1,2\n".encode("utf-16"), "got UTF-16 text, expected a table"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:-9], "the gzip archive is cut off"),
        (packed(b"a,b\n"), "the gzip archive is damaged"),
        (packed(b'{"a": 1, "b": 2}\n'), "the gzip archive is damaged"),
        (b'{"a": 1}\n[2]\n', r"line 2: got '\[2\]', expected one JSON object"),
        (b'[{"a": 1}]\n', "expected one JSON object"),
        (b"PK\x03\x04 and no more", "a zip archive or an Excel workbook"),
        (b"sep=;\na;b\n1;2\n", "got 'sep=;' in the first line"),
        (b"a,b,a\n1,2,3\n", r"columns there more than once: \['a'\]"),
        (b"PAR1 and no more", "is no readable Parquet file"),
    ],
)
def test_a_broken_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=message):
        list(read_batches(path, ["a", "b"]))


def test_text_of_another_encoding_in_parquet_is_refused(tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    latin = pa.array(["gr\u00fcn".encode("latin-1")], pa.binary())
    text = pa.StringArray.from_buffers(1, *latin.buffers()[1:])
    pq.write_table(pa.table({"a": text}), tmp_path / "t.parquet")
    (batch,) = read_batches(tmp_path / "t.parquet", ["a"])
    with pytest.raises(DataError, match="column 'a': got text that is not UTF-8"):
        batch.values(Input("a", "text"))


def test_no_file_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.csv"):
        with pytest.raises(DataError, match="expected a CSV, Excel, Parquet or JSON Lines file"):
            list(read_batches(path, ["a"]))


def test_a_cell_may_be_larger_than_the_csv_module_allows_by_default(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("a\n" + "x" * 200_000 + "\n")
    (batch,) = read_batches(path, ["a"])
    assert len(batch.columns["a"][0]) == 200_000


def as_workbook(path: Path, frame: pd.DataFrame) -> None:
    frame.to_excel(path, index=False)


def as_lines(path: Path, frame: pd.DataFrame) -> None:
    frame.to_json(path, orient="records", lines=True, date_format="iso", date_unit="ns")


def as_packed(path: Path, frame: pd.DataFrame) -> None:
    path.write_bytes(gzip.compress(frame.to_csv(index=False).encode()))


TYPED = pd.DataFrame(
    {
        "n": [1.5, None, -3.0, 0.1],
        "i": [1, 2, 3, 2**40],
        "t": ["a", None, "ü;\n", "NA"],
        "b": [True, False, True, True],
        "d": pd.to_datetime(
            ["2021-01-02 03:04:05", None, "1999-12-31", "2020-02-29"], format="ISO8601"
        ),
    }
)


RULED = tuple(
    Input(name, kind, Cells(missing=()))
    for name, kind in zip("nitbd", ("number", "number", "text", "boolean", "date"), strict=True)
)


@pytest.mark.parametrize("write", [as_workbook, as_lines, as_packed])
@pytest.mark.parametrize("size", [1, 3, 100])
def test_every_format_is_read_as_the_frame_that_it_holds(
    tmp_path: Path, write: Any, size: int
) -> None:
    path = tmp_path / "no suffix"
    write(path.with_suffix(".xlsx") if write is as_workbook else path, TYPED)
    if write is as_workbook:
        path.with_suffix(".xlsx").rename(path)
    batches = list(read_batches(path, list(TYPED), size))
    assert [batch.first for batch in batches] == list(range(0, 4, size))
    for column in RULED:
        got = np.concatenate([make_feed(column, batch.values(column)) for batch in batches])
        np.testing.assert_array_equal(
            got, make_feed(column, TYPED[column.name]), err_msg=column.name
        )
