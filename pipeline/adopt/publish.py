"""Logs an adoption to MLflow and registers its version."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.adopt.publication import CARD, GRAPH, PARITY, REPORT, TRY, Publication
from pipeline.errors import TrackingError
from pipeline.errors.causes import explain_failure
from pipeline.registry.model_names import model_name
from pipeline.registry.register import Candidate, Claim, Version, add_version, describe_aliases
from pipeline.rendering.wording import escape_markdown
from pipeline.runtime import integrity
from pipeline.track import store
from pipeline.track.description import VERSION_LIMIT, fit_description
from pipeline.track.mlflow_run import Run

if TYPE_CHECKING:
    from mlflow import MlflowClient


class _Flavor:
    """What `Model.log` takes for a flavor: something with a `save_model`."""

    def __init__(self, publication: Publication) -> None:
        self.save_model = publication.save


def log_adoption(run: Run, publication: Publication, folder: Path) -> Run:
    """Log folder, figures and model to an open run; returns it with its `model_uri`.

    Args:
        folder: where `write_publication` has written.

    Raises:
        TrackingError: the store does not answer; the folder is kept.
    """
    try:
        if run.run_id is None:
            raise TrackingError(run.offline)
        return replace(run, model_uri=_log(store.connect(), run, publication, folder))
    except Exception as err:  # MLflow, requests and SQLAlchemy share no base class
        raise TrackingError(
            f"got no MLflow run ({explain_failure(err)}), expected a tracking store that answers; "
            f"the artifacts are kept at {folder}",
            hint="Run the command again when it does",
        ) from err


def register_adoption(
    run: Run, publication: Publication, folder: Path, claim: Claim | None
) -> Version:
    """Register a proven graph: the first as champion, the others as challenger unless claimed.

    Raises:
        ParityError: the graph is not proven.
        ConfigError: the model of that name is another one.
        TrackingError, LockedError: the registry does not answer, or is busy.
    """
    publication.refuse()
    if run.run_id is None or run.model_uri is None:
        raise TrackingError("got a run without a logged model, expected one that was logged")
    name = model_name(publication.name)
    tags = {"verdict": "pass", "framework": publication.framework, "run_id": run.run_id}
    purpose = (
        f"{escape_markdown(publication.name)}: one ONNX file each, proven to answer as the model "
        f"that it was made of. {describe_aliases(name)}"
    )
    note = fit_description((folder / CARD).read_text("utf-8"), _links(run, folder), VERSION_LIMIT)
    subject = publication.subject
    return add_version(
        Candidate(name, run.model_uri, run.run_id, note, tags, subject, purpose, claim)
    )


def _log(client: MlflowClient, run: Run, publication: Publication, folder: Path) -> str:
    from mlflow.models import Model

    assert run.run_id is not None
    client.log_param(run.run_id, "framework", publication.framework)
    for key, number in publication.figures.items():
        client.log_metric(run.run_id, key, number)
    tags = {
        "verdict": "pass" if publication.passed else "fail",
        integrity.ONNX_SHA256: hashlib.sha256(publication.data).hexdigest(),
    }
    digest = hashlib.sha256((folder / GRAPH).with_name(integrity.FILE).read_bytes()).hexdigest()
    for key, value in (tags | {integrity.CHECKSUMS_SHA256: digest}).items():
        client.set_tag(run.run_id, key, value)
    client.log_artifacts(run.run_id, str(folder))
    logged = client.create_logged_model(
        run.experiment_id, name="adopted", source_run_id=run.run_id, tags=tags
    )

    def seal(digest: str) -> None:
        client.set_logged_model_tags(logged.model_id, {integrity.CHECKSUMS_SHA256: digest})

    flavor: Any = _Flavor(publication)
    graph = (folder / GRAPH).resolve()
    Model.log(None, flavor, run_id=run.run_id, model_id=logged.model_id, graph=graph, seal=seal)
    note = fit_description((folder / CARD).read_text("utf-8"), _links(run, folder), VERSION_LIMIT)
    client.set_tag(run.run_id, "mlflow.note.content", note)
    client.set_logged_model_tags(logged.model_id, {"mlflow.note.content": note})
    return f"models:/{logged.model_id}"


def _links(run: Run, folder: Path) -> str:
    """One line of Markdown that leads to the files that a person opens."""
    named = {"report": REPORT, "model card": CARD, "try it": TRY, "proof": PARITY}
    places = {name: place for name, place in named.items() if (folder / place).is_file()}
    base = ("experiments", run.experiment_id, "runs", str(run.run_id), "artifacts")
    return " · ".join(
        f"[{name}]({store.ui_page(*base, *place.parts)})" for name, place in places.items()
    )
