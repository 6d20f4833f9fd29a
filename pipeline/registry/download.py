"""Downloads the artifact folder of a run, wherever MLflow keeps it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import DataError, TrackingError, UsageError
from pipeline.errors.causes import explain_failure
from pipeline.registry.client import NOT_THERE
from pipeline.registry.model_uri import RUNS, require_text
from pipeline.runtime import integrity
from pipeline.track import store

if TYPE_CHECKING:
    from mlflow import MlflowClient

READ = ("config", "onnx", "tables")
"""What reports and comparisons are made of; the pickle stays where it is."""
_SAID = {
    "is a named pipe": "is a pipe",
    "Too many levels of symbolic links": "is a link to itself",
    "path is outside the artifact directory": "is a link to another place",
}
"""How a local store refuses what it does not hand on, and what that is."""
_FOREIGN = re.compile("|".join(_SAID))


def connect_existing() -> MlflowClient:
    """A client of a store that is there; unlike a training, reading makes no new one.

    Raises:
        UsageError: MLflow's default file is not in this folder.
    """
    file = store.sqlite_file()
    if file is not None and not file.exists():
        raise UsageError(
            f"got no MLflow store at {file}, expected one with runs",
            hint="start where mlflow.db lies, or set MLFLOW_TRACKING_URI",
        )
    return store.connect()


def download_run(client: MlflowClient, run_id: str, folder: Path, *, hint: str = "") -> Path:
    """Download what a report is made of into `folder`.

    Args:
        hint: what to do where its `onnx/` is not as it was logged.

    Raises:
        UsageError: there is no such run, or it is not one that a training has finished.
        DataError: its `onnx/` is not as it was logged.
        TrackingError: the store does not answer.
    """
    from mlflow.exceptions import MlflowException

    require_text(run_id)
    try:
        held = {item.path for item in client.list_artifacts(run_id)}
        run = client.get_run(run_id)
    except MlflowException as err:
        if err.error_code in NOT_THERE:
            raise UsageError(
                f"got the run {run_id!r}, which is not in {store.ui_server() or 'this store'}",
                hint="copy the run's id from its page, and start where mlflow.db lies or set "
                "MLFLOW_TRACKING_URI",
            ) from err
        raise TrackingError(
            f"cannot read run {run_id}: {explain_failure(err)}", hint="Check MLFLOW_TRACKING_URI"
        ) from err
    for name in READ:
        if name in held:
            _bring(client, run, name, folder)
    tags = run.data.tags
    if not held.issuperset(READ[:1]):
        raise UsageError(
            f"got the run {run_id!r}, which keeps no artifacts of a training",
            hint="give the run of a training itself, not one of its candidates",
        )
    graph = folder / "onnx" / integrity.MODEL
    if graph.is_file() or integrity.CHECKSUMS_SHA256 in tags:
        integrity.verify_folder(graph.parent, tags, subject=f"onnx/ of run {run_id}", hint=hint)
    return folder


def download_address(client: MlflowClient, address: str, folder: Path) -> Path:
    """Download what `models:/…` or `runs:/RUN/PATH` names into `folder`.

    Raises:
        MlflowException: there is no such thing, or the store does not answer.
        DataError: a link or pipe lies in it.
        TrackingError: a run has it, and it cannot be fetched.
    """
    from mlflow.artifacts import download_artifacts

    run_id, _, path = address.removeprefix(RUNS).partition("/")
    path = path.strip("/")
    if address.startswith(RUNS):
        held = client.list_artifacts(run_id, path.rpartition("/")[0] or None)
        if path in {item.path for item in held}:
            return _bring(client, client.get_run(run_id), path, folder)
    try:
        return Path(download_artifacts(address, dst_path=str(folder)))  # or of a logged model
    except Exception as err:
        _check_foreign(address, err)
        raise


def _bring(client: MlflowClient, run: Any, name: str, folder: Path) -> Path:
    """Download a file or folder of a run's artifacts that is there.

    Raises:
        DataError: a link or pipe lies in it.
        TrackingError: it cannot be fetched. MLflow says of every failure, a full disk here too,
            that the path is not correct; asked past the run it tells the cause.
    """
    from mlflow.artifacts import download_artifacts
    from mlflow.exceptions import MlflowException

    try:
        return Path(client.download_artifacts(run.info.run_id, name, str(folder)))
    except MlflowException:
        try:
            address = f"{run.info.artifact_uri}/{name}"
            return Path(download_artifacts(address, dst_path=str(folder)))
        except Exception as err:
            _check_foreign(f"{name} of run {run.info.run_id}", err)
            raise TrackingError(
                f"cannot read {name} of run {run.info.run_id}: {explain_failure(err)}",
                hint=f"Check MLFLOW_TRACKING_URI, and whether {folder} can be written to",
            ) from err


def _check_foreign(subject: str, err: Exception) -> None:
    """Refuse a folder of which MLflow hands on nothing because something else than files is in it.

    Raises:
        DataError: no training has logged that, so somebody has put it there.
    """
    if found := _FOREIGN.search(str(err)):
        raise DataError(
            f"{subject} is not as it was logged: something in it {_SAID[found[0]]}, "
            "expected files and folders",
            hint=integrity.WAY_OUT,
        ) from err
