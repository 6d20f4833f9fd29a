"""The bundle for Python: checked before it is imported, and right as its README says."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.bundle.model_files import read_source
from pipeline.bundle.write import write_bundle
from pipeline.runtime import integrity
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.commands import whole_run

LABELS = {"regression": (), "words": ("no", "yes"), "numbers": (0, 1, 2)}


def bundle(folder: Path, model: Path) -> Path:
    write_bundle(read_source(model), "python", folder)
    return folder


def model_of(folder: Path, kind: str) -> Path:
    if kind == "regression":
        return proven.regression(folder)
    return proven.classification(folder, LABELS[kind])  # type: ignore[arg-type]


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    """What a command of Python prints that finds nothing but the folder and the packages."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr


def check_readme(folder: Path, model: Path) -> None:
    """The example gives what the model gives here."""
    (code,) = re.findall(r"```python\n(.*?)```", (folder / "README.md").read_text(), re.DOTALL)
    (folder / "example.py").write_text(code, encoding="utf-8")
    answer = eval(run(folder, "example.py"))
    golden = json.loads((folder / "golden.json").read_text(encoding="utf-8"))
    place = golden["kinds"].index("table")
    row = {name: values[place] for name, values in golden["inputs"].items()}
    expected = Scorer(model).predict_one(row)
    assert answer.keys() == expected.keys()
    if isinstance(expected["prediction_label"], str | int):
        assert answer["prediction_label"] == expected["prediction_label"]
        answer, expected = answer["prediction_score"], expected["prediction_score"]
    else:
        answer, expected = [answer["prediction_label"]], [expected["prediction_label"]]
    np.testing.assert_allclose(answer, expected, rtol=1e-12)


@pytest.mark.parametrize("kind", LABELS)
def test_it_verifies_and_answers_as_its_readme_says(tmp_path: Path, kind: str) -> None:
    model = model_of(tmp_path / "onnx", kind)
    folder = bundle(tmp_path / "python", model)
    verified = json.loads(run(folder, "verify.py"))
    assert verified["cells"]["wrong"] == []
    assert verified["cells"]["count"] > 300
    assert verified["rows"] == {"count": 6, "flips": 0, "expected": 0.0, "graph": 0.0}
    check_readme(folder, model)


@pytest.mark.parametrize(
    "name", ["model.onnx", "manifest.json", "golden.json", "pipeline/runtime/feeds.py"]
)
def test_a_file_that_was_changed_is_refused(tmp_path: Path, name: str) -> None:
    folder = bundle(tmp_path / "python", proven.regression(tmp_path / "onnx"))
    with (folder / name).open("ab") as file:
        file.write(b"\n")
    assert f"{name}: got sha256" in run(folder, "verify.py", code=1)


@pytest.mark.parametrize("answers", ["expected", "graph"])
def test_another_answer_ends_with_5(tmp_path: Path, answers: str) -> None:
    model = proven.regression(tmp_path / "onnx")
    golden = json.loads((tmp_path / "onnx" / "golden.json").read_text())
    wrong = golden["expected"] if answers == "expected" else golden["graph"]["expected"]
    wrong["prediction_label"][2] *= 1 + 1e-8
    (tmp_path / "onnx" / "golden.json").write_text(json.dumps(golden))
    integrity.write_checksums(tmp_path / "onnx")
    run(bundle(tmp_path / "python", model), "verify.py", code=5)


@pytest.mark.long
def test_a_trained_model_is_proven_there_too(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trained = whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx"
    folder = bundle(tmp_path / "python", trained)
    assert json.loads(run(folder, "verify.py"))["rows"]["flips"] == 0
    check_readme(folder, trained)
