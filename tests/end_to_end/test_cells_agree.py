"""Whatever a column holds, scoring reads its cells as training did."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.data.cells import CellStyle
from pipeline.data.column_types import column_kind, type_column
from pipeline.data.known_values import summarize_known
from pipeline.data.records import Records
from pipeline.errors import DataError
from pipeline.manifest.columns import WORDS, Input, Kind
from pipeline.runtime.feeds import CellError, make_feed
from pipeline.runtime.unseen import Tally

GAPS = st.sampled_from([None, "", "NA", "null", "n/a"])
PLAIN = st.one_of(
    st.floats(-1e9, 1e9).map(repr), st.integers(-(10**6), 10**6).map(str), st.just(" 7 ")
)
AMOUNTS = st.builds(
    lambda value, form: form.format(f"{value:,.2f}".translate(str.maketrans(",.", ".,"))),
    st.decimals(-(10**7), 10**7, places=2),
    st.sampled_from(["{} €", "{} €", "{} €", "{}"]),
)
PERCENT = st.integers(-500, 500).map("{}.5 %".format)
DAYS = st.dates(date(1700, 1, 1), date(2200, 1, 1))
MOMENTS = st.datetimes(datetime(1800, 1, 1), datetime(2200, 1, 1))
ISO = st.one_of(
    DAYS.map(date.isoformat),
    MOMENTS.map(datetime.isoformat),
    MOMENTS.map("{0:%Y-%m-%dT%H:%M:%S}+02:00".format),
    st.sampled_from(["2021-02-30", "9999-12-31"]),
)
TEXT_COLUMNS = (
    PLAIN,
    AMOUNTS,
    PERCENT,
    ISO,
    DAYS.map(lambda d: d.strftime("%d.%m.%Y")),
    DAYS.map(lambda d: d.strftime("%m/%d/%Y")),
    st.sampled_from(["TRUE", "FALSE"]),
    st.sampled_from(["true", "False", "TRUE"]),
    st.sampled_from(["00123", "04567", "12"]),
    st.sampled_from(["a", "ü", "12", "12.0", "true", "2021-01-01", "1,5"]),
)
TYPED_COLUMNS = (
    st.booleans(),
    st.booleans() | st.sampled_from(["TRUE", "no"]),
    st.integers(-(2**60), 2**60),
    st.integers(0, 99) | st.floats(-1e9, 1e9),
    st.integers(0, 99) | st.sampled_from(["12", "x"]),
    DAYS,
    MOMENTS,
    st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC)),
    DAYS | st.sampled_from(["2021-01-02", "2021-02-30"]),
)


def agrees(cells: list[Any], *, is_typed: bool, kind: Kind | None = None) -> None:
    """Training's frame of a column and its cells give the same tensor, and nothing is unseen."""
    source = Records(
        Path("t"), ("c",), (cells,), tuple(range(1, len(cells) + 1)), "row", is_typed=is_typed
    )
    try:
        made = type_column(source.read(["c"])["c"], kind, source, CellStyle())
    except DataError:
        return  # training says so itself
    taken = Input("c", column_kind(made.values), made.cells, summarize_known(made.values))
    if taken.kind == "boolean" and made.values.isna().any():
        return
    expected = make_feed(taken, made.values)
    got = make_feed(taken, cells)
    np.testing.assert_array_equal(got, expected)
    tally = Tally([taken])
    tally.add({"c": cells}, {"c": got})
    assert {one.what for one in tally.found} <= {"no date"}


def filled(column_: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    return st.lists(column_ | column_ | column_ | GAPS, min_size=3, max_size=12)


@pytest.mark.parametrize("cells", TEXT_COLUMNS, ids=range(len(TEXT_COLUMNS)))
@settings(max_examples=15)
@given(st.data())
def test_text_cells_mean_to_scoring_what_they_meant_to_training(
    cells: st.SearchStrategy[Any], data: Any
) -> None:
    drawn = [cell or "" for cell in data.draw(filled(cells))]
    agrees(drawn, is_typed=False)
    agrees(drawn, is_typed=True)
    agrees(drawn, is_typed=False, kind="text")


@pytest.mark.parametrize("cells", TYPED_COLUMNS, ids=range(len(TYPED_COLUMNS)))
@settings(max_examples=15)
@given(st.data())
def test_typed_cells_mean_to_scoring_what_they_meant_to_training(
    cells: st.SearchStrategy[Any], data: Any
) -> None:
    drawn = data.draw(filled(cells))
    agrees(drawn, is_typed=True)
    agrees(drawn, is_typed=False)
    agrees(drawn, is_typed=True, kind="text")


@given(st.lists(st.one_of(PLAIN, AMOUNTS, ISO, st.booleans(), DAYS, st.integers(), GAPS)))
def test_columns_of_anything_are_read_alike_or_refused(cells: list[Any]) -> None:
    if any(cell not in {None, "", *WORDS} for cell in cells):
        agrees(cells, is_typed=True)
        agrees(cells, is_typed=False)


def test_what_training_refused_names_a_row_here_too() -> None:
    with pytest.raises(CellError, match="row 2"):
        make_feed(Input("c", "number"), ["1", "x"])
