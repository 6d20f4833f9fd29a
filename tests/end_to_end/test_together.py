"""Trainings that run at the same time: none takes, loses or logs what is another one's."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.errors import LockedError
from pipeline.registry import client as registry
from pipeline.train import artifacts
from pipeline.train import run as train_run
from tests import tracked
from tests.commands import environment, python, started

INSURANCE = ("--dataset", "insurance", "--include", "lr", "--fold", "2")


def test_trainings_of_one_second_have_runs_and_folders_of_their_own(tmp_path: Path) -> None:
    dataset = tracked.evidence(tmp_path).dataset
    names = {train_run._run_name(dataset) for _ in range(6)}
    assert len(names) == 6


def test_an_output_belongs_to_one_training_at_a_time(tmp_path: Path) -> None:
    output = tmp_path / "out"
    with artifacts.claim_output(output):
        with pytest.raises(LockedError, match="another training is writing to"):
            artifacts.claim_output(output).__enter__()
        artifacts.check_writable(output)
        with artifacts._aside(output) as draft:
            (draft / "onnx").mkdir()
            artifacts._put_in_place(draft, output.resolve())
        with pytest.raises(LockedError), artifacts.claim_output(output):  # it is another folder now
            pass
    with artifacts.claim_output(output):
        pass
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_an_output_of_a_training_that_wrote_nothing_is_gone_unless_it_was_there(
    tmp_path: Path,
) -> None:
    (tmp_path / "mine").mkdir()
    for name in ("mine", "new"):
        with artifacts.claim_output(tmp_path / name):
            assert (tmp_path / name).is_dir()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


HOLDER = """
import sys, time
from pathlib import Path
from pipeline.train import artifacts
with artifacts.claim_output(Path("out")):
    print("held", flush=True)
    time.sleep(60)
"""


def test_kill_9_frees_an_output(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER], cwd=tmp_path, env=environment(), stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(LockedError), artifacts.claim_output(tmp_path / "out"):
            pass
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
    with artifacts.claim_output(tmp_path / "out"):
        pass


@pytest.mark.long
@pytest.mark.attack(
    "six trainings at once in a folder without a store",
    "versions 1 to 6, one champion, each graph names its own run",
)
def test_six_trainings_at_once_in_a_folder_without_a_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seeds = [str(number) for number in range(6)]  # whoever took another's files would show it
    running = [started(tmp_path, f"run-{s}", *INSURANCE, "--seed", s) for s in seeds]
    for each in running:
        assert each.end() == 0, each.events()[-1]
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///mlflow.db")
    client = MlflowClient()
    found = registry.list_model_versions(client, "insurance")
    assert [entry.version for entry in found] == ["6", "5", "4", "3", "2", "1"]
    assert all(entry.proven and not entry.unfinished for entry in found)
    assert registry.list_aliases(client, "insurance")["champion"] == "1"
    assert {client.get_run(entry.run_id).data.params["seed"] for entry in found} == set(seeds)
    for entry in found:
        run = client.get_run(entry.run_id)
        assert run.info.status == "FINISHED"
        graph = Path(client.download_artifacts(entry.run_id, "onnx/model.onnx"))
        assert hashlib.sha256(graph.read_bytes()).hexdigest() == entry.tags["onnx_sha256"]
        assert entry.run_id.encode() in graph.read_bytes()  # its manifest names the run
    assert {path.name for path in tmp_path.iterdir()} - {
        *(f"run-{s}.{stream}" for s in seeds for stream in ("out", "err"))
    } == {"mlflow.db", "mlflow.db-registry.lock", "mlruns"}
    assert not [*(tmp_path / "mlruns" / "kept").iterdir()]
    done = python("-m", "pipeline.doctor", folder=tmp_path)
    assert done.returncode == 0, done.stdout


@pytest.mark.long
@pytest.mark.attack("two trainings at once with one --output", "one done, one refused with 75")
def test_two_trainings_with_one_output_are_one_and_a_refusal(tmp_path: Path) -> None:
    first = started(tmp_path, "first", *INSURANCE, "--output", "out")
    first.until("stage", "experiment")
    second = python("-m", "pipeline.train", *INSURANCE, "--output", "out", folder=tmp_path)
    assert second.returncode == 75, second.stderr
    assert "another training is writing to" in second.stderr
    assert first.end() == 0
    assert (tmp_path / "out" / "onnx" / "model.onnx").is_file()
