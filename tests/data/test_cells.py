"""The cells of a column before they have a kind: each different text once, no cell lost."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.data.cells import (
    RawColumn,
    date_to_nanoseconds,
    infer_cell_kind,
    is_date_cell,
    is_empty_cell,
)
from pipeline.manifest.columns import WORDS
from pipeline.runtime.grammar import NAT

EMPTY = st.sampled_from([None, np.nan, pd.NaT, ""])
TYPED = (
    st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.datetimes() | st.dates()
)
# pandas takes "a\0b" for "a" when it looks for the different ones; text with NUL is refused
TEXT = st.text(st.characters(exclude_characters="\0", codec="utf-8"), min_size=1, max_size=4)
CELLS = st.lists(EMPTY | TYPED | TEXT | st.sampled_from(WORDS), max_size=12)


def column(cells: list[Any]) -> RawColumn:
    return RawColumn.of(pd.Series(cells, dtype=object, name="c"))


@given(CELLS)
def test_every_cell_is_converted_as_if_one_by_one(cells: list[Any]) -> None:
    found = column(cells).each(repr, "nothing", object)
    assert found.tolist() == ["nothing" if is_empty_cell(cell) else repr(cell) for cell in cells]


@given(CELLS)
def test_texts_that_are_converted_already_are_not_converted_again(cells: list[Any]) -> None:
    raw = column(cells)
    known = np.array([f"known {text}" for text in raw.filled], dtype=object)
    found = raw.each(repr, "nothing", object, known)
    for cell, answer in zip(cells, found, strict=True):
        is_filled = isinstance(cell, str) and cell not in ("", *WORDS)
        other = "nothing" if is_empty_cell(cell) else repr(cell)
        assert answer == (f"known {cell}" if is_filled else other)


@given(CELLS)
def test_what_a_column_holds_is_what_its_cells_hold(cells: list[Any]) -> None:
    raw = column(cells)
    texts = [cell for cell in cells if isinstance(cell, str) and cell]
    filled = [text for text in texts if text not in WORDS]
    assert raw.filled == tuple(dict.fromkeys(filled))
    assert raw.words == tuple(dict.fromkeys(text for text in texts if text in WORDS))
    assert raw.typed == {infer_cell_kind(cell) for cell in cells} - {None}
    assert raw.has_gaps == any(is_empty_cell(cell) or cell in WORDS for cell in cells)
    assert raw.is_empty == (not filled and not raw.typed)
    for text in filled:
        assert raw.rows([text]) == [n for n, cell in enumerate(cells) if cell == text]


@given(st.datetimes(datetime(1678, 1, 1), datetime(2261, 12, 31)), st.integers(-14, 14))
def test_a_date_is_the_moment_that_pandas_makes_of_it(moment: datetime, hours: int) -> None:
    zoned = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    assert date_to_nanoseconds(moment) == pd.Timestamp(moment).value
    if 1678 < moment.year < 2261:
        assert date_to_nanoseconds(zoned) == pd.Timestamp(zoned).value
        assert date_to_nanoseconds(pd.Timestamp(zoned)) == pd.Timestamp(zoned).value
    assert date_to_nanoseconds(moment.date()) == pd.Timestamp(moment.date()).value


@pytest.mark.parametrize(
    "day", [date(1677, 12, 31), date(2262, 1, 1), datetime(1, 1, 1, tzinfo=UTC)]
)
def test_a_date_that_nanoseconds_cannot_hold_is_missing(day: date) -> None:
    assert date_to_nanoseconds(day) == NAT


@pytest.mark.parametrize(
    ("cell", "kind"),
    [(True, "boolean"), (1, "number"), (0.5, "number"), (date(2020, 1, 1), "date"), ("1", None)],
)
def test_a_typed_cell_has_the_kind_of_its_type(cell: Any, kind: str | None) -> None:
    assert infer_cell_kind(cell) == kind
    assert is_date_cell(cell) == (kind == "date")


def test_missing_dates_are_no_dates() -> None:
    assert not is_date_cell(pd.NaT)
    assert infer_cell_kind(pd.NaT) is None
