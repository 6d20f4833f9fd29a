"""Scoring in an environment that holds the score extra and nothing of training."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

GOLDEN = """
import json, sys
from pipeline.scorer import Scorer

folder = sys.argv[1]
golden = json.load(open(f"{folder}/golden.json", encoding="utf-8"))
scorer = Scorer(f"{folder}/model.onnx")
outputs = scorer.predict(golden["inputs"])
scale, tolerance = golden["scale"], golden["tolerance"]
pairs = zip(outputs["prediction_label"].tolist(), golden["expected"]["prediction_label"])
worst = max(abs(a - b) / max(abs(b), scale) for a, b in pairs)
loaded = sorted({"pandas", "sklearn", "pycaret", "mlflow", "onnx"} & set(sys.modules))
print(json.dumps({"worst": worst, "tolerance": tolerance, "loaded": loaded}))
"""


def run(*command: str, cwd: Path) -> str:
    """Standard output of a command that must succeed, without this process's packages."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONPATH"}
    environment["PYTHONPATH"] = str(ROOT)
    done = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.long
def test_the_score_extra_alone_gives_pycarets_numbers(tmp_path: Path) -> None:
    train = (sys.executable, "-m", "pipeline.train", "--dataset", "insurance", "--include", "lr")
    run(*train, "--fold", "2", "--no-register", "--output", "out", cwd=tmp_path)

    run(sys.executable, "-m", "venv", "alone", cwd=tmp_path)
    python = str(tmp_path / "alone" / "bin" / "python")
    requirements = str(ROOT / "requirements-score.txt")
    run(python, "-m", "pip", "install", "-q", "--require-hashes", "-r", requirements, cwd=tmp_path)
    for package in ("pycaret", "sklearn", "mlflow", "skl2onnx", "onnx"):
        found = subprocess.run(
            [python, "-c", f"import {package}"], capture_output=True, check=False
        )
        assert found.returncode != 0, package

    answer = json.loads(run(python, "-c", GOLDEN, str(tmp_path / "out" / "onnx"), cwd=tmp_path))
    assert answer["loaded"] == []
    assert answer["worst"] <= answer["tolerance"]

    data = str(ROOT / "datasets" / "insurance.csv")
    model = str(tmp_path / "out" / "onnx" / "model.onnx")
    command = ("--model", model, "--data", data, "--output", "scored.csv")
    run(python, "-m", "pipeline.score", *command, cwd=tmp_path)
    header, *rows = (tmp_path / "scored.csv").read_text(encoding="utf-8").splitlines()
    assert header.endswith(",prediction_label")
    assert len(rows) == 1338
