"""A file from outside: its format is known by its content, row numbers are left out."""

from __future__ import annotations

import gzip
import hashlib
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.source import (
    NAMED_ROWS,
    Part,
    format_positions,
    hash_file,
    open_source,
    open_text,
    read_head,
)
from pipeline.errors import DataError
from tests.data.tables import ROWS, days, plain, read_file, write


@pytest.mark.parametrize("start", [0, 1])
def test_row_numbers_of_pandas_are_dropped_and_other_unnamed_columns_are_not(
    tmp_path: Path, start: int
) -> None:
    frame = pd.DataFrame(plain())
    frame.index += start
    frame.to_csv(tmp_path / "t.csv")
    assert read_file(tmp_path / "t.csv").features == ("x", "g")
    frame.index = frame.index * 2
    frame.to_csv(tmp_path / "t.csv")
    with pytest.raises(DataError, match="no name for column 1"):
        read_file(tmp_path / "t.csv")


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_row_numbers_of_several_savings_are_dropped_whatever_the_file(
    tmp_path: Path, form: str
) -> None:
    frame, file = pd.DataFrame(plain()), tmp_path / f"t.{form}"
    frame.to_csv(tmp_path / "once.csv")
    again = pd.read_csv(tmp_path / "once.csv")
    again.to_csv(file) if form == "csv" else again.to_parquet(file)
    dataset = read_file(file)
    assert dataset.features == ("x", "g")
    assert any("left out" in note for note in dataset.notes)


def test_every_format_gives_the_same_frame(tmp_path: Path) -> None:
    columns = plain(
        d=days().dt.strftime("%Y-%m-%d").tolist(),
        b=[True, False] * 30,
        i=range(ROWS),
        gaps=[None if i == 3 else "pq"[i % 2] for i in range(ROWS)],
        holes=[None if i == 5 else i * 1.5 for i in range(ROWS)],
    )
    frame = pd.DataFrame(columns)
    csv = read_file(write(tmp_path, columns))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress((tmp_path / "table.csv").read_bytes()))
    typed = frame.assign(d=pd.to_datetime(frame["d"]))
    typed.to_excel(tmp_path / "t.xlsx", index=False)
    typed.to_parquet(tmp_path / "t.parquet", index=False)
    records = frame.astype(object).where(frame.notna(), None).to_dict("records")
    lines = "\n".join(map(json.dumps, records))
    (tmp_path / "t.jsonl").write_text(lines)
    for name in ("t.csv.gz", "t.xlsx", "t.parquet", "t.jsonl"):
        other = read_file(tmp_path / name)
        pd.testing.assert_frame_equal(other.frame, csv.frame, check_dtype=name != "t.xlsx")
        assert other.cells == csv.cells, name
        assert [c.known for c in other.inputs] == [c.known for c in csv.inputs]


@given(st.lists(st.integers(1, 10**6), min_size=1, max_size=20))
def test_positions_are_named_in_words_and_none_is_lost(numbers: list[int]) -> None:
    text = format_positions("line", numbers)
    named = [int(part) for part in re.findall(r"\d+(?! more)\b", text)]
    more = re.search(r"and (\d+) more$", text)
    shown = named[: len(numbers)] if more is None else named[:NAMED_ROWS]
    assert shown == numbers[: len(shown)]
    assert len(shown) + (int(more[1]) if more else 0) == len(numbers)


def test_a_part_counts_its_rows_as_the_file_does(tmp_path: Path) -> None:
    whole = open_source(write(tmp_path, plain(9)))
    part = Part(Part(whole, ("x", "y")), ("y",), kept=[2, 5, 8])
    assert (part.rows, part.left_out) == (3, ("g", "x"))
    assert part.place([0, 2]) == whole.place([2, 8])
    kept = whole.read(["y"])["y"].iloc[[2, 5, 8]].tolist()
    assert part.read(["y"])["y"].tolist() == kept


def test_the_hash_is_that_of_the_bytes_and_a_packed_file_begins_unpacked(tmp_path: Path) -> None:
    file = write(tmp_path, plain())
    (packed := tmp_path / "t.gz").write_bytes(gzip.compress(file.read_bytes()))
    assert hash_file(file) == hashlib.sha256(file.read_bytes()).hexdigest()
    assert read_head(packed, 99) == read_head(file, 99) == file.read_bytes()[:99]
    with open_text(packed) as stream:
        assert stream.read() == file.read_bytes().decode()
    for read in (hash_file, read_head):
        with pytest.raises(DataError, match="cannot be read"):
            read(tmp_path / "none.csv")
