from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.adopt.frameworks.onnx_file import OnnxFile
from pipeline.adopt.run import adopt
from pipeline.doctor.golden_tensors import inspect_tensor_graph, is_tensor_graph
from tests.adopt.graphs import ROWS, make_classifier, predict_scores


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    adopt(OnnxFile(make_classifier(), predict_scores), ROWS, "iris", tmp_path)
    return tmp_path / "onnx"


def test_a_graph_as_it_was_proven_has_no_finding(folder: Path) -> None:
    assert is_tensor_graph(folder)
    assert not [*inspect_tensor_graph("iris 1", folder / "model.onnx", folder / "golden.json")]


@pytest.mark.parametrize("how", ["other answers", "no array", "no JSON"])
def test_golden_rows_that_it_does_not_give_are_a_problem(folder: Path, how: str) -> None:
    file = folder / "golden.json"
    content = json.loads(file.read_text())
    if how == "other answers":
        content["outputs"]["scores"]["values"][0][0] += 0.1
    else:
        content["inputs"]["x"]["values"] = [[1], [2, 3]]
    file.write_text("{" if how == "no JSON" else json.dumps(content))
    (found,) = inspect_tensor_graph("iris 1", folder / "model.onnx", file)
    assert found.status == "problem"


def test_a_folder_of_something_else_is_none(tmp_path: Path) -> None:
    assert not is_tensor_graph(tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    assert not is_tensor_graph(tmp_path)
