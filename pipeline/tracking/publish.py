"""What stage 5 sends: one record and its artifact folder into an open MLflow run."""

from __future__ import annotations

import json
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.tracking.record import Child, Record

if TYPE_CHECKING:
    from mlflow import MlflowClient

_PARAMS_PER_BATCH = 100  # MLflow refuses more in one call
_PARENT = "mlflow.parentRunId"
_NOTE = "mlflow.note.content"
_TABLES = "mlflow.loggedArtifacts"


def publish(
    client: MlflowClient, run_id: str, experiment_id: str, record: Record, folder: Path
) -> str | None:
    """Log values, input, candidates, folder and model; the model last, as it copies the metrics.

    Returns:
        `models:/m-…`; None for a folder without a graph.

    Raises:
        Exception: whatever MLflow or the client library of its artifact store raises.
    """
    _send_values(client, run_id, record)
    _send_input(client, run_id, record)
    for child in record.children:
        _send_child(client, run_id, experiment_id, child)
    client.log_artifacts(run_id, str(folder))
    client.set_tag(run_id, _NOTE, record.description)
    client.set_tag(run_id, _TABLES, json.dumps(_tables(folder)))
    graph = folder / "onnx" / "model.onnx"
    if not graph.is_file():
        return None
    logged = _logged_model(client, run_id, experiment_id, record)
    _send_model(run_id, logged, record, graph)
    return f"models:/{logged}"


def _send_values(client: MlflowClient, run_id: str, values: Record | Child) -> None:
    """Params, metrics and tags in one call, or a few where there are many params."""
    from mlflow.entities import Metric, Param, RunTag

    now = int(time.time() * 1000)
    params = [Param(key, value) for key, value in values.params.items()]
    client.log_batch(
        run_id,
        metrics=[Metric(key, value, now, 0) for key, value in values.metrics.items()],
        params=params[:_PARAMS_PER_BATCH],
        tags=[RunTag(key, value) for key, value in values.tags.items()],
    )
    for first in range(_PARAMS_PER_BATCH, len(params), _PARAMS_PER_BATCH):
        client.log_batch(run_id, params=params[first : first + _PARAMS_PER_BATCH])


def _send_input(client: MlflowClient, run_id: str, record: Record) -> None:
    from mlflow.entities import Dataset, DatasetInput, InputTag

    context = [InputTag("mlflow.data.context", "training")]
    client.log_inputs(run_id, [DatasetInput(Dataset(**record.dataset), context)])


def _send_child(client: MlflowClient, parent_id: str, experiment_id: str, child: Child) -> None:
    """Log one candidate as a run that ended now and took as long as its cross-validation."""
    end = int(time.time() * 1000)
    created = client.create_run(
        experiment_id,
        start_time=end - int(child.seconds * 1000),
        tags={_PARENT: parent_id},
        run_name=child.name,
    )
    status = "KILLED"
    try:
        _send_values(client, created.info.run_id, child)
        status = "FAILED" if child.failed else "FINISHED"
    finally:
        client.set_terminated(created.info.run_id, status, end)


def _tables(folder: Path) -> list[dict[str, str]]:
    """What makes MLflow show a JSON file as a table; its own log_table sends file by file."""
    files = sorted((folder / "tables").glob("*.json"))
    return [
        {"path": f"tables/{file.name}", "type": "table"}
        for file in files
        if {"columns", "data"} <= json.loads(file.read_bytes()).keys()
    ]


def _logged_model(client: MlflowClient, run_id: str, experiment_id: str, record: Record) -> str:
    """Make the entry of the model; left to `Model.log` it lands in MLflow's default experiment."""
    from mlflow.tracking.context.registry import resolve_tags

    created = client.create_logged_model(
        experiment_id,
        name=re.sub(r"\W+", "-", record.tags["model_id"]).strip("-"),
        source_run_id=run_id,
        tags=resolve_tags({**record.tags, _NOTE: record.description}),
        params={"model": record.tags["model_id"]},
        model_type={"regression": "regressor"}.get(record.tags["task"], "classifier"),
    )
    return str(created.model_id)


def _send_model(run_id: str, model_id: str, record: Record, graph: Path) -> None:
    import pandas as pd
    from mlflow.models import Model

    from pipeline import flavor

    Model.log(
        None,
        flavor,
        run_id=run_id,
        model_id=model_id,
        graph=graph,
        input_example=pd.DataFrame(**record.example),
        validate_serving_input=False,  # would load the travelling source into this process
    )
