"""A version in MLflow's registry, and the run that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pipeline.errors import TrackingError, UsageError
from pipeline.tracking.registry import NOT_THERE, aliases, names, neighbour

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODELS = "models:/"


def run_of(client: MlflowClient, address: str) -> str:
    """The run behind `models:/NAME@ALIAS` or `models:/NAME/VERSION`.

    Raises:
        UsageError: there is no such version, or no run made it.
        TrackingError: the registry does not answer.
    """
    version = version_of(client, address)
    if not version.run_id:
        raise UsageError(f"got {address!r}, which no run has made, expected one of a training")
    return str(version.run_id)


def version_of(client: MlflowClient, address: str) -> Any:
    """MLflow's `ModelVersion` at `models:/NAME@ALIAS` or `models:/NAME/VERSION`.

    Raises:
        UsageError: there is no such version; the hint names the nearest model, or its aliases.
        TrackingError: the registry does not answer.
    """
    from mlflow.exceptions import MlflowException

    rest = address.removeprefix(MODELS)
    name, _, place = rest.rpartition("@" if "@" in rest else "/")
    try:
        if "@" in rest:
            return client.get_model_version_by_alias(name, place)
        return client.get_model_version(name, place)
    except MlflowException as err:
        if err.error_code not in NOT_THERE:
            raise TrackingError(
                f"cannot read {address}: {err}", hint="Check MLFLOW_TRACKING_URI"
            ) from err
        raise UsageError(
            f"got {address!r}, expected a version in MLflow's registry ({err})",
            hint=_hint(client, name),
        ) from err


def _hint(client: MlflowClient, name: str) -> str:
    if name not in names(client):
        return f"write models:/NAME@champion or models:/NAME/1. {neighbour(client, name)}"
    held = [f"models:/{name}@{alias}" for alias in sorted(aliases(client, name))]
    return f"Known: {', '.join(held)}" if held else f"no alias names a version of {name!r}"
