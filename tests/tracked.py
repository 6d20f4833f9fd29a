"""A small but whole training for the tests of tracking and registry."""

from __future__ import annotations

import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from pipeline.automl.candidate_cost import Cost
from pipeline.config.train_config import DatasetSpec, TrainConfig
from pipeline.manifest import Manifest
from pipeline.manifest.columns import Input
from pipeline.report.mlflow_description import compose_description
from pipeline.runtime.scorer import Scorer
from pipeline.tasks import REGRESSION, TASKS, Task, TaskMetric
from pipeline.track import mlflow_run, store
from pipeline.track.training_result import Converted, Unconverted
from tests import pictures, small_models
from tests.commands import bare

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from pipeline.track.mlflow_run import Run
    from pipeline.track.training_result import TrainingResult


@dataclass(frozen=True)
class Dataset:
    """A table of ten rows with every kind of column."""

    spec: DatasetSpec
    frame: pd.DataFrame
    sha256: str
    path: Path
    inputs: tuple[Input, ...]
    held_out: float = 0.0

    @property
    def task(self) -> Task:
        return TASKS[self.spec.task]

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.inputs)


@dataclass(frozen=True)
class Candidate:
    """One model of the search."""

    id: str
    name: str
    metrics: Mapping[str, float]
    spread: Mapping[str, float]
    seconds: float
    params: Mapping[str, str]
    failed: bool = False
    cost: Cost | None = None


@dataclass(frozen=True)
class Trained:
    """The part of a search's result that is logged."""

    task: Task
    model_id: str
    model_name: str
    candidates: tuple[Candidate, ...]
    holdout: Mapping[str, float]
    metric: TaskMetric
    choice: str = ""
    nothing_learned: str = ""
    hint: str = ""
    left_out: tuple[str, ...] = ()
    held_out: str = ""
    forward: None = None


@dataclass(frozen=True)
class Parity:
    """A verdict."""

    passed: bool
    summary: Mapping[str, float | int | str]
    text: str


@dataclass(frozen=True)
class Model:
    """An exported graph."""

    data: bytes
    manifest: Manifest


PASSED = Parity(
    True,
    {
        "rows_table": 10,
        "rows_hostile": 2000,
        "max_error_table": 0.0,
        "max_error_hostile": 2.5e-12,
        "failures": 0,
        "flips": 0,
        "bound": 1e-9,
        "worst_column": "smoker",
    },
    "parity passed on 10 table rows and 2,000 hostile rows: largest error 2.5e-12",
)
FAILED = replace(
    PASSED,
    passed=False,
    text="parity FAILED on 7 of 10 table rows and 2,000 hostile rows: largest error 3.0e-01",
)


def frame(rows: int = 10) -> pd.DataFrame:
    """Every kind of column, the first row without text, number and date."""
    return pd.DataFrame(
        {
            "body mass [kg]": [None, *(60.5 + k for k in range(1, rows))],
            "smoker": [None, *("yes" if k % 2 else "no" for k in range(1, rows))],
            "member": [k % 3 == 0 for k in range(rows)],
            "joined": [pd.NaT, *pd.date_range("1990-01-01", periods=rows - 1)],
        }
    )


def candidates(count: int = 3) -> tuple[Candidate, ...]:
    """The last one failed; the first is the best."""
    return tuple(
        Candidate(
            id="lr" if k == 0 else f"m{k}",
            name="Linear Regression" if k == 0 else f"Model {k}",
            metrics={} if k == count - 1 else {"MAE": 10.0 + k, "R2": 0.9 - k / 100, "MAPE": 0.1},
            spread={} if k == count - 1 else {"MAE": 0.5, "R2": 0.01, "MAPE": 0.01},
            seconds=0.25,
            params={"fit_intercept": "True", "n_jobs": "1"},
            failed=k == count - 1,
        )
        for k in range(count)
    )


