"""A training that is logged, and the runs of its candidates."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from pipeline.track import mlflow_run
from tests import tracked


def logged(parity: Any = tracked.PASSED, **settings: Any) -> mlflow_run.Run:
    with mlflow_run.open_run("small", "train-1", {"trigger": "test"}) as run:
        return tracked.log(run, tracked.evidence(Path("out"), parity, **settings))


def children(client: MlflowClient, run: mlflow_run.Run) -> list[Any]:
    return list(
        client.search_runs([run.experiment_id], f"tags.mlflow.parentRunId = '{run.run_id}'")
    )
