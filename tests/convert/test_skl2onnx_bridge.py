"""After `register()`, skl2onnx converts whole PyCaret pipelines to the graph of `convert`."""

from __future__ import annotations

import re
import subprocess
import sys
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pandas as pd
import pytest
import skl2onnx
from numpy.typing import NDArray
from skl2onnx.algebra import type_helper
from skl2onnx.common import _topology
from skl2onnx.common.data_types import (
    DoubleTensorType,
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)

import pipeline.convert
from pipeline.errors import ConversionError
from tests.tables import dataset, everything, trained

ROOT = Path(__file__).resolve().parents[2]
ROUNDING = 1e-12
"""Relative, on predictions of the same process: the order of a sum, nothing else."""


@pytest.fixture(autouse=True)
def _registered() -> None:
    pipeline.convert.register()


def scores(model: onnx.ModelProto, frame: pd.DataFrame) -> dict[str, NDArray[Any]]:
    """What onnxruntime answers for a frame, each column in the type that the model declares."""
    import onnxruntime

    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(
        model.SerializeToString(), providers=["CPUExecutionProvider"]
    )
    feeds = {i.name: _tensor(i.type, frame[i.name]) for i in session.get_inputs()}
    names = [output.name for output in session.get_outputs()]
    return dict(zip(names, session.run(None, feeds), strict=True))


def _tensor(kind: str, values: pd.Series) -> NDArray[Any]:
    if kind == "tensor(string)":
        values = values.astype(object).where(values.notna(), "")
    dtypes = {"tensor(string)": object, "tensor(bool)": bool, "tensor(int64)": "int64"}
    dtype = dtypes.get(kind, np.float32 if kind == "tensor(float)" else np.float64)
    return values.to_numpy(dtype=dtype).reshape(-1, 1)


def features(data: pd.DataFrame, target: str) -> pd.DataFrame:
    return data.drop(columns=target)


def types(frame: pd.DataFrame, number: Any = DoubleTensorType) -> list[tuple[str, Any]]:
    """Initial types as a person writes them down: no table comes along."""
    return [
        (
            str(name),
            (StringTensorType if frame[name].dtype == object else number)([None, 1]),
        )
        for name in frame
    ]


@cache
def insurance() -> tuple[Any, Any, pd.DataFrame]:
    """A finalized regression: pipeline, PyCaret's experiment, features."""
    made, table = trained("insurance", "gbr")
    return made.pipeline, made.experiment, table.frame[list(table.features)]


def predicted(experiment: Any, fitted: Any, frame: pd.DataFrame, **how: Any) -> pd.DataFrame:
    answer: pd.DataFrame = experiment.predict_model(fitted, frame, verbose=False, round=17, **how)
    return answer


def test_the_steps_of_a_classification_tutorial_end_in_a_graph_that_predicts_the_same() -> None:
    from pycaret import classification

    data = everything("classification").frame.drop(columns="when")
    classification.setup(data, target="target", session_id=1, fold=2, n_jobs=1, html=False)
    best = classification.compare_models(include=["lr", "dt"])
    final = classification.finalize_model(best)
    model = skl2onnx.to_onnx(final, features(data, "target"))
    expected = predicted(classification, final, data, raw_score=True)
    got = scores(model, data)
    columns = [c for c in expected if c.startswith("prediction_score")]
    assert got["prediction_label"].tolist() == expected["prediction_label"].tolist()
    np.testing.assert_allclose(got["prediction_score"], expected[columns], atol=ROUNDING, rtol=0)


@pytest.mark.long
def test_the_steps_of_a_regression_tutorial_as_the_guide_has_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")  # workers would import PyCaret again
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    (snippet,) = (b for b in re.findall(r"```python\n(.*?)```", text, re.S) if "to_onnx" in b)
    monkeypatch.chdir(ROOT)
    names: dict[str, Any] = {}
    exec(snippet, names)
    from pycaret import regression

    expected = predicted(regression, names["best"], names["data"])["prediction_label"]
    got = scores(names["model"], names["data"])["prediction_label"]
    np.testing.assert_allclose(got, expected, rtol=ROUNDING)


def test_the_graph_is_the_one_of_convert() -> None:
    fitted, _, frame = insurance()
    ours = pipeline.convert.convert(fitted, frame).model
    theirs = skl2onnx.to_onnx(fitted, frame.astype({"age": float, "children": float}))
    assert [n.op_type for n in theirs.graph.node] == [n.op_type for n in ours.graph.node]
    assert {(o.domain, o.version) for o in theirs.opset_import} == {("", 21), ("ai.onnx.ml", 5)}
    assert theirs.ir_version == ours.ir_version


def test_inputs_have_the_types_of_the_frame_and_the_names_of_its_columns() -> None:
    made, table = trained("everything classification", "lr")
    frame = table.frame[list(table.features)]
    model = skl2onnx.to_onnx(made.pipeline, frame.astype({"whole": "int32", "größe": "float32"}))
    got = {i.name: i.type.tensor_type.elem_type for i in model.graph.input}
    assert list(got) == list(frame.columns)
    kinds = onnx.TensorProto
    assert got["whole"] == kinds.INT32
    assert got["größe"] == kinds.FLOAT
    assert (got["long"], got["when"], got["flag"]) == (kinds.INT64, kinds.INT64, kinds.BOOL)
    assert got["two"] == kinds.STRING


