"""One fitted step on raw numbers: the matrix it returns beside the graph's."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.convert.graph.graph import Graph
from pipeline.convert.graph.tensor import DOUBLE
from pipeline.convert.pycaret_pipeline import shrink_dtypes
from pipeline.convert.registry import find_converter
from pipeline.convert.steps.dispatch import STEPS
from pipeline.convert.steps.step import Step
from pipeline.convert.symbolic.columns import Column, Number, RawInput
from pipeline.convert.symbolic.frame import Frame

Matrix = NDArray[np.float64]

_RANDOM = np.random.default_rng(0)
_ROWS = 150
SINGLE = pd.DataFrame(
    {
        "age": _RANDOM.integers(18, 65, _ROWS),
        "bmi": _RANDOM.normal(30, 6, _ROWS).round(2),
        "children": _RANDOM.integers(0, 6, _ROWS),
        "smoker": (_RANDOM.random(_ROWS) < 0.3).astype(int),
        "income": _RANDOM.lognormal(3, 2, _ROWS),
        "change": -_RANDOM.normal(size=_ROWS),
    }
)
"""predict_model holds these columns in int8 and float32, so the steps compute in float32."""
DOUBLES = SINGLE.assign(id=_RANDOM.integers(0, 90_000, _ROWS))
"""One column of int32 more makes the steps compute in float64."""
FRAMES = {"float32": SINGLE, "float64": DOUBLES}

HOSTILE = (0.0, -0.0, 1.0, -1.0, 1e-30, 5e-324, 1e9, 1e30, -1e30)


def hostile_frames(frame: pd.DataFrame, edges: Matrix | None = None) -> st.SearchStrategy[Any]:
    """Rows of the frame with values replaced by hostile ones, or by edges and their neighbours.

    Integer columns beyond int8 stay whole, so that a batch has the dtypes of the frame.
    """
    special = [] if edges is None else [f(v) for v in np.ravel(edges) for f in _BESIDE]
    values = st.one_of(
        st.sampled_from([*HOSTILE, *special]),
        st.floats(-100, 100, allow_nan=False),
    )
    changes = st.lists(st.tuples(st.integers(0, _ROWS - 1), st.integers(0, 5), values), max_size=60)
    return changes.map(lambda listed: _changed(frame, listed))


_BESIDE = (
    float,
    lambda v: float(np.nextafter(np.float32(v), np.float32(np.inf))),
    lambda v: float(np.nextafter(np.float32(v), np.float32(-np.inf))),
)


def _changed(frame: pd.DataFrame, changes: list[tuple[int, int, float]]) -> pd.DataFrame:
    rows = frame.copy()
    cells = rows[SINGLE.columns].to_numpy(dtype=float)
    for row, column, value in changes:
        cells[row, column] = value
    rows[SINGLE.columns] = cells
    return rows


def fitted_step(transformer: Any, frame: pd.DataFrame) -> Any:
    """The transformer inside PyCaret's wrapper, fitted on the frame in predict_model's dtypes."""
    from pycaret.internal.preprocess.transformers import TransformerWrapper

    return TransformerWrapper(transformer).fit(shrink_dtypes(frame))


def theirs(wrapper: Any, rows: pd.DataFrame) -> Matrix:
    """What the step returns for rows in predict_model's dtypes."""
    with np.errstate(all="ignore"):
        return np.asarray(wrapper.transform(shrink_dtypes(rows)), dtype=float)


def step_model(wrapper: Any, frame: pd.DataFrame) -> onnx.ModelProto:
    """The step alone: one (N, 1) double input per column, the matrix in the step's own order."""
    graph = Graph()
    before = shrink_dtypes(frame)
    sources = [RawInput(str(name), graph.input(str(name), DOUBLE)) for name in before]
    columns: dict[str, Column] = {source.name: Number(source) for source in sources}
    after = wrapper.transform(before.copy())
    step = Step("step", wrapper, wrapper.transformer, columns, before, after, graph)
    made = find_converter(STEPS, wrapper.transformer, "step").convert(step)
    assert set(made) == set(after)
    result = Frame(graph, {name: made[name] for name in after}).features().double
    return graph.model({"matrix": (result, ["N", len(made)])})


def ours(model: onnx.ModelProto, rows: pd.DataFrame) -> Matrix:
    """What the graph returns for the same rows."""
    import onnxruntime

    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feeds = {str(name): rows[name].to_numpy(dtype=float)[:, None] for name in rows}
    (matrix,) = session.run(None, feeds)
    result: Matrix = matrix
    return result


def both(transformer: Any, frame: pd.DataFrame, rows: pd.DataFrame) -> tuple[Matrix, Matrix]:
    """(the graph's matrix, the fitted step's matrix) for rows, fitted on a frame."""
    wrapper = fitted_step(transformer, frame)
    return ours(step_model(wrapper, frame), rows), theirs(wrapper, rows)


def assert_same_bits(transformer: Any, frame: pd.DataFrame) -> None:
    """Fitted on the frame, the graph answers hostile rows as scikit-learn does, bit for bit."""
    wrapper = fitted_step(transformer, frame)
    model = step_model(wrapper, frame)

    @settings(max_examples=5, deadline=None)
    @given(rows=hostile_frames(frame))
    def check(rows: pd.DataFrame) -> None:
        np.testing.assert_array_equal(ours(model, rows), theirs(wrapper, rows))

    check()