def evidence(
    folder: Path, parity: Parity = PASSED, *, count: int = 3, **settings: Any
) -> Converted:
    """A regression on ten rows whose artifacts lie in `folder`, as a training leaves them."""
    data = small_models.regression(verdict="pass" if parity.passed else "fail")
    manifest = Scorer(data).manifest
    table = frame().assign(charges=[float(k) for k in range(10)])
    spec = DatasetSpec(name="small", task="regression", target="charges", file=folder / "small.csv")
    write_artifacts(folder, data, manifest)
    return Converted(
        dataset=Dataset(spec, table, "ab" * 32, spec.file, manifest.inputs),  # type: ignore[arg-type]
        config=TrainConfig(dataset="small", **settings),
        trained=Trained(  # type: ignore[arg-type]
            *(REGRESSION, "lr", "Linear Regression", candidates(count), {"MAE": 11.0, "R2": 0.88}),
            metric=REGRESSION.metrics[3],
        ),
        model=Model(data, manifest),  # type: ignore[arg-type]
        parity=parity,  # type: ignore[arg-type]
        folder=folder,
    )


def log(run: Run, evidence: TrainingResult) -> Run:
    """Log a training as a training does it."""
    return mlflow_run.log_training(run, evidence, compose_description(evidence))


def unconverted(folder: Path, **settings: Any) -> Unconverted:
    """The same training without a graph."""
    whole = evidence(folder, **settings)
    for name in ("model.onnx", "manifest.json"):
        (folder / "onnx" / name).unlink()
    return Unconverted(
        whole.dataset, whole.config, whole.trained, folder, "switched off", "leave it on"
    )


def write_artifacts(folder: Path, data: bytes, manifest: Manifest) -> None:
    """A few files of the artifact tree."""
    for name, content in {
        "onnx/model.onnx": data,
        "onnx/manifest.json": manifest.to_json().encode(),
        "pickle/pipeline.pkl": b"not a pickle, never opened",
        "reports/report.html": b"<h1>Report</h1>",
        "tables/leaderboard.json": b'{"columns": ["Model", "MAE"], "data": [["lr", 10.0]]}',
    }.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


@cache
def _empty_store() -> bytes:
    """MLflow's SQLite file without runs; making one takes seconds, so it is made once."""
    with tempfile.TemporaryDirectory() as folder:
        before = Path.cwd()
        os.chdir(folder)
        try:
            store.prepare_store().wait()
        finally:
            os.chdir(before)
        return (Path(folder) / "mlflow.db").read_bytes()


def enter(folder: Path, patch: pytest.MonkeyPatch) -> MlflowClient:
    """Work in `folder` with MLflow's default store, there and empty; pictures stay blank."""
    from mlflow import MlflowClient

    patch.delenv("MLFLOW_TRACKING_URI", raising=False)
    content = _empty_store()
    (folder / "mlflow.db").write_bytes(content)
    patch.chdir(folder)
    pictures.leave_blank(patch)
    return MlflowClient()


def only_run(client: MlflowClient, filter_string: str = "") -> Any:
    """The one run of experiment `small` that has no parent."""
    experiment = client.get_experiment_by_name("small")
    runs = client.search_runs([experiment.experiment_id], filter_string)
    parents = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    assert len(parents) == 1
    return parents[0]


def free_port() -> int:
    """A port that nobody listens on just now.

    Below those that the system hands out itself: it would give the same one to another process
    before the server that asked for it has started.
    """
    while True:
        port = secrets.choice(range(10_000, 32_000))
        with socket.socket() as listener:
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


@contextmanager
def pasted_server(text: str, folder: Path, health: str) -> Iterator[None]:
    """The same for a server that a new user's shell starts when it is given these lines."""
    process = subprocess.Popen(
        ["bash", "-ec", text],
        cwd=folder,
        env=bare(folder),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _until_healthy(process, health)
        yield
    finally:
        stop(process)


@contextmanager
def server(command: list[str], health: str, **settings: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run `python -m COMMAND` until its health page answers; it is ended afterwards."""
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    process = subprocess.Popen(
        [sys.executable, "-m", *command],
        env=environment | settings,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        _until_healthy(process, health)
        yield process
    finally:
        stop(process)


def stop(process: subprocess.Popen[bytes]) -> None:
    """End a server with its workers."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _until_healthy(process: subprocess.Popen[bytes], health: str) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        assert process.poll() is None, f"the server ended with {process.returncode}"
        try:
            with urllib.request.urlopen(health, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    raise TimeoutError(health)
