"""A step on its way into the graph: its dtype, its matrix, its names."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import FunctionTransformer

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE, FLOAT
from pipeline.convert.steps.step import Step, StepEntry
from pipeline.convert.symbolic.columns import Cell, Number, RawInput
from pipeline.errors import ConversionError
from tests.convert.symbolic.answers import answer

SINGLE = pd.DataFrame({"a": np.float32([0.1, 2.0]), "b": np.float32([3.0, 4.5]), "c": [1.0, 2.0]})


def step_of(before: pd.DataFrame, after: pd.DataFrame | None = None, names: str = "ab") -> Step:
    graph = Graph()
    columns = {name: Number(RawInput(name, graph.input(name, DOUBLE))) for name in names}
    doubled = FunctionTransformer(lambda frame: frame * 2)
    return Step("own", doubled, doubled, columns, before, before if after is None else after, graph)


def test_two_columns_of_one_name_are_refused() -> None:
    after = pd.DataFrame([[1, 2, 3]], columns=["a", "b", "a"])
    with pytest.raises(ConversionError, match="step 'own': got two columns of the name 'a'"):
        step_of(SINGLE, after)


@pytest.mark.parametrize(("names", "dtype"), [("ab", FLOAT), ("ac", DOUBLE)])
def test_a_step_computes_in_the_dtype_of_its_own_columns(names: str, dtype: Any) -> None:
    step = step_of(SINGLE, names=names)
    assert step.dtype == step.matrix.dtype == dtype
    rows = {name: SINGLE[name].astype(float) for name in "abc"}
    expected = np.column_stack([np.float32(SINGLE[name]) for name in names])
    np.testing.assert_array_equal(answer(step.matrix, **rows), expected)


def test_what_the_columns_become_is_what_the_step_makes_of_them_alone() -> None:
    beside = step_of(SINGLE, after=SINGLE[["c", "b", "a"]])
    pd.testing.assert_frame_equal(beside.made, SINGLE[["a", "b"]] * 2)
    whole = step_of(SINGLE[["a", "b"]], after=SINGLE[["b", "a"]])
    assert whole.made is whole.after


def test_a_computed_matrix_is_taken_apart_under_names() -> None:
    step = step_of(SINGLE)
    for names, cells in (
        (["a", "b"], step.cells(step.matrix)),
        (["p", "q"], step.cells(step.matrix, ["p", "q"])),
    ):
        assert list(cells) == names
        assert [cell.index for cell in cells.values() if isinstance(cell, Cell)] == [0, 1]
        assert all(cell.matrix.dtype == DOUBLE for cell in cells.values() if isinstance(cell, Cell))


def test_a_step_is_described_from_its_fitted_transformer() -> None:
    fitted = SimpleNamespace(threshold=0.4)
    plain = StepEntry(lambda step: {}, does="turns numbers into 1 above {t.threshold}")
    assert plain.describe(fitted) == "turns numbers into 1 above 0.4"
    asked = StepEntry(lambda step: {}, does=lambda t: f"asks {t.threshold}")
    assert asked.describe(fitted) == "asks 0.4"
