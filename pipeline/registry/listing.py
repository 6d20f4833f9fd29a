"""Lists registered models and versions as plain records, to show or to write as JSON."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from pipeline.errors import UsageError
from pipeline.registry.alias_history import UNFINISHED, read_history
from pipeline.registry.client import (
    CHAMPION,
    VersionEntry,
    get_registered_model,
    list_aliases,
    list_model_names,
    list_model_versions,
    make_entry,
    translate_errors,
)
from pipeline.registry.model_uri import MODELS, find_version, require_text
from pipeline.track import store

if TYPE_CHECKING:
    from mlflow import MlflowClient

Record = dict[str, Any]


def list_models(client: MlflowClient) -> list[Record]:
    """One record per registered model, by name.

    Each has `name`, `aliases` (version by alias), `unfinished` (whether a move was cut off),
    `registering` (versions whose registration is going on or was cut off), and `describe_version`:
    the record of the champion, else of the newest version, else None.

    Raises:
        TrackingError: the registry does not answer.
    """
    with translate_errors():
        return [_of_model(client, name) for name in list_model_names(client)]


def list_version_records(client: MlflowClient, name: str) -> list[Record]:
    """The record of every version of a model, the newest first.

    Raises:
        UsageError: there is no such model.
        TrackingError: the registry does not answer.
    """
    with translate_errors():
        return [_of_version(found) for found in list_model_versions(client, name)]


def describe_version(client: MlflowClient, address: str) -> Record:
    """One version with its tags, links and moves (`history`, the newest first).

    Args:
        address: NAME, which stands for its champion or else its newest version, NAME@ALIAS or
            NAME/VERSION, also with models:/ before it.

    Raises:
        UsageError: there is no such model or version; the hint names the nearest one.
        TrackingError: the registry does not answer.
    """
    with translate_errors():
        found = _find_entry(client, address.removeprefix(MODELS))
        record = _of_version(found)
        # pages of the version, its run and its report, as far as they are there
        from mlflow.exceptions import MlflowException

        pages = {"version": store.ui_url("models", found.name, "versions", found.version)}
        try:
            run = client.get_run(found.run_id).info if found.run_id else None
        except MlflowException:  # the run was deleted for good
            run = None
        if run is not None:
            place = ("experiments", run.experiment_id, "runs", run.run_id)
            pages["run"] = store.ui_url(*place)
            pages["report"] = store.ui_url(*place, "artifacts", "reports", "report.html")
        record["links"] = pages
        record["history"] = read_history(found)
        record["tags"] = dict(sorted(found.tags.items()))
        return record


def _find_entry(client: MlflowClient, address: str) -> VersionEntry:
    require_text(address)
    if "@" in address or "/" in address:
        version = find_version(client, MODELS + address)
        return make_entry(version, list_aliases(client, version.name))
    every = list_model_versions(client, address)
    if not every:
        raise UsageError(
            f"got the model {address!r} without versions, expected at least one",
            hint="python -m pipeline.train registers one",
        )
    return next((e for e in every if CHAMPION in e.aliases), every[0])


def _of_model(client: MlflowClient, name: str) -> Record:
    every = list_model_versions(client, name)
    chosen = next((e for e in every if CHAMPION in e.aliases), None) or next(iter(every), None)
    return {
        "name": name,
        "aliases": {alias: e.version for e in every for alias in e.aliases},
        "unfinished": UNFINISHED in get_registered_model(client, name).tags,
        "registering": [e.version for e in every if e.unfinished],
        "shown": chosen and _of_version(chosen),
    }


def _of_version(found: VersionEntry) -> Record:
    tags = found.tags
    metric = {"name": tags.get("metric"), "holdout": _number(tags.get("holdout"))}
    return {
        "name": found.name,
        "version": found.version,
        "aliases": list(found.aliases),
        "unfinished": found.unfinished,
        "verdict": tags.get("verdict"),
        "metric": metric if "metric" in tags else None,
        "model_id": tags.get("model_id"),
        "data_sha256": tags.get("data_sha256"),
        "created": found.created.isoformat(timespec="seconds"),
        "run_id": found.run_id or None,
        "promoted": tags.get("promoted"),
        "promotion_reason": tags.get("promotion_reason"),
        "rolled_back": tags.get("rolled_back"),
        "rollback_reason": tags.get("rollback_reason"),
    }


def _number(text: str | None) -> float | None:
    """A number that JSON can hold; None where the tag is none."""
    try:
        found = float(text or "")
    except ValueError:
        return None
    return found if math.isfinite(found) else None
