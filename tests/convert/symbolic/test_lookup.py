"""Finite functions of one column: each key its row, everything else is unseen or missing."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, STRING
from pipeline.convert.symbolic.columns import RawInput
from pipeline.convert.symbolic.lookup import look_up
from tests.convert.symbolic.answers import answer

TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=4)
NUMBER = st.floats(-1e9, 1e9, width=32).map(lambda value: value + 0.0)
CELLS = st.sampled_from([0.0, 1.0, -2.5, np.nan])


def by_hand(keys: list[Any], table: np.ndarray, cells: list[Any]) -> np.ndarray:
    places = {key: place for place, key in enumerate(keys)}
    is_missing = [cell == "" or (isinstance(cell, float) and np.isnan(cell)) for cell in cells]
    unseen, missing = len(keys), len(keys) + 1
    return table[
        [missing if no else places.get(c, unseen) for c, no in zip(cells, is_missing, strict=True)]
    ]


@settings(max_examples=20, deadline=None)
@given(data=st.data(), keys=st.lists(TEXT, max_size=5, unique=True), width=st.integers(1, 3))
def test_text_finds_its_row_of_the_table(data: Any, keys: list[str], width: int) -> None:
    row = st.lists(CELLS, min_size=width, max_size=width)
    table = np.array(data.draw(st.lists(row, min_size=len(keys) + 2, max_size=len(keys) + 2)))
    cells = [*keys, "", *data.draw(st.lists(TEXT, max_size=3))]
    graph = Graph()
    source = RawInput("t", graph.input("t", STRING), tuple(keys))
    found = answer(look_up(graph, source, table), t=np.array(cells, dtype=object))
    np.testing.assert_array_equal(found, by_hand(keys, table, cells))


@settings(max_examples=20, deadline=None)
@given(data=st.data(), keys=st.lists(NUMBER, max_size=5, unique=True), width=st.integers(1, 3))
def test_a_number_finds_its_row_of_the_table(data: Any, keys: list[float], width: int) -> None:
    row = st.lists(CELLS, min_size=width, max_size=width)
    table = np.array(data.draw(st.lists(row, min_size=len(keys) + 2, max_size=len(keys) + 2)))
    cells = [*keys, np.nan, *data.draw(st.lists(NUMBER, max_size=3))]
    graph = Graph()
    source = RawInput("x", graph.input("x", DOUBLE), tuple(keys))
    found = answer(look_up(graph, source, table), x=cells)
    np.testing.assert_array_equal(found, by_hand(keys, table, cells))


def test_one_column_is_one_node_and_keys_like_an_unseen_one_are_left_out() -> None:
    graph = Graph()
    source = RawInput("t", graph.input("t", STRING), ("a", "b", "c"))
    table = np.array([[1.0], [-1.0], [-1.0], [-1.0], [np.nan]])
    model = graph.model({"y": (look_up(graph, source, table), ["N", 1])})
    encoder, _ = model.graph.node
    assert encoder.op_type == "LabelEncoder"
    (keys,) = [a.t.string_data for a in encoder.attribute if a.name == "keys_tensor"]
    assert list(keys) == [b"a", b""]
