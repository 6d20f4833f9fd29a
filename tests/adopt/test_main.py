"""The command that adopts a model, and how it ends."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from pipeline.adopt.__main__ import app
from tests import tracked
from tests.adopt.graphs import ROWS, make_classifier, predict_scores


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tracked.enter(tmp_path, monkeypatch)
    (tmp_path / "m.onnx").write_bytes(make_classifier().SerializeToString())
    np.savez(tmp_path / "sample.npz", x=ROWS)
    (tmp_path / "adopt.toml").write_text('reference = "tests.adopt.graphs:predict_scores"\n')
    return tmp_path


def invoke(folder: Path, *flags: str) -> Result:
    sample, config = str(folder / "sample.npz"), str(folder / "adopt.toml")
    arguments = [str(folder / "m.onnx"), "--sample", sample, "--config", config, "--name", "iris"]
    return CliRunner().invoke(app, [*arguments, *flags])


def test_a_graph_becomes_a_version_with_its_evidence(folder: Path) -> None:
    import mlflow
    import onnxruntime

    done = invoke(folder, "--output", str(folder / "out"))
    assert done.exit_code == 0, done.output
    assert "Model:   models:/iris/1 (champion)" in done.stdout
    session = onnxruntime.InferenceSession(folder / "out" / "onnx" / "model.onnx")
    (found,) = session.run(None, {"x": ROWS})
    np.testing.assert_allclose(found, predict_scores({"x": ROWS})["scores"], rtol=1e-5)
    version = mlflow.MlflowClient().get_model_version("iris", "1")
    files = {each.path for each in mlflow.MlflowClient().list_artifacts(str(version.run_id))}
    assert files == {"onnx", "reports", "tables"}


def test_a_graph_that_answers_otherwise_is_logged_and_not_registered(folder: Path) -> None:
    import mlflow

    (folder / "adopt.toml").write_text('reference = "tests.adopt.test_main:answer_otherwise"\n')
    done = invoke(folder)
    assert done.exit_code == 5
    assert "differ" in done.stdout
    client = mlflow.MlflowClient()
    assert not client.search_registered_models()
    (run,) = client.search_runs([client.get_experiment_by_name("iris").experiment_id])
    assert run.data.tags["verdict"] == "fail"


def answer_otherwise(feeds: dict[str, np.ndarray]) -> np.ndarray:
    return predict_scores(feeds)["scores"] + np.float32(1)


@pytest.mark.parametrize(
    ("flags", "code"),
    [
        (("--name", "a/b"), 3),
        (("--sample", "nothing.npz"), 3),
        (("--config", "nothing.toml"), 3),
        (("--output", "."), 2),
    ],
)
def test_what_cannot_be_meant_opens_no_run(folder: Path, flags: tuple[str, ...], code: int) -> None:
    done = invoke(folder, *flags)
    assert done.exit_code == code, done.output
    assert not (folder / "mlruns" / "mlflow.db").exists()
