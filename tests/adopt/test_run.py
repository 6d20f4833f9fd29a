from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import pipeline.adopt
from pipeline.adopt.frameworks.onnx_file import OnnxFile
from pipeline.errors import ParityError
from tests.adopt.graphs import ROWS, make_classifier, predict_scores

MODEL = OnnxFile(make_classifier(), predict_scores)


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
