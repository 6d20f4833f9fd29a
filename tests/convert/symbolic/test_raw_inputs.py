"""Raw columns as inputs of the graph, in the kinds and with the values that steps tell apart."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import BOOL, DOUBLE, INT64, STRING
from pipeline.convert.symbolic.columns import Category, Column, Date, Number
from pipeline.convert.symbolic.precision import IN_SINGLE
from pipeline.convert.symbolic.raw_inputs import (
    SAMPLE_ROWS,
    UNSEEN,
    choose_kind,
    declare_raw_columns,
    sample_rows,
)
from pipeline.errors import ConversionError

BARE: Any = SimpleNamespace(steps=[("model", None)])
"""A pipeline without any step."""
FRAME = pd.DataFrame(
    {
        "small": np.array([1, 2, 3], dtype="int8"),
        "long": np.array([1, 2, 70_000], dtype="int32"),
        "part": np.array([0.5, np.nan, 1e9], dtype="float32"),
        "word": ["b", None, "a"],
        "flag": [True, False, True],
        "on": pd.to_datetime(["2021-03-04", None, "1969-07-20"]),
    }
)


def declared(frame: pd.DataFrame) -> dict[str, Column]:
    return declare_raw_columns(Graph(), BARE, frame)


@pytest.mark.parametrize(
    ("dtype", "kind"),
    [
        *(("int8", "number"), ("uint64", "number"), ("float32", "number"), ("bool", "boolean")),
        *(("datetime64[ns]", "date"), ("object", "text"), ("string", "text")),
        (pd.CategoricalDtype(["a", "b"]), "text"),
        (pd.CategoricalDtype([1, 2]), "number"),
        (pd.CategoricalDtype([True, False]), "boolean"),
    ],
)
def test_the_kind_of_an_input_is_that_of_its_dtype(dtype: Any, kind: str) -> None:
    assert choose_kind(pd.Series([], dtype=dtype).dtype) == kind


def test_every_column_is_an_input_of_its_kind() -> None:
    columns = declared(FRAME)
    assert list(columns) == list(FRAME)
    dtypes = {name: column.source.tensor.dtype for name, column in columns.items()}  # type: ignore[union-attr]
    assert dtypes == {
        **{"small": DOUBLE, "long": DOUBLE, "part": DOUBLE},
        **{"word": STRING, "flag": BOOL, "on": INT64},
    }
    assert isinstance(columns["on"], Date)
    assert isinstance(columns["part"], Number) and columns["part"].fill is None


def test_text_has_its_values_then_an_unseen_and_a_missing_one() -> None:
    word = declared(FRAME)["word"]
    assert isinstance(word, Category)
    assert word.source.keys == ("b", "a")
    assert word.outcomes == ("b", "a", UNSEEN, None)


@pytest.mark.parametrize(("largest", "is_exact"), [(2**24, False), (2**24 + 1, True)])
def test_one_integer_that_float32_cannot_hold_keeps_all_integers_exact(
    largest: int, is_exact: bool
) -> None:
    columns = declared(FRAME.assign(id=np.array([1, 2, largest], dtype="int64")))
    for name in ("id", "long", "small"):
        precision = columns[name].source.precision  # type: ignore[union-attr]
        assert (precision == IN_SINGLE) != is_exact
    assert columns["part"].source.precision == IN_SINGLE  # type: ignore[union-attr]


def test_integers_of_32_bits_make_doubles_of_a_matrix_and_smaller_ones_do_not() -> None:
    columns = declared(FRAME)
    precisions = {name: columns[name].precision for name in ("small", "long", "part")}  # type: ignore[union-attr]
    assert precisions["part"] == IN_SINGLE
    assert not precisions["small"].integers
    assert precisions["long"].integers == (columns["long"].source.tensor,)  # type: ignore[union-attr]


@pytest.mark.parametrize(("largest", "is_rounded"), [(2**24, True), (2**24 + 1, False)])
def test_only_integers_that_are_rounded_can_make_floats_of_a_row(
    largest: int, is_rounded: bool
) -> None:
    columns = declared(FRAME.assign(id=np.array([1, 2, largest], dtype="int64")))
    for name in ("id", "long", "small"):
        own = (columns[name].source.tensor,)  # type: ignore[union-attr]
        assert columns[name].precision.rounded == (own if is_rounded else ())  # type: ignore[union-attr]


def test_empty_text_means_missing_and_is_no_category() -> None:
    with pytest.raises(ConversionError, match="column 'word' has empty text"):
        declared(FRAME.assign(word=["", "b", "a"]))


def test_the_sample_lacks_no_more_dates_than_the_table() -> None:
    days = pd.Series(pd.date_range("2021-01-01", periods=4000))
    days.iloc[:60] = pd.NaT
    rows = pd.DataFrame({"on": days, "x": range(4000)})
    sample = sample_rows(BARE, rows)
    assert len(sample) == SAMPLE_ROWS
    assert sample["on"].notna().all()
    plain = rows.assign(on=days.iloc[::-1].to_numpy())
    pd.testing.assert_frame_equal(sample_rows(BARE, plain), plain.head(SAMPLE_ROWS))
