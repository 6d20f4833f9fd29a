"""CSV files: whatever is written comes back, and whatever is not a table is refused."""

from __future__ import annotations

import csv
import gzip
import math
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.data.column_types import type_values
from pipeline.data.csv_source import SEPARATORS, scan_csv
from pipeline.data.source import NUMBER, Source, open_source
from pipeline.errors import DataError
from pipeline.manifest.columns import Input
from tests.data.tables import write

MISSING = pd._libs.parsers.STR_NA_VALUES  # type: ignore[attr-defined]


def file_of(folder: Path, text: str | bytes) -> Path:
    file = folder / "table.csv"
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return file


def read(folder: Path, text: str | bytes, as_text: tuple[str, ...] = ()) -> pd.DataFrame:
    return typed_frame(open_source(file_of(folder, text)), as_text)


def typed_frame(source: Source, as_text: Collection[str]) -> pd.DataFrame:
    frame = source.read(source.columns)
    kinds = {name: "text" if name in as_text else None for name in frame}
    return pd.DataFrame({name: type_values(frame[name], kinds[name], source) for name in frame})


# Python 3.11 leaves a carriage return unquoted where lines end in another way: no table then
texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=8)
names = st.text("abcXYZ äß.()-[]{}:%\u4e2d\u6587'", min_size=1, max_size=6).filter(str.strip)
numbers = st.none() | st.floats(allow_nan=False, allow_infinity=False)
wholes = st.integers(-(2**63), 2**63 - 1)
tables = st.integers(1, 12).flatmap(
    lambda n: st.dictionaries(
        names,
        st.one_of(
            st.tuples(st.just("text"), st.lists(st.none() | texts, min_size=n, max_size=n)),
            st.tuples(st.just("number"), st.lists(numbers, min_size=n, max_size=n)),
            st.tuples(st.just("whole"), st.lists(wholes, min_size=n, max_size=n)),
        ),
        min_size=2,
        max_size=5,
    )
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    table=tables,
    separator=st.sampled_from(SEPARATORS),
    options=st.fixed_dictionaries(
        {
            "quoting": st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
            "lineterminator": st.sampled_from(["\n", "\r\n"]),
            "bom": st.booleans(),
        }
    ),
)
def test_a_hostile_table_comes_back_as_it_was_written(
    tmp_path: Path, table, separator: str, options
) -> None:
    columns = {name: values for name, (_, values) in table.items()}
    source = open_source(write(tmp_path, columns, separator, **options))
    assert source.columns == tuple(columns)
    as_text = [name for name, (kind, _) in table.items() if kind == "text"]
    frame = typed_frame(source, as_text)
    for name, (kind, values) in table.items():
        got = frame[name].tolist()
        if kind == "text":
            expected = [None if v is None or v in MISSING else v for v in values]
            assert [None if isinstance(v, float) else v for v in got] == expected
        else:
            expected = [math.nan if v is None else v for v in values]
            np.testing.assert_array_equal(got, expected)  # exact: written with repr
        if kind == "whole":
            assert frame[name].dtype == np.int64


@settings(deadline=None)
@given(st.from_regex(NUMBER, fullmatch=True))
def test_what_is_a_number_to_training_is_the_same_number_to_scoring(text: str) -> None:
    from pipeline.runtime.feeds import make_feed
    from pipeline.runtime.values import LARGEST

    value = float(text)
    if abs(value) <= LARGEST:
        assert make_feed(Input("x", "number"), [text])[0, 0] == value


@pytest.mark.parametrize("separator", SEPARATORS)
def test_the_separator_is_found_beside_the_others(tmp_path: Path, separator: str) -> None:
    columns = {"a": ["x,y;z", "1,5", "u|v"], "b": ["p;q", "r\ts", "2,5"]}
    file = write(tmp_path, columns, separator)
    assert scan_csv(file).separator == separator


def test_one_column_is_a_table_too(tmp_path: Path) -> None:
    frame = read(tmp_path, "note\nfirst, second\nthird; fourth, fifth\n")
    assert frame["note"].tolist() == ["first, second", "third; fourth, fifth"]


