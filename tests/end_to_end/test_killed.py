"""SIGKILL, by the kernel's OOM killer or by hand: said by who survives, mended by the doctor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import psutil  # type: ignore[import-untyped]
import pytest
from mlflow import MlflowClient

from tests import tracked
from tests.commands import LIMIT, Preloaded, Running, environment, preloaded, python
from tests.memory_group import memory_group

pytestmark = pytest.mark.long

ROWS = 40_000
BYTES = 1_200_000_000
"""Too few for the kernel matrix of `kr`, which has the square of 14,000; enough for all else."""


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    random = np.random.default_rng(0)
    frame = pd.DataFrame(random.normal(size=(ROWS, 3)), columns=["a", "b", "c"])
    frame.assign(y=frame.sum(axis=1)).to_csv(tmp_path / "t.csv", index=False)
    return tracked.enter(tmp_path, monkeypatch)


def statuses(client: MlflowClient) -> list[str]:
    """How the trainings ended."""
    every = [found.experiment_id for found in client.search_experiments()]
    runs = client.search_runs(every)
    return [run.info.status for run in runs if "mlflow.parentRunId" not in run.data.tags]


def examined(folder: Path) -> None:
    """An hour later the doctor mends what there is, and finds no fault afterwards."""
    for path in (folder, *folder.rglob("*")):
        os.utime(path, (0, 0), follow_symlinks=False)
    for options in (["--fix"], []):
        done = python("-m", "pipeline.doctor", *options, folder=folder)
        assert done.returncode == 0, done.stdout
    notes = [line for line in done.stdout.splitlines() if line.startswith("note")]
    assert all("artifacts that no run has" in line for line in notes), done.stdout


def in_little_memory(folder: Path, models: str, cores: int) -> subprocess.CompletedProcess[str]:
    """A training which the kernel kills a process of."""
    options = ("--data", "t.csv", "--target", "y", "--include", models, "--fold", "2")
    with memory_group(BYTES) as group:
        done = subprocess.run(
            group.command(sys.executable, "-m", "pipeline.train", *options),
            cwd=folder,
            env=environment(LOKY_MAX_CPU_COUNT=str(cores)),
            capture_output=True,
            text=True,
            check=False,
            timeout=LIMIT,
        )
        assert group.killed() == 1, done.stderr
    return done


@pytest.mark.attack(
    "the kernel's OOM killer, on a worker and on the training itself",
    "called a lack of memory, registry whole, the doctor closes the run",
)
def test_the_oom_killer_on_a_worker_is_an_error_that_says_so(
    client: MlflowClient, tmp_path: Path
) -> None:
    done = in_little_memory(tmp_path, "lr,kr", 2)
    assert done.returncode == 1
    assert "model 'kr': expected a result, but its worker was ended by SIGKILL" in done.stderr
    assert "Most often the memory ran out" in done.stderr
    assert "Traceback" not in done.stderr
    assert statuses(client) == ["FAILED"]
    assert not client.search_registered_models()
    examined(tmp_path)


@pytest.mark.attack(
    "the kernel's OOM killer, on a worker and on the training itself",
    "called a lack of memory, registry whole, the doctor closes the run",
)
def test_the_oom_killer_on_the_training_itself_leaves_what_the_doctor_mends(
    client: MlflowClient, tmp_path: Path
) -> None:
    done = in_little_memory(tmp_path, "kr", 1)
    assert done.returncode == -signal.SIGKILL
    assert statuses(client) == ["RUNNING"]
    assert not client.search_registered_models()
    examined(tmp_path)
    assert statuses(client) == ["KILLED"]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, MlflowClient]]:
    folder = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as patch:
        yield folder, tracked.enter(folder, patch)


@pytest.fixture(scope="module")
def ready(place: tuple[Path, MlflowClient]) -> Iterator[Preloaded]:
    with preloaded(place[0], LOKY_MAX_CPU_COUNT="2") as process:
        yield process


def begun(place: tuple[Path, MlflowClient], ready: Preloaded, name: str, models: str) -> Running:
    options = ("--dataset", "insurance", "--include", models, "--fold", "2", "--promote", "a test")
    return ready.started(place[0], name, *options)


def worker_of(running: Running) -> int:
    """A process that compares models: the youngest child of the training."""
    children = psutil.Process(running.pid).children()
    return int(max(child.pid for child in children))


def gone(running: Running) -> None:
    """No process of the training is left, but for what its new parent has yet to wait for."""
    deadline = time.monotonic() + 10
    while running.family() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert running.family() == []


@pytest.mark.attack("kill -9 of a worker", "1, said, run closed as failed")
def test_a_worker_that_is_killed_is_an_error_that_says_so(
    place: tuple[Path, MlflowClient], ready: Preloaded
) -> None:
    running = begun(place, ready, "worker", "rf,et,gbr,ada")
    running.until("model", "rf")
    os.kill(worker_of(running), signal.SIGKILL)
    assert running.end() == 1
    last = running.events()[-1]
    assert "its worker was ended by SIGKILL" in last["message"], running.events()
    assert statuses(place[1]) == ["FAILED"]
    gone(running)


@pytest.mark.parametrize("stage", ["experiment", "verify", "track", "register"])
@pytest.mark.attack(
    "kill -9 of a training with all its workers, in each stage",
    "the doctor mends what is left, the next training works",
)
def test_a_whole_group_that_is_killed_leaves_what_the_doctor_mends(
    place: tuple[Path, MlflowClient], ready: Preloaded, stage: str
) -> None:
    folder, client = place
    before = len(client.search_model_versions("name = 'insurance'"))
    running = begun(place, ready, f"group-{stage}", "lr,dt")
    running.until("stage", stage)
    running.send(signal.SIGKILL, to_all=True)
    assert running.end() == -signal.SIGKILL
    gone(running)
    examined(folder)
    assert "RUNNING" not in statuses(client)
    found = client.search_model_versions("name = 'insurance'")
    assert len(found) - before in {0, int(stage == "register")}
    assert all(version.tags["verdict"] == "pass" for version in found)


def test_the_next_training_is_as_if_nothing_had_happened(
    place: tuple[Path, MlflowClient], ready: Preloaded
) -> None:
    folder, client = place
    assert begun(place, ready, "next", "lr").end() == 0
    champion = client.get_model_version_by_alias("insurance", "champion")
    every = client.search_model_versions("name = 'insurance'")
    assert champion.version == max(every, key=lambda v: int(v.version)).version
    examined(folder)
