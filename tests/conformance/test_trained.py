"""A trained model on runtimes that every machine of the tests has."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.commands import needed, python, whole_run


@pytest.mark.long
def test_the_proof_of_a_training_holds_on_each(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    import shutil

    needed(shutil.which("npm"), "npm")
    trained = whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx"
    names = ["python", "node", "browser", "page", "reference", "minimum"]
    arguments = ("--model", str(trained), "--only", ",".join(names), "--json")
    done = python("-m", "pipeline.conformance", *arguments, folder=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    record = json.loads(done.stdout)
    assert [each["runtime"] for each in record["runtimes"]] == names
    assert {each["verdict"] for each in record["runtimes"]} == {"pass"}
    least = record["runtimes"][-1]["version"]
    assert least == f"onnxruntime {record['minimum_onnxruntime']}.0"
