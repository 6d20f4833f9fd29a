"""Sends one record and its artifact folder to an open MLflow run."""

from __future__ import annotations

import hashlib
import json
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.runtime import integrity
from pipeline.system import typed_json
from pipeline.tasks import TASKS
from pipeline.track.description import RUN_LIMIT, fit_description, format_links
from pipeline.track.record import Child, Record

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Metric

_PARAMS_PER_BATCH = 100  # MLflow refuses more in one call
_PARENT = "mlflow.parentRunId"
_NOTE = "mlflow.note.content"
_TABLES = "mlflow.loggedArtifacts"


def publish_record(
    client: MlflowClient, run_id: str, experiment_id: str, record: Record, folder: Path
) -> str | None:
    """Log settings, input, candidates, folder, model and metrics.

    The metrics come last: the model would copy them without their dataset. `onnx/` has its list
    of files by now: `pipeline.runtime.integrity`.

    Returns:
        `models:/m-…`; None for a folder without a graph.

    Raises:
        Exception: whatever MLflow or the client library of its artifact store raises.
    """
    _send_values(client, run_id, record, [])
    _send_input(client, run_id, record)
    for child in record.children:
        _send_child(client, run_id, experiment_id, child)
    graph = folder / "onnx" / "model.onnx"
    has_graph = graph.is_file()
    if has_graph:
        digest = hashlib.sha256((graph.parent / integrity.FILE).read_bytes()).hexdigest()
        client.set_tag(run_id, integrity.CHECKSUMS_SHA256, digest)
    client.log_artifacts(run_id, str(folder))
    client.set_tag(run_id, _TABLES, json.dumps(_tables(folder)))
    logged = _create_logged_model(client, run_id, experiment_id, record) if has_graph else None
    note = fit_description(
        record.description, format_links(experiment_id, run_id, logged), RUN_LIMIT
    )
    client.set_tag(run_id, _NOTE, note)
    if logged is not None:
        client.set_logged_model_tags(logged, {_NOTE: note})
        _send_model(client, run_id, logged, record, graph)
    client.log_batch(run_id, _metrics(record.metrics, record.dataset, logged))
    return logged and f"models:/{logged}"


def _metrics(
    values: Mapping[str, float], dataset: Mapping[str, str] | None = None, model: str | None = None
) -> list[Metric]:
    """Values as of now; those of a model, too, and then with its dataset."""
    from mlflow.entities import Metric

    now = int(time.time() * 1000)
    of = {}
    if dataset is not None and model is not None:
        of = {"model_id": model, "dataset_name": dataset["name"]}
        of["dataset_digest"] = dataset["digest"]
    return [Metric(key, value, now, 0, **of) for key, value in values.items()]


def _send_values(
    client: MlflowClient, run_id: str, values: Record | Child, metrics: Sequence[Metric]
) -> None:
    """Params, metrics and tags in one call, or a few where there are many params."""
    from mlflow.entities import Param, RunTag

    params = [Param(key, value) for key, value in values.params.items()]
    client.log_batch(
        run_id,
        metrics=metrics,
        params=params[:_PARAMS_PER_BATCH],
        tags=[RunTag(key, value) for key, value in values.tags.items()],
    )
    for first in range(_PARAMS_PER_BATCH, len(params), _PARAMS_PER_BATCH):
        client.log_batch(run_id, params=params[first : first + _PARAMS_PER_BATCH])


def _send_input(client: MlflowClient, run_id: str, record: Record) -> None:
    """Log the table; once more where another run of the experiment was sending it, too.

    MLflow looks whether it knows a table and then adds it. Of runs that send a new one at the same
    moment only one may do so, and the others get an error; by then the table is known.
    """
    from mlflow.entities import Dataset, DatasetInput, InputTag
    from mlflow.exceptions import MlflowException

    context = [InputTag("mlflow.data.context", "training")]
    inputs = [DatasetInput(Dataset(**record.dataset), context)]
    try:
        client.log_inputs(run_id, inputs)
    except MlflowException:
        client.log_inputs(run_id, inputs)


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
        _send_values(client, created.info.run_id, child, _metrics(child.metrics))
        status = "FAILED" if child.failed else "FINISHED"
    finally:
        client.set_terminated(created.info.run_id, status, end)


def _tables(folder: Path) -> list[dict[str, str]]:
    """What makes MLflow show a JSON file as a table; its own log_table sends file by file."""
    files = sorted((folder / "tables").glob("*.json"))
    return [
        {"path": f"tables/{file.name}", "type": "table"}
        for file in files
        if _is_table(file.read_bytes())
    ]


def _is_table(text: bytes) -> bool:
    """Whether MLflow shows it as one; of a table without rows it shows nothing at all."""
    try:
        content = typed_json.parse_json(text)
    except ValueError:  # damaged; it is logged as it is
        return False
    return isinstance(content, dict) and "columns" in content and bool(content.get("data"))


def _create_logged_model(
    client: MlflowClient, run_id: str, experiment_id: str, record: Record
) -> str:
    """Make the entry of the model; left to `Model.log` it lands in MLflow's default experiment."""
    from mlflow.tracking.context.registry import resolve_tags

    created = client.create_logged_model(
        experiment_id,
        name=re.sub(r"\W+", "-", record.tags["model_id"]).strip("-"),
        source_run_id=run_id,
        tags=resolve_tags(dict(record.tags)),
        params={"model": record.tags["model_id"]},
        model_type={name: task.estimator for name, task in TASKS.items()}.get(record.tags["task"]),
    )
    return str(created.model_id)


def _send_model(
    client: MlflowClient, run_id: str, model_id: str, record: Record, graph: Path
) -> None:
    def seal(digest: str) -> None:
        client.set_logged_model_tags(model_id, {integrity.CHECKSUMS_SHA256: digest})

    import pandas as pd
    from mlflow.models import Model

    from pipeline.export import mlflow_flavor

    Model.log(
        None,
        mlflow_flavor,
        run_id=run_id,
        model_id=model_id,
        graph=graph,
        seal=seal,
        input_example=pd.DataFrame(**record.example),
        validate_serving_input=False,  # would load the travelling source into this process
    )