def test_every_kind_of_column_is_fed_as_the_pipeline_expects_it() -> None:
    made, table = trained("everything classification", "lr")
    frame = table.frame[list(table.features)]
    got = scores(skl2onnx.to_onnx(made.pipeline, frame), frame)
    expected = predicted(made.experiment, made.pipeline, frame, raw_score=True)
    columns = [c for c in expected if c.startswith("prediction_score")]
    assert got["prediction_label"].tolist() == expected["prediction_label"].tolist()
    np.testing.assert_allclose(got["prediction_score"], expected[columns], atol=1e-9, rtol=0)


def test_a_graph_with_loops_keeps_an_order_in_which_it_can_run() -> None:
    made, table = trained("penguins", "rbfsvm")
    frame = table.frame[list(table.features)]
    model = skl2onnx.to_onnx(made.pipeline, frame)
    assert "Loop" in {node.op_type for node in model.graph.node}
    expected = predicted(made.experiment, made.pipeline, frame)["prediction_label"]
    assert scores(model, frame)["prediction_label"].tolist() == expected.tolist()


def test_a_pipeline_that_is_not_finalized_converts_too() -> None:
    _, experiment, frame = insurance()
    unfinished = deepcopy(experiment.pipeline)
    model = experiment.create_model("ridge", cross_validation=False, verbose=False)
    unfinished.steps.append(("trained_model", model))
    expected = predicted(experiment, unfinished, frame)["prediction_label"]
    got = scores(skl2onnx.to_onnx(unfinished, frame), frame)["prediction_label"]
    np.testing.assert_allclose(got, expected, rtol=ROUNDING)


def test_columns_that_are_no_features_are_no_inputs() -> None:
    fitted, _, frame = insurance()
    model = skl2onnx.to_onnx(fitted, dataset("insurance").frame.assign(row=1)[::-1])
    assert [i.name for i in model.graph.input] == list(frame.columns)


@pytest.mark.parametrize("number", [FloatTensorType, Int64TensorType, DoubleTensorType])
def test_initial_types_need_rows_and_take_any_numbers(number: Any) -> None:
    fitted, _, frame = insurance()
    frame = frame.round(0)
    model = skl2onnx.convert_sklearn(
        fitted, initial_types=types(frame, number), options={"rows": dataset("insurance").frame}
    )
    whole = pipeline.convert.convert(fitted, dataset("insurance").frame).model
    expected = scores(whole, frame)["prediction_label"]
    assert np.array_equal(scores(model, frame)["prediction_label"], expected)


def test_initial_types_alone_are_enough_while_the_experiment_is_pycarets_current_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pycaret.regression import functional

    fitted, experiment, frame = insurance()
    monkeypatch.setattr(functional, "_CURRENT_EXPERIMENT", experiment)
    model = skl2onnx.to_onnx(fitted, initial_types=types(frame))
    assert [i.name for i in model.graph.input] == list(frame.columns)


@pytest.mark.parametrize("zipmap", [{}, {"zipmap": False}])
def test_probabilities_are_one_tensor_whatever_zipmap_says(zipmap: dict[str, bool]) -> None:
    made, table = trained("everything classification", "lr")
    frame = table.frame[list(table.features)]
    for options in (zipmap, {id(made.pipeline): zipmap}, {type(made.pipeline): zipmap}):
        model = skl2onnx.to_onnx(made.pipeline, frame, options=options or None)
        assert [o.name for o in model.graph.output] == ["prediction_label", "prediction_score"]


def test_a_zipmap_is_refused_since_it_would_round_to_single_precision() -> None:
    made, table = trained("everything classification", "lr")
    with pytest.raises(ValueError, match="zipmap"):
        skl2onnx.to_onnx(made.pipeline, table.frame, options={"zipmap": True})


@pytest.mark.parametrize(
    ("target_opset", "message"),
    [(20, "at least opset 21"), ({"": 21, "ai.onnx.ml": 3}, "at least opset 5 of ai.onnx.ml")],
)
def test_an_older_opset_is_refused(target_opset: Any, message: str) -> None:
    fitted, _, frame = insurance()
    with pytest.raises(ConversionError, match=message):
        skl2onnx.to_onnx(fitted, frame, target_opset=target_opset)


def test_missing_and_unfit_inputs_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    from pycaret.regression import functional

    monkeypatch.setattr(functional, "_CURRENT_EXPERIMENT", None)
    fitted, _, frame = insurance()
    rows = {"rows": frame}
    with pytest.raises(ConversionError, match="expected rows of the training table"):
        skl2onnx.convert_sklearn(fitted, initial_types=types(frame))
    with pytest.raises(ConversionError, match=r"none for \['age'\]"):
        skl2onnx.convert_sklearn(fitted, initial_types=types(frame)[1:], options=rows)
    wrong = [(name, DoubleTensorType([None, 1])) for name in frame]
    with pytest.raises(ConversionError, match=r"'sex': expected tensor\(string\)"):
        skl2onnx.convert_sklearn(fitted, initial_types=wrong, options=rows)


def test_registering_twice_wraps_once_and_leaves_other_models_alone() -> None:
    from sklearn.linear_model import LinearRegression

    before = (_topology.get_default_opset_for_domain, type_helper.guess_initial_types)
    pipeline.convert.register()
    assert (_topology.get_default_opset_for_domain, type_helper.guess_initial_types) == before
    frame = pd.DataFrame({"x": [0.0, 1.0, 2.0]})
    linear = LinearRegression().fit(frame, [1.0, 3.0, 5.0])
    got = scores(skl2onnx.to_onnx(linear, frame), frame)["variable"]
    np.testing.assert_allclose(got.ravel(), [1.0, 3.0, 5.0], rtol=ROUNDING)


def test_importing_the_package_registers_nothing_and_imports_neither_library() -> None:
    code = (
        "import sys, pipeline.convert; "
        "print([m for m in ('skl2onnx', 'pycaret', 'sklearn') if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
