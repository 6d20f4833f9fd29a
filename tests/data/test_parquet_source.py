"""Parquet files: pandas' extension types come out as the few types a model knows."""

from __future__ import annotations

import datetime as dt
import decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.data.cells import CellStyle
from pipeline.data.column_types import column_kind, type_values
from pipeline.data.column_types import type_column as read_column
from pipeline.data.known_values import summarize_known
from pipeline.data.source import Source, open_source
from pipeline.errors import DataError
from pipeline.manifest.columns import Input, Kind
from pipeline.runtime.feeds import make_feed
from pipeline.score import batches
from tests.data.tables import misstated

PLAIN = {"compression": "none", "use_dictionary": False}


def flip(file: Path, found: bytes) -> None:
    """Change one bit of what stands once in a file, as a bad disk or cable does."""
    content = file.read_bytes()
    assert content.count(found) == 1
    place = content.index(found) + 3
    file.write_bytes(content[:place] + bytes([content[place] ^ 4]) + content[place + 1 :])


def source_of(folder: Path, table: pd.DataFrame | pa.Table) -> Source:
    file = folder / "table.bin"  # the content decides, not the name
    if isinstance(table, pd.DataFrame):
        table.to_parquet(file)
    else:
        pq.write_table(table, file)
    return open_source(file)


def column(folder: Path, values: pd.Series | pa.Array, kind: Kind | None = None) -> pd.Series:
    table = values.to_frame("c") if isinstance(values, pd.Series) else pa.table({"c": values})
    source = source_of(folder, table)
    return type_values(source.read(["c"])["c"], kind, source)


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (pd.Series([1, 2], dtype="int8"), "int64", [1, 2]),
        (pd.Series([1, 2], dtype="Int64"), "int64", [1, 2]),
        (pd.Series([1, None], dtype="Int64"), "float64", [1.0, np.nan]),
        (pd.Series([2**63, 1], dtype="uint64"), "float64", [2.0**63, 1.0]),
        (pd.Series([1.5, None], dtype="float32"), "float64", [1.5, np.nan]),
        (pd.Series([1.5, None], dtype="Float64"), "float64", [1.5, np.nan]),
        (pa.array([1.5, None], pa.float16()), "float64", [1.5, np.nan]),
        (pa.array([decimal.Decimal("1.25"), None]), "float64", [1.25, np.nan]),
        (pa.nulls(2), "float64", [np.nan, np.nan]),
        (pd.Series([True, False]), "bool", [True, False]),
        (pd.Series([True, False], dtype="boolean"), "bool", [True, False]),
        (pd.Series([True, None], dtype="boolean"), "object", ["True", np.nan]),
        (pd.Series(["a", None]), "object", ["a", np.nan]),
        (pd.Series(["a", ""], dtype="string"), "object", ["a", np.nan]),
        (pa.array(["a", None], pa.large_string()), "object", ["a", np.nan]),
        (pd.Series(["a", "b", None], dtype="category"), "object", ["a", "b", np.nan]),
        (
            pd.Series([10, 20], dtype="category"),
            "int64",
            [10, 20],
        ),  # Parquet keeps the numbers only
        (pd.Series(["NA", "None"]), "object", ["NA", "None"]),
    ],
)
def test_every_type_becomes_one_of_five(tmp_path: Path, values, dtype: str, expected) -> None:
    got = column(tmp_path, values)
    assert got.dtype == dtype
    pd.testing.assert_series_equal(got, pd.Series(expected, name="c", dtype=dtype))


@pytest.mark.parametrize(
    "values",
    [
        pa.array([dt.date(2020, 2, 29), None]),
        pa.array([dt.datetime(2020, 2, 29), None], pa.timestamp("s")),
        pa.array([dt.datetime(2020, 2, 29), None], pa.timestamp("us", tz="UTC")),
        pd.Series(pd.to_datetime(["2020-02-29 01:00", None]).tz_localize("Europe/Berlin")),
    ],
)
def test_dates_become_nanoseconds_in_utc_without_zone(tmp_path: Path, values) -> None:
    got = column(tmp_path, values)
    assert got.dtype == "datetime64[ns]"
    assert got.isna().tolist() == [False, True]
    assert got[0] == pd.Timestamp("2020-02-29")


