"""A bundle's proof is replayed where it runs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.runtime import integrity
from tests.bundle import proven
from tests.bundle.python.bundles import bundle, run


@pytest.mark.parametrize("answers", ["expected", "graph"])
def test_another_answer_ends_with_5(tmp_path: Path, answers: str) -> None:
    model = proven.regression(tmp_path / "onnx")
    golden = json.loads((tmp_path / "onnx" / "golden.json").read_text())
    wrong = golden["expected"] if answers == "expected" else golden["graph"]["expected"]
    wrong["prediction_label"][2] *= 1 + 1e-8
    (tmp_path / "onnx" / "golden.json").write_text(json.dumps(golden))
    integrity.write_checksums(tmp_path / "onnx")
    run(bundle(tmp_path / "python", model), "verify.py", code=5)
