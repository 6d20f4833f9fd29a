"""A table of any library is the same columns, and stays a table of its kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import DataError
from pipeline.manifest.columns import Input
from pipeline.runtime.table_columns import (
    add_columns,
    column_names,
    column_values,
    count_stated_rows,
    find_repeated,
    format_value,
    get_columns,
    python_values,
)

COLUMNS = {"a": [1.5, 2.5, 3.5], "b": ["x", "ü", ""]}
KINDS: dict[str, Callable[[dict[str, list[Any]]], Any]] = {
    "mapping": dict,
    "records": lambda c: [dict(zip(c, row, strict=True)) for row in zip(*c.values(), strict=True)],
    "pandas": pd.DataFrame,
    "polars": pl.DataFrame,
    "pyarrow": pa.table,
    "batch of pyarrow": pa.RecordBatch.from_pydict,
}


def as_lists(table: Any) -> dict[str, list[Any]]:
    return {
        name: column_values(Input(name, "text" if name == "b" else "number"), column)
        for name, column in get_columns(table).items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_a_table_of_any_library_has_the_same_columns(kind: str) -> None:
    table = KINDS[kind](COLUMNS)
    assert column_names(table) == ["a", "b"]
    assert {name: list(values) for name, values in as_lists(table).items()} == COLUMNS


@pytest.mark.parametrize("kind", KINDS)
def test_a_column_more_leaves_the_table_what_it_was(kind: str) -> None:
    table = KINDS[kind](COLUMNS)
    masked = np.ma.MaskedArray([7, 8, 9], [False, True, False])
    found = add_columns(table, {"more": masked})
    assert type(found) is type(table)
    assert column_names(found) == ["a", "b", "more"]
    assert column_names(table) == ["a", "b"]
    more = pd.Series(list(get_columns(found)["more"]), dtype=object)
    assert [bool(gap) for gap in pd.isna(more.map(plain))] == [False, True, False]


def plain(value: Any) -> Any:
    """What pyarrow's scalars and numpy's mask hold."""
    if value is np.ma.masked:
        return None
    return value.as_py() if hasattr(value, "as_py") else value


@pytest.mark.parametrize("table", [7, "text", None, pl.DataFrame(COLUMNS).lazy(), [1, 2]])
def test_what_is_no_table_is_refused(table: Any) -> None:
    with pytest.raises(DataError, match="expected a table"):
        column_names(table)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), st.integers(), max_size=3)))
def test_a_record_that_lacks_a_key_has_no_value_there(rows: list[dict[str, int]]) -> None:
    found = get_columns(rows)
    expected = pd.DataFrame(rows, dtype=object)
    assert {*found} == {*expected.columns}
    for name in expected:
        values = [None if pd.isna(value) else value for value in expected[name]]
        assert found[name] == values


@given(st.lists(st.integers(0, 5)))
def test_names_that_are_there_twice_are_named_once(names: list[int]) -> None:
    found = find_repeated(names)
    assert sorted(found) == sorted(name for name, count in Counter(names).items() if count > 1)


@pytest.mark.parametrize("values", ["abc", b"abc", {"a": 1}, 7, None])
def test_what_is_no_column_is_refused(values: Any) -> None:
    with pytest.raises(DataError, match="expected a sequence of values"):
        column_values(Input("n", "number"), values)


def test_an_array_may_have_one_column_and_no_more() -> None:
    column, matrix = Input("n", "number"), np.arange(6.0).reshape(3, 2)
    assert column_values(column, matrix[:, :1]).tolist() == [0.0, 2.0, 4.0]  # type: ignore[union-attr]
    with pytest.raises(DataError, match=r"shape \(3, 2\)"):
        column_values(column, matrix)


def test_a_mask_hides_values_and_whole_numbers_of_a_text_column_stay_whole() -> None:
    masked = np.ma.MaskedArray([1.0, 2.0], [False, True])
    assert column_values(Input("n", "number"), masked) == [1.0, None]
    for column in (pl.Series([1, None]), pd.Series([1, None], dtype="Int64")):
        first, gap = column_values(Input("t", "text"), column)
        assert (first, type(first)) == (1, int)
        assert gap is None or gap is pd.NA


@given(st.lists(st.none() | st.datetimes(pd.Timestamp(1700, 1, 1), pd.Timestamp(2200, 1, 1))))
def test_dates_of_pyarrow_are_iso_text_and_exact(values: list[Any]) -> None:
    found = python_values("d", pa.array(values, pa.timestamp("ns")))
    assert [None if text is None else pd.Timestamp(text) for text in found] == values
    objects = python_values("d", pa.array(values, pa.timestamp("us")), as_objects=True)
    assert objects == values


@pytest.mark.parametrize(("stated", "groups"), [(5, [2, 3]), (0, []), (4, [2, 3]), (5, [])])
def test_a_footer_is_believed_where_it_agrees_with_itself(stated: int, groups: list[int]) -> None:
    metadata = SimpleNamespace(
        num_rows=stated,
        num_row_groups=len(groups),
        row_group=lambda place: SimpleNamespace(num_rows=groups[place]),
    )
    if stated == sum(groups):
        assert count_stated_rows(metadata) == stated
    else:
        with pytest.raises(DataError, match=f"got {stated} rows in its footer, {sum(groups)} in"):
            count_stated_rows(metadata)


@given(st.text(max_size=200))
def test_a_value_in_a_message_is_never_long(text: str) -> None:
    found = format_value(text)
    assert len(found) <= 60
    assert found == repr(text) or found.endswith("...")
