from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.commands import ROOT, environment
from tests.examples.running import EXAMPLES, run_example

pytestmark = pytest.mark.long
pytest.importorskip("tensorflow", reason="of the extra `tensorflow`")
EXAMPLE = EXAMPLES / "keras_penguins"
ALONE = "import runpy, sys; sys.argv[:] = sys.argv[1:]; runpy.run_path(sys.argv[0], {}, '__main__')"
HEAVY = "assert not {'keras', 'tensorflow', 'onnx', 'pandas', 'pipeline'} & set(sys.modules)"


def run(folder: Path, *command: object) -> str:
    done = subprocess.run(
        [sys.executable, *map(str, command)],
        cwd=folder,
        env=environment(MLFLOW_TRACKING_URI=f"sqlite:///{folder}/mlflow.db"),
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_example_is_trained_adopted_and_scored_by_onnxruntime_alone(tmp_path: Path) -> None:
    accuracy = float(run_example(EXAMPLE, tmp_path).split()[0])
    assert accuracy > 0.9
    run(
        tmp_path,
        *("-m", "pipeline.adopt", tmp_path / "penguins.keras", "--name", "penguins-keras"),
        *("--sample", tmp_path / "sample.npz", "--config", EXAMPLE / "adopt.toml"),
        *("--output", tmp_path / "adopted"),
    )
    model, table = tmp_path / "adopted/onnx/model.onnx", ROOT / "datasets" / "penguins.csv"
    scored = run(tmp_path, "-c", f"{ALONE}; {HEAVY}", EXAMPLE / "score.py", model, table)
    found = [line.split() for line in scored.splitlines()]

    import keras
    import tensorflow as tf

    from examples.keras_penguins import train

    columns, _ = train.read_penguins()
    model = keras.saving.load_model(tmp_path / "penguins.keras")
    feeds = {name: tf.constant(values.tolist()) for name, values in columns.items()}
    wanted = np.asarray(model(feeds, training=False))
    assert [species for species, _ in found] == [train.SPECIES[k] for k in wanted.argmax(axis=1)]
    np.testing.assert_allclose([float(p) for _, p in found], wanted.max(axis=1), atol=6e-4)
