"""Rows in float32 and in float64, beside what predict_model and NumPy make of each as a batch."""

from __future__ import annotations

import numpy as np
import onnxruntime
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE
from pipeline.convert.pycaret_pipeline import shrink_dtypes
from pipeline.convert.symbolic.precision import IN_DOUBLE, IN_SINGLE, Precision, in_single

LONG = st.integers(2**20, 2**31).map(float) | st.floats(2**20, 2**31, width=32)
"""Too large for int8, whole or not; float32 holds the fractions among them."""


def doubled(precision: Precision, graph: Graph, rows: pd.DataFrame) -> list[bool]:
    """The rows that the graph has in float64."""
    zeros = graph.constant(np.zeros((len(rows), 1)))
    found = precision.choose(zeros + 1.0, zeros)
    model = graph.model({"double": (found, ["N", 1])})
    session = onnxruntime.InferenceSession(model.SerializeToString())
    wanted = {each.name for each in session.get_inputs()}
    feeds = {str(n): rows[n].to_numpy(dtype=float)[:, None] for n in rows if n in wanted}
    (answer,) = session.run(None, feeds)
    return [bool(value) for value in answer[:, 0]]


def in_float64(row: pd.DataFrame) -> bool:
    """Whether NumPy has a batch of one row in float64, as predict_model hands it to a step."""
    whole = {name: "int64" for name in row if float(row[name].iloc[0]).is_integer()}
    dtypes = shrink_dtypes(row.astype(whole)).dtypes
    return bool(np.result_type(np.float32, *dtypes) == DOUBLE)


@settings(max_examples=20)
@given(values=st.lists(st.tuples(LONG, LONG, st.floats(0, 1, width=32)), min_size=1, max_size=9))
def test_a_whole_number_makes_float64_of_its_row(values: list[tuple[float, ...]]) -> None:
    rows = pd.DataFrame(values, columns=["a", "b", "small"])
    graph = Graph()
    inputs = [graph.input(str(name), DOUBLE) for name in rows]
    precision = Precision.join([Precision((inputs[0],)), IN_SINGLE, Precision((inputs[1],))])
    assert doubled(precision, graph, rows) == [in_float64(rows.iloc[[i]]) for i in range(len(rows))]


def test_a_number_that_float32_may_not_hold_makes_float32_of_its_row_where_it_is_rounded() -> None:
    """Neither of PyCaret's answers reads 1e9 in float64 for 1e9 + 1."""
    large = [2.0**24, 2.0**24 + 1, -(2.0**24) - 1, 1e9 + 1, np.nan]
    rows = pd.DataFrame({"a": [7.0] * 5, "b": large})
    for is_rounded, found in ((False, [True] * 5), (True, [True, False, False, False, True])):
        graph = Graph()
        a, b = (graph.input(str(name), DOUBLE) for name in rows)
        rounded = [Precision(rounded=(x,)) for x in (a, b) if is_rounded]
        assert doubled(Precision.join([Precision((a,)), *rounded]), graph, rows) == found


def test_float64_in_one_column_is_float64_in_all_of_a_matrix() -> None:
    x = Graph().input("x", DOUBLE)
    assert Precision.join([IN_SINGLE, Precision((x,)), IN_DOUBLE]) == IN_DOUBLE
    assert Precision.join([IN_SINGLE, IN_SINGLE]) == IN_SINGLE
    assert Precision.join([Precision((x,)), Precision((x,))]) == Precision((x,))


@pytest.mark.parametrize(("precision", "chosen"), [(IN_SINGLE, 1), (IN_DOUBLE, 0)])
def test_what_no_row_decides_costs_no_node(precision: Precision, chosen: int) -> None:
    both = np.array([np.pi]), in_single(np.array([np.pi]))
    assert precision.choose(*both) is both[chosen]
