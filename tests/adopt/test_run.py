from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime
import pytest

import pipeline.adopt
from pipeline.adopt.frameworks.onnx_file import OnnxFile
from pipeline.adopt.run import adopt_model, check_graph
from pipeline.adopt.sample import make_sample
from pipeline.adopt.settings import AdoptConfig
from pipeline.errors import ConversionError, DataError, ModelError, ParityError, PipelineError
from pipeline.manifest import TENSORS_KEY
from pipeline.manifest.tensors import Tensor, TensorManifest
from pipeline.runtime.scorer import Scorer
from tests.adopt.graphs import ROWS, make_classifier, predict_scores

MODEL = OnnxFile(make_classifier(), predict_scores)


def test_the_manifest_travels_in_the_graph() -> None:
    adopted = adopt_model(
        MODEL, make_sample(ROWS), AdoptConfig(name="iris", labels=("a", "b", "c"))
    )
    session = onnxruntime.InferenceSession(adopted.data)
    kept = session.get_modelmeta().custom_metadata_map[TENSORS_KEY]
    assert TensorManifest.from_json(kept) == adopted.manifest
    assert adopted.manifest.verdict == "pass"
    assert adopted.manifest.domains == {"": 18}
    assert adopted.manifest.inputs == (Tensor("x", "float32", ("batch", 4)),)


def test_golden_rows_are_the_models_own_answers() -> None:
    golden = adopt_model(MODEL, make_sample(ROWS), AdoptConfig()).golden
    np.testing.assert_array_equal(
        golden["outputs"]["scores"], predict_scores(golden["inputs"])["scores"]
    )


def test_known_labels_show_that_they_are_shifted() -> None:
    scores = predict_scores({"x": ROWS})["scores"]
    sample = make_sample({"x": ROWS, "label": scores.argmax(axis=1) + 1})
    notes = adopt_model(MODEL, sample, AdoptConfig(answers="label")).manifest.notes
    assert any("shifted by one" in note for note in notes)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"labels": ("a", "b")}, "3 columns"),
        ({"outputs": ("a", "b")}, "2 names"),
        ({"outputs": ("probabilities",)}, "the graph has scores"),
        ({"answers": "label"}, "no array of the sample"),
        ({"axes": {"length": {"x": 2}}}, "2 axes"),
    ],
)
def test_settings_that_do_not_fit_are_refused(settings: Any, expected: str) -> None:
    with pytest.raises(PipelineError) as caught:
        adopt_model(MODEL, make_sample(ROWS), AdoptConfig(**settings))
    assert expected in str(caught.value)


def test_a_table_is_no_sample_for_a_graph() -> None:
    import pandas as pd

    with pytest.raises(DataError, match="savez"):
        adopt_model(MODEL, make_sample(pd.DataFrame({"a": [1]})), AdoptConfig())


@pytest.mark.parametrize("how", ["operator", "shape", "output"])
def test_a_graph_that_is_not_valid_is_refused(how: str) -> None:
    graph = make_classifier()
    if how == "operator":
        graph.graph.node[0].op_type = "Gem"
    elif how == "shape":
        graph.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 5
    else:
        graph.graph.output[0].name = "z"
    with pytest.raises(ConversionError):
        check_graph(graph, (Tensor("x", "float32", ("batch", 4)),), ["scores"])


def test_from_python_everything_lies_in_the_folder(tmp_path: Path) -> None:
    pipeline.adopt.adopt(MODEL, ROWS, "iris", tmp_path)
    onnx.checker.check_model(onnx.load(tmp_path / "onnx" / "model.onnx"))
    assert "Parity passed" in (tmp_path / "reports" / "report.html").read_text()


def test_copies_and_timings_lie_beside_the_graph_with_their_figures(tmp_path: Path) -> None:
    ways = ("fold", "int8")
    found = pipeline.adopt.adopt(MODEL, ROWS, "iris", tmp_path, optimize=ways, latency=True)
    folded = onnxruntime.InferenceSession(tmp_path / "onnx" / "model.fold.onnx")
    expected = predict_scores({"x": ROWS})["scores"]
    np.testing.assert_allclose(folded.run(None, {"x": ROWS})[0], expected, rtol=1e-3, atol=1e-5)
    for way in ways:
        said = next(note for note in found.notes if note.startswith(way))
        assert (tmp_path / "onnx" / f"model.{way}.onnx").exists() == ("not admitted" not in said)
    timings = json.loads((tmp_path / "tables" / "latency.json").read_text())["timings"]
    assert {each["batch"] for each in timings} == {1, 8, 64}
    assert "latency_ms_CPUExecutionProvider_1" in found.figures


def test_a_graph_that_answers_otherwise_leaves_its_evidence(tmp_path: Path) -> None:
    model = OnnxFile(make_classifier(), lambda feeds: predict_scores(feeds)["scores"] * 2)
    with pytest.raises(ParityError, match="does not answer"):
        pipeline.adopt.adopt(model, ROWS, "iris", tmp_path)
    assert "Parity failed" in (tmp_path / "reports" / "report.html").read_text()
    assert (tmp_path / "tables" / "parity.json").stat().st_size


def test_what_takes_columns_refuses_a_graph_of_tensors() -> None:
    adopted = adopt_model(MODEL, make_sample(ROWS), AdoptConfig())
    with pytest.raises(ModelError, match="takes tensors"):
        Scorer(adopted.data)
