"""The symbolic frame: columns of any kind as one matrix, in PyCaret's precision."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, FLOAT, INT64, STRING
from pipeline.convert.symbolic.columns import Category, Cell, Column, Date, Fill, Number, RawInput
from pipeline.convert.symbolic.frame import Frame
from pipeline.convert.symbolic.precision import IN_DOUBLE, IN_SINGLE, Precision
from pipeline.errors import ConversionError
from tests.convert.symbolic.answers import answer

CITIES = ("Zoë", "b")
RAW = {
    "a": np.array([0.1, np.nan, 16777217.0, -1e30]),
    "b": np.array([np.nan, 1 / 3, 5.0, 0.0]),
    "city": np.array(["Zoë", "b", "unseen", ""], dtype=object),
}
CODES = {"Zoë": 0.1, "b": 2.0, "unseen": -1.0, "": np.nan}
NAMES = ("a", "b", "code", "again", "cell", "other")


def single(values: np.ndarray) -> np.ndarray:
    return values.astype(np.float32).astype(float)


def frame_of(precision: Precision, fill: float | None) -> tuple[Frame, dict[str, np.ndarray]]:
    """Columns of every kind, and what each is by hand."""
    graph = Graph()
    a, b = (graph.input(name, DOUBLE) for name in ("a", "b"))
    city = RawInput("city", graph.input("city", STRING), CITIES)
    matrix = graph.concat([a, b]) * 2.0
    filled = None if fill is None else Fill(fill, precision)
    columns: dict[str, Column] = {
        "a": Number(RawInput("a", a, precision=precision), filled),
        "b": Number(RawInput("b", b, precision=precision), filled),
        "code": Category(city, (0.1, 2.0, -1.0, np.nan)),
        "again": Category(city, (1.0, 1.0, 0.0, 0.0)),
        "cell": Cell(matrix, 1, 2, origin="b"),
        "other": Cell(matrix, 0, 2),
    }
    hold = single if precision == IN_SINGLE else np.asarray
    numbers = {name: hold(RAW[name]) for name in ("a", "b")}
    if fill is not None:
        gap = float(np.float32(fill)) if precision == IN_SINGLE else fill
        numbers = {name: np.where(np.isnan(v), gap, v) for name, v in numbers.items()}
    expected = {
        **numbers,
        "code": np.array([CODES[word] for word in RAW["city"]]),
        "again": np.array([1.0, 1.0, 0.0, 0.0]),
        "cell": RAW["b"] * 2.0,
        "other": RAW["a"] * 2.0,
    }
    return Frame(graph, columns), expected


@settings(max_examples=20, deadline=None)
@given(
    names=st.lists(st.sampled_from(NAMES), min_size=1, unique=True),
    precision=st.sampled_from([IN_SINGLE, IN_DOUBLE]),
    fill=st.sampled_from([None, 0.1, 7.0]),
)
def test_any_columns_in_any_order_are_what_they_are_alone(
    names: list[str], precision: Precision, fill: float | None
) -> None:
    frame, expected = frame_of(precision, fill)
    by_hand = np.column_stack([expected[name] for name in names])
    found = answer(frame.features(names).double, **RAW)
    np.testing.assert_array_equal(found, by_hand)
    again, _ = frame_of(precision, fill)
    rounded = answer(again.features(names).single, **RAW)
    assert rounded.dtype == FLOAT
    np.testing.assert_array_equal(rounded, by_hand.astype(FLOAT))


def test_all_columns_are_meant_where_none_is_named_and_each_knows_its_origin() -> None:
    frame, expected = frame_of(IN_SINGLE, None)
    features = frame.features()
    assert features.width == len(expected)
    assert features.origins == ("a", "b", None, None, "b", None)


def test_pandas_categories_are_positions_and_all_others_are_missing() -> None:
    graph = Graph()
    city = RawInput("city", graph.input("city", STRING), CITIES)
    columns: dict[str, Column] = {
        "city": Category(city, (*CITIES, "unseen", None)),
        "a": Number(RawInput("a", graph.input("a", DOUBLE))),
    }
    coded = Frame(graph, columns).features(["a", "city"], ["city"]).coded([["b", "Zoë", "c"]])
    found = answer(coded.double, **RAW)[:, 1]
    np.testing.assert_array_equal(found, [1.0, 0.0, np.nan, np.nan])
    numbers = Frame(graph, columns).features(["a"], ["a"])
    with pytest.raises(ConversionError, match="column 'a': expected a category"):
        numbers.coded([["b"]])


def test_a_date_is_refused_where_a_matrix_is_asked_for() -> None:
    graph = Graph()
    frame = Frame(graph, {"on": Date(RawInput("on", graph.input("on", INT64)))})
    with pytest.raises(ConversionError, match="date column 'on' reaches the estimator"):
        _ = frame.features().double
