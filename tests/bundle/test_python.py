"""The bundle for Python: checked before it is imported, and right as its README says."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.bundle.model_files import read_source
from pipeline.bundle.row_warnings import add_warnings
from pipeline.bundle.write import write_bundle
from pipeline.runtime.scorer import Scorer
from tests.bundle import proven
from tests.bundle.python.bundles import LABELS, bundle, model_of, run
from tests.commands import whole_run


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
    assert verified["rows"] == {"count": 6, "flips": 0, "error": 0.0, "graph_error": 0.0}
    check_readme(folder, model)


def test_a_graph_that_warns_is_proven_there_too(tmp_path: Path) -> None:
    source = add_warnings(read_source(proven.regression(tmp_path / "onnx")))
    write_bundle(source, "python", tmp_path / "python")
    assert json.loads(run(tmp_path / "python", "verify.py"))["rows"]["warnings"] == 0
    golden = json.loads(source.golden)
    golden["warnings"]["warning_unseen"][3][0] ^= 2
    write_bundle(replace(source, golden=json.dumps(golden)), "python", tmp_path / "wrong")
    found = json.loads(run(tmp_path / "wrong", "verify.py", code=5))
    assert found["rows"]["warnings"] == 2  # in the batch and alone


@pytest.mark.long
def test_a_trained_model_is_proven_there_too(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trained = whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx"
    folder = bundle(tmp_path / "python", trained)
    assert json.loads(run(folder, "verify.py"))["rows"]["flips"] == 0
    check_readme(folder, trained)
