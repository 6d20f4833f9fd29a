"""CSV batch by batch, as pandas reads it whole."""

from __future__ import annotations

import csv
import io

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.runtime.delimited import DELIMITERS, read_csv_batches

NAMES = ["a", "b c", "d"]
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=6)
ROWS = st.lists(st.tuples(CELLS, CELLS, st.just("x")), max_size=9)


def text_of(rows: list[tuple[str, ...]], delimiter: str) -> str:
    csv.writer(out := io.StringIO(), delimiter=delimiter).writerows([NAMES, *rows])
    return out.getvalue()


@given(ROWS, st.sampled_from(DELIMITERS), st.integers(1, 4))
def test_every_cell_comes_back_in_any_size_of_batch(
    rows: list[tuple[str, ...]], delimiter: str, size: int
) -> None:
    text = text_of(rows, delimiter)
    found = list(read_csv_batches(lambda: io.StringIO(text, newline=""), NAMES, size))
    assert all(batch.names == NAMES for batch in found)
    assert [batch.first for batch in found] == [k * size for k in range(len(found))]
    columns = {name: [cell for batch in found for cell in batch.columns[name]] for name in NAMES}
    expected = pd.read_csv(
        io.StringIO(text, newline=""), sep=delimiter, dtype=str, keep_default_na=False
    )
    assert columns == expected.to_dict(orient="list")


@given(ROWS, st.sampled_from(DELIMITERS))
def test_lines_are_those_on_which_rows_start(rows: list[tuple[str, ...]], delimiter: str) -> None:
    text = text_of(rows, delimiter)
    (found,) = read_csv_batches(lambda: io.StringIO(text, newline=""), NAMES, 99)
    before = [text_of(rows[:k], delimiter) for k in range(len(rows))]
    assert list(found.lines) == [1 + sum(map(start.count, "\n")) for start in before]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "empty"),
        ("a,b,a\n1,2,3\n", "more than once"),
        ("a,b\n1,2\n3\n", r"row 2 \(line 3\): got 1 fields"),
        ('a,b\n1,"2\n', "line 2 is no CSV"),
    ],
)
def test_what_is_no_table_is_refused_with_its_line(text: str, found: str) -> None:
    with pytest.raises(DataError, match=found):
        list(read_csv_batches(lambda: io.StringIO(text, newline=""), ["a", "b"], 9))


def test_separators_that_end_every_line_are_no_column() -> None:
    (found,) = read_csv_batches(
        lambda: io.StringIO("a,b,\n1,2,\n3,4,\n", newline=""), ["a", "b"], 9
    )
    assert found.columns == {"a": ["1", "3"], "b": ["2", "4"]}
