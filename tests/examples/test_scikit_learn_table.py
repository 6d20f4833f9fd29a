from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
import pytest

from tests.commands import ROOT, environment
from tests.examples.running import EXAMPLES, run_example

pytestmark = pytest.mark.long
EXAMPLE = EXAMPLES / "scikit_learn_table"
TABLE = ROOT / "datasets" / "penguins.csv"
HEAVY = "assert not {'sklearn', 'pandas', 'onnx', 'pycaret', 'joblib'} & set(sys.modules)"
ALONE = (
    "import runpy, sys; sys.argv[:] = sys.argv[1:]; runpy.run_module(sys.argv[0], {}, '__main__')"
)


def _run(folder: Path, *command: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=ROOT,
        env=environment(MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_is_fitted_adopted_bundled_and_scored_by_onnxruntime_alone(
    tmp_path: Path,
) -> None:
    accuracy = float(run_example(EXAMPLE, tmp_path).split()[0])
    assert accuracy > 0.9
    said = _run(
        tmp_path,
        *("-m", "pipeline.adopt", tmp_path / "penguins.joblib", "--trust"),
        *("--sample", tmp_path / "sample.csv", "--name", "penguins-sklearn"),
        *("--config", EXAMPLE / "adopt.toml", "--output", tmp_path / "adopted"),
    )
    assert "models:/penguins-sklearn/1 (champion)" in said
    graph = tmp_path / "adopted" / "onnx" / "model.onnx"
    scored = _run(
        tmp_path, "-c", f"{ALONE}; {HEAVY}", "examples.scikit_learn_table.score", graph, TABLE
    )
    found = [line.split() for line in scored.splitlines()]
    model, frame = joblib.load(tmp_path / "penguins.joblib"), pd.read_csv(TABLE)
    rows = frame.drop(columns="species")
    assert [species for species, _ in found] == list(model.predict(rows))
    chances = model.predict_proba(rows).max(axis=1)
    np.testing.assert_allclose([float(chance) for _, chance in found], chances, atol=1e-9)
    bundle = tmp_path / "bundle"
    _run(tmp_path, "-m", "pipeline.bundle", "--model", graph, "--for", "python", "--output", bundle)
    done = subprocess.run(
        [sys.executable, "verify.py"], cwd=bundle, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