def test_declared_text_is_written_as_python_writes_it(tmp_path: Path) -> None:
    assert column(tmp_path, pd.Series([1, 20]), kind="text").tolist() == ["1", "20"]
    assert column(tmp_path, pd.Series([True, False]), kind="text").tolist() == ["True", "False"]
    with pytest.raises(DataError, match="expected text, whole numbers, dates or booleans"):
        column(tmp_path, pd.Series([1.5, 2.0]), kind="text")


@pytest.mark.parametrize(
    "values",
    [pa.array([[1], [2]]), pa.array([{"a": 1}]), pa.array([b"x"]), pa.array([dt.time(1)])],
)
def test_other_types_are_refused_by_column_and_type(tmp_path: Path, values) -> None:
    with pytest.raises(DataError, match=r"table.bin: column 'c': got values of type"):
        column(tmp_path, values)


def test_dates_that_nanoseconds_cannot_hold_are_missing(tmp_path: Path) -> None:
    days = [dt.datetime(2020, 2, 29), None, dt.datetime(9999, 12, 31)]
    got = column(tmp_path, pa.array(days, pa.timestamp("us")))
    assert got.tolist() == [pd.Timestamp("2020-02-29"), pd.NaT, pd.NaT]


def test_names_with_dots_and_pandas_own_index_are_no_trap(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1, 2], "a.b": [3, 4]}, index=[7, 9])
    source = source_of(tmp_path, frame)
    assert source.columns == ("a", "a.b")
    assert source.read(["a.b"]).to_dict("list") == {"a.b": [3, 4]}
    assert source.read(["a.b"]).index.tolist() == [0, 1]
    assert source.place([0, 1]) == "rows 1 and 2"


def test_a_damaged_or_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="got no rows"):
        source_of(tmp_path, pd.DataFrame({"a": []}))
    file = tmp_path / "cut.parquet"
    file.write_bytes((tmp_path / "table.bin").read_bytes()[:100])
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        open_source(file)


