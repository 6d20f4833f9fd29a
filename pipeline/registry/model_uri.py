"""Resolves model addresses to versions and runs."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pipeline.errors import TrackingError, UsageError
from pipeline.errors.causes import explain_failure
from pipeline.registry.client import NOT_THERE, list_aliases, list_model_names, suggest_model_name
from pipeline.runtime.integrity import ONNX_SHA256

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODELS, RUNS = "models:/", "runs:/"
_FORM = re.compile(
    r"models:/(?:[^/]+@[^/@]+|[^/@]+/(?:[0-9]+|latest)/?|m-[^/@]+)|runs:/[^/]+/.*",
    re.DOTALL,
)
"""The addresses of a model; MLflow has stages too, which it no longer fills."""
FORMS = "models:/NAME@ALIAS, models:/NAME/VERSION or runs:/RUN/PATH"


def require_address(address: str) -> None:
    """Refuse what is no address of a model, before a store is asked.

    Raises:
        UsageError: MLflow would say that its store does not answer, or take another model.
    """
    require_text(address)
    if not _FORM.fullmatch(address):
        raise UsageError(f"got the address {address!r}, expected {FORMS}")


def require_text(name: str) -> None:
    """Refuse a name that a command line holds in bytes that are no UTF-8: no store has it.

    Raises:
        UsageError: it is one.
    """
    try:
        name.encode()
    except UnicodeEncodeError as err:
        raise UsageError(
            f"got {name!a}, expected text in UTF-8", hint="Type the name anew"
        ) from err


def resolve_address(client: MlflowClient, address: str) -> tuple[str, Mapping[str, str]]:
    """What an address of MLflow names by now, and the tags that say what is to be there.

    Args:
        address: models:/NAME@ALIAS, models:/NAME/VERSION, models:/m-… or runs:/RUN/PATH.

    Returns:
        The address without alias and detours, and tags of the version, the logged model or the
        run; of a run only those that hold for PATH.

    Raises:
        UsageError: there is more in the address than a model and its version.
        MlflowException: there is no such thing, or the store does not answer.
    """
    from mlflow.store.artifact.utils.models import get_model_name_and_version

    if not address.startswith(MODELS):
        run_id, _, path = address.removeprefix(RUNS).partition("/")
        tags = client.get_run(run_id).data.tags
        known = {*tags} if _plain(re.split("[?#]", path)[0]) == "onnx" else {ONNX_SHA256}
        return f"{RUNS}{run_id}/{_plain(path)}", {key: tags[key] for key in known & {*tags}}
    place = address.removeprefix(MODELS).rstrip("/")
    if place.count("/") > 1:
        raise UsageError(
            f"got {address!r}, expected no more than a model and its version",
            hint="write models:/NAME@ALIAS or models:/NAME/VERSION",
        )
    look_up: Any = get_model_name_and_version
    found = look_up(client, MODELS + place)
    if len(found) == 1:
        return MODELS + found[0], client.get_logged_model(found[0]).tags
    name, version = found
    return f"{MODELS}{name}/{version}", client.get_model_version(name, version).tags


def _plain(path: str) -> str:
    """A path as it is compared: MLflow takes a folder under every way to write it."""
    return posixpath.normpath(f"/{path}").strip("/")


def find_run(client: MlflowClient, address: str) -> str:
    """The run behind `models:/NAME@ALIAS` or `models:/NAME/VERSION`.

    Raises:
        UsageError: there is no such version, or no run made it.
        TrackingError: the registry does not answer.
    """
    version = find_version(client, address)
    if not version.run_id:
        raise UsageError(f"got {address!r}, which no run has made, expected one of a training")
    return str(version.run_id)


def find_version(client: MlflowClient, address: str) -> Any:
    """MLflow's `ModelVersion` at `models:/NAME@ALIAS` or `models:/NAME/VERSION`.

    Raises:
        UsageError: there is no such version; the hint names the nearest model, or its aliases.
        TrackingError: the registry does not answer.
    """
    from mlflow.exceptions import MlflowException

    require_text(address)
    rest = address.removeprefix(MODELS)
    name, _, place = rest.rpartition("@" if "@" in rest else "/")
    if not _FORM.fullmatch(address):
        raise UsageError(
            f"got the address {address!r}, expected models:/NAME@ALIAS or models:/NAME/VERSION",
            hint=_hint(client, name),
        )
    try:
        if "@" in rest:
            return client.get_model_version_by_alias(name, place)
        return client.get_model_version(name, place)
    except MlflowException as err:
        if err.error_code not in NOT_THERE:
            raise TrackingError(
                f"cannot read {address}: {explain_failure(err)}", hint="Check MLFLOW_TRACKING_URI"
            ) from err
        raise UsageError(
            f"got {address!r}, expected a version in MLflow's registry ({err})",
            hint=_hint(client, name),
        ) from err


def _hint(client: MlflowClient, name: str) -> str:
    if name not in list_model_names(client):
        return f"write models:/NAME@champion or models:/NAME/1. {suggest_model_name(client, name)}"
    held = [f"models:/{name}@{alias}" for alias in sorted(list_aliases(client, name))]
    return f"Known: {', '.join(held)}" if held else f"no alias names a version of {name!r}"
