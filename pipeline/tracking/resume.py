"""The MLflow run of an interrupted training, gone on with."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from pipeline.tracking.run_owner import CLOSED_BY

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)

_OF_THE_END = ("error", CLOSED_BY)
"""Tags that say how the run ended, which it has not any more."""


def reopen(
    client: MlflowClient, run_id: str, experiment_id: str, tags: Mapping[str, str]
) -> str | None:
    """Set an interrupted run to RUNNING again, without what it had logged of its result.

    Candidates and models that were logged only in part would be there twice. A model that is
    registered already stays.

    Args:
        client: of the store.
        run_id: the run as the interrupted process knew it.
        experiment_id: where it must lie.
        tags: set anew, such as the owner.

    Returns:
        The run's name; None where there is no such run, or it has ended well.

    Raises:
        MlflowException: the store does not answer.
    """
    run = _run(client, run_id)
    if run is None or run.info.experiment_id != experiment_id or run.info.status == "FINISHED":
        logger.warning("the run %s cannot be gone on with; a new one is opened", run_id)
        return None
    client.update_run(run_id, status="RUNNING")
    for tag in _OF_THE_END:
        if tag in run.data.tags:
            client.delete_tag(run_id, tag)
    for name, value in tags.items():
        client.set_tag(run_id, name, value)
    for child in _children(client, run):
        client.delete_run(child.info.run_id)
    for model_id in _unregistered(client, run):
        client.delete_logged_model(model_id)
    return str(run.info.run_name)


def _run(client: MlflowClient, run_id: str) -> Any | None:
    from mlflow.exceptions import MlflowException

    try:
        run = client.get_run(run_id)
    except MlflowException as err:
        if err.error_code != "RESOURCE_DOES_NOT_EXIST":
            raise
        return None
    return run if run.info.lifecycle_stage == "active" else None


def _children(client: MlflowClient, run: Any) -> list[Any]:
    of = f"tags.`mlflow.parentRunId` = '{run.info.run_id}'"
    return list(client.search_runs([run.info.experiment_id], of))


def _unregistered(client: MlflowClient, run: Any) -> Iterator[str]:
    """Ids of the run's models that no version was made of."""
    of = f"source_run_id = '{run.info.run_id}'"
    for model in client.search_logged_models([run.info.experiment_id], filter_string=of):
        if "mlflow.modelVersions" not in model.tags and not _version(client, model.model_id):
            yield str(model.model_id)


def _version(client: MlflowClient, model_id: str) -> bool:
    return bool(client.search_model_versions(f"source_path = 'models:/{model_id}'"))