def test_a_file_that_is_damaged_behind_its_schema_is_refused(tmp_path: Path) -> None:
    source = source_of(tmp_path, pa.table({"c": [str(i * 7919) for i in range(5000)]}))
    content = bytearray((tmp_path / "table.bin").read_bytes())
    content[200 : len(content) // 2] = bytes(len(content) // 2 - 200)
    (tmp_path / "table.bin").write_bytes(content)
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        source.read(["c"])


def test_a_page_that_differs_from_its_checksum_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "table.parquet"
    values = [i * 1.5 for i in range(100)]
    pq.write_table(
        pa.table({"c": values}),
        file,
        write_page_checksum=True,
        **PLAIN,
    )
    flip(file, np.float64(61.5).tobytes())
    source = open_source(file)
    with pytest.raises(DataError, match=r"table\.parquet: .*checksum") as caught:
        source.read(["c"])
    assert caught.value.hint
    with pytest.raises(DataError, match=r"table\.parquet .*checksum") as caught:
        list(batches.read_batches(file, ["c"]))
    assert caught.value.hint


@pytest.mark.parametrize("rows", [0, 29, 31])
def test_a_footer_that_contradicts_itself_is_refused(tmp_path: Path, rows: int) -> None:
    (file := tmp_path / "t.parquet").write_bytes(misstated(NUMBERS, rows))
    for reading in (lambda: open_source(file), lambda: list(batches.read_batches(file, ["a"]))):
        with pytest.raises(DataError, match=rf"got {rows} rows in its footer, 30 in its groups"):
            reading()


@pytest.mark.parametrize("column", [0, 1])
def test_a_column_of_fewer_rows_is_no_end_of_the_table(tmp_path: Path, column: int) -> None:
    (file := tmp_path / "t.parquet").write_bytes(misstated(NUMBERS, 0, column=column))
    with pytest.raises(DataError, match="cannot be read as Parquet"):
        open_source(file).read(["a", "b"])
    with pytest.raises(DataError, match="got 0 rows, expected 30"):
        list(batches.read_batches(file, ["a", "b"]))


def test_a_name_in_another_encoding_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.parquet"
    pq.write_table(pa.table({"colour": [1, 2], "b": [3, 4]}), file)
    file.write_bytes(file.read_bytes().replace(b"colour", b"colo\x96r"))
    for reading in (
        lambda: open_source(file).read(["b"]),
        lambda: list(batches.read_batches(file, ["b"])),
    ):
        with pytest.raises(DataError, match=r"Parquet.* can't decode byte 0x96"):
            reading()


NUMBERS = pa.table({"a": range(30), "b": range(30)})


def test_a_file_without_checksums_is_read_all_the_same(tmp_path: Path) -> None:
    file = tmp_path / "table.parquet"
    pq.write_table(pa.table({"c": [1.5, 2.5]}), file)
    assert open_source(file).read(["c"])["c"].tolist() == [1.5, 2.5]


def test_text_in_another_encoding_is_refused_by_its_column(tmp_path: Path) -> None:
    latin = pa.array(["gr\u00fcn".encode("latin-1")], pa.binary())
    text = pa.StringArray.from_buffers(1, *latin.buffers()[1:])
    with pytest.raises(DataError, match="'c': got text that is not UTF-8"):
        column(tmp_path, text)


DAYS = [dt.date(2021, 1, 1 + i % 28) for i in range(60)]


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (pa.array([decimal.Decimal(f"{i}.{i % 100:02}") for i in range(60)]), None),
        (pa.array([None, *(decimal.Decimal(i) / 1000 for i in range(59))]), None),
        (pa.array([decimal.Decimal(i % 3) for i in range(60)]), "text"),
        (pa.array(DAYS), "text"),
        (pa.array([None, *DAYS[1:]]).cast(pa.timestamp("ns")), "text"),
        (pa.array(DAYS).cast(pa.timestamp("ms", tz="Europe/Berlin")), "text"),
        (pa.array([True, False] * 30), "text"),
        (pa.array([True, False, None] * 20), "text"),
        (pa.array([True, False] * 30), None),
        (pa.array([1, 0] * 30), "boolean"),
        (pa.array([1, None] * 30), "text"),
        (pa.array([1, None] * 30).dictionary_encode(), None),
    ],
)
def test_scoring_reads_a_typed_column_as_training_did(
    tmp_path: Path, values: pa.Array, kind: Kind | None
) -> None:
    source = source_of(tmp_path, pa.table({"c": values}))
    made = read_column(source.read(["c"])["c"], kind, source)
    taken = Input("c", column_kind(made.values), made.cells, summarize_known(made.values))
    (batch,) = batches.read_batches(tmp_path / "table.bin", ["c"])
    for given in (batch.values(taken), values, values.to_pandas()):
        np.testing.assert_array_equal(make_feed(taken, given), make_feed(taken, made.values))


def test_a_format_of_dates_is_never_passed_over(tmp_path: Path) -> None:
    source = source_of(tmp_path, pa.table({"c": [20210101 + i % 28 for i in range(60)]}))
    with pytest.raises(DataError, match=r"got 20210101, .* expected dates"):
        read_column(source.read(["c"])["c"], None, source, CellStyle(dates="%Y%m%d"))


def test_text_with_nul_is_refused_with_its_row(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"'c': got 'yes\\x00b' in row 2, expected text without NUL"
    ):
        column(tmp_path, pa.array(["yes", "yes\0b", "no"]))