def test_byte_order_mark_semicolons_and_quoted_newlines_go_together(tmp_path: Path) -> None:
    frame = read(tmp_path, '\ufeff"a, x";b\r\n"1;2";"p\r\nq"\r\n\r\n3;r\r\n')
    assert frame.to_dict("list") == {"a, x": ["1;2", "3"], "b": ["p\r\nq", "r"]}


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_line_ends_of_every_system_are_read(tmp_path: Path, newline: str) -> None:
    frame = read(tmp_path, newline.join(["a,b", "1,2", "3,4"]))
    assert frame.to_dict("list") == {"a": [1, 3], "b": [2, 4]}


def test_missing_is_what_pandas_takes_for_missing(tmp_path: Path) -> None:
    words = sorted(MISSING)
    frame = read(tmp_path, "t,n\nword,1\n" + "".join(f"{word},{word}\n" for word in words))
    assert frame["t"].isna().sum() == len(words)
    assert frame["n"].dtype == np.float64
    assert frame["n"].isna().sum() == len(words)


def test_text_keeps_leading_zeros_and_its_own_spelling(tmp_path: Path) -> None:
    frame = read(tmp_path, "zip,n\n01234,1.50\n99999,2\n", as_text=("zip", "n"))
    assert frame.to_dict("list") == {"zip": ["01234", "99999"], "n": ["1.50", "2"]}


def test_booleans_with_gaps_have_one_spelling(tmp_path: Path) -> None:
    frame = read(tmp_path, "b,c\ntrue,true\n,FALSE\nFALSE,True\nTRUE,True\n")
    assert frame["b"].dropna().tolist() == ["true", "FALSE", "true"]
    assert frame["c"].dtype == bool


def test_numbers_beyond_64_bits_become_floats(tmp_path: Path) -> None:
    frame = read(tmp_path, "a,b,c\n99999999999999999999,18446744073709551615,1e999\n1,2,3\n")
    assert frame["a"].tolist() == [1e20, 1.0]
    assert frame["b"].tolist() == [2.0**64, 2.0]
    assert frame["c"].tolist() == [math.inf, 3.0]


def test_numbers_are_read_to_the_last_digit(tmp_path: Path) -> None:
    written = ["0.15075376884422", "5e-324", "1.7976931348623157e308", "0.30000000000000004"]
    frame = read(tmp_path, "a,b\n" + "".join(f"{text},1\n" for text in written))
    assert frame["a"].tolist() == [float(text) for text in written]


def test_rows_are_named_by_the_line_they_start_on(tmp_path: Path) -> None:
    source = open_source(file_of(tmp_path, '\na,b\n"x\ny",1\n\n \nz,2\n' + "w,3\n" * 10))
    assert source.place([0]) == "line 3"
    assert source.place([1]) == "line 7"
    assert source.place([0, 1]) == "lines 3 and 7"
    assert source.place(range(12)) == "lines 3, 7, 8, 9, 10 and 7 more"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "the file is empty"),
        ("\n \n", "the file is empty"),
        ("a,b\n", "got a header and no rows"),
        ("a,b\n1,2\n3\n", "line 3: got 1 fields, expected 2"),
        ("a,b\n1,2,3\n4,5,6\n", "line 2: got 3 fields, expected 2"),
        ('a,b\n"x,2\n3,4\n', "close every quote"),
        ("a,b\n" + '"' + "x" * 140_000, "got a cell of more than 131,072 characters"),
        (b"a,b\n1,2\nM\xfcller,3\n", "line 3: got the byte 0xfc, expected text in UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "got UTF-16 text"),
        (b"PK\x03\x04....", "a zip archive"),
        (b"\x1f\x8b....", "the gzip archive is cut off"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0)[:10] + b"\xff" * 20, "the gzip archive is damaged"),
        (b"a,b\n\0,1\n", "got binary data"),
    ],
)
def test_what_is_no_table_is_refused_in_words(
    tmp_path: Path, content: str | bytes, says: str
) -> None:
    with pytest.raises(DataError) as caught:
        open_source(file_of(tmp_path, content))
    assert says in str(caught.value)
    assert "table.csv" in str(caught.value)


def test_a_file_that_is_not_there_or_is_a_folder_is_refused(tmp_path: Path) -> None:
    for path in (tmp_path / "none.csv", tmp_path):
        with pytest.raises(DataError, match="cannot be read"):
            open_source(path)


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_a_line_for_excel_is_named(mark: str, tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    file.write_text(f"{mark}sep=;\nx;y\n1;2\n", "utf-8")
    with pytest.raises(DataError, match="got 'sep=;' in the first line") as caught:
        scan_csv(file)
    assert "Remove that line" in str(caught.value.hint)
