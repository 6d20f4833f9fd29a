"""Logs a conformance to the model's run, and tags its version."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from pipeline.errors import TrackingError
from pipeline.errors.causes import explain_failure

ARTIFACTS, TAG = "reports", "conformance"


def publish_conformance(model: str, run_id: str, folder: Path, summary: str) -> None:
    """Add a folder's files to the reports of a run, and tags to the run and the version.

    Args:
        model: the address that the user gave: models:/… or runs:/….

    Raises:
        TrackingError: the store does not answer; the message says where the files are kept.
    """
    from pipeline.registry.download import connect_existing
    from pipeline.registry.model_uri import MODELS, resolve_address
    from pipeline.track.retries import outlast_restarts

    try:
        client = connect_existing()
        with outlast_restarts():
            client.log_artifacts(run_id, str(folder), ARTIFACTS)
            client.set_tag(run_id, TAG, summary)
            address, _ = resolve_address(client, model)
            name, _, version = address.removeprefix(MODELS).rpartition("/")
            if address.startswith(MODELS) and name:
                client.set_model_version_tag(name, version, TAG, summary)
    except Exception as err:
        kept = Path(tempfile.mkdtemp(prefix="conformance-"))
        shutil.copytree(folder, kept, dirs_exist_ok=True)
        raise TrackingError(
            f"cannot log to run {run_id}: {explain_failure(err)}; the table is kept at {kept}",
            hint=f"log it later with: mlflow artifacts log-artifacts --local-dir {kept} "
            f"--run-id {run_id} --artifact-path {ARTIFACTS}",
        ) from err
