"""The bundle for Python: checked before it is imported, and right as its README says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pytest

from pipeline.runtime.scorer import Scorer
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


@pytest.mark.long
def test_a_trained_model_is_proven_there_too(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    trained = whole_run(tmp_path_factory.getbasetemp()).folder / "out" / "onnx" / "model.onnx"
    folder = bundle(tmp_path / "python", trained)
    assert json.loads(run(folder, "verify.py"))["rows"]["flips"] == 0
    check_readme(folder, trained)
