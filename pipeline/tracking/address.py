"""A version in MLflow's registry, and the run that made it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.errors import TrackingError, UsageError

if TYPE_CHECKING:
    from mlflow import MlflowClient

MODELS = "models:/"
_NOT_THERE = {"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"}


def run_of(client: MlflowClient, address: str) -> str:
    """The run behind `models:/NAME@ALIAS` or `models:/NAME/VERSION`.

    Raises:
        UsageError: there is no such version, or no run made it.
        TrackingError: the registry does not answer.
    """
    from mlflow.exceptions import MlflowException

    rest = address.removeprefix(MODELS)
    try:
        if "@" in rest:
            name, _, alias = rest.rpartition("@")
            version = client.get_model_version_by_alias(name, alias)
        else:
            name, _, number = rest.rpartition("/")
            version = client.get_model_version(name, number)
    except MlflowException as err:
        if err.error_code not in _NOT_THERE:
            raise TrackingError(
                f"cannot read {address}: {err}", hint="Check MLFLOW_TRACKING_URI"
            ) from err
        raise UsageError(
            f"got {address!r}, expected a version in MLflow's registry ({err})",
            hint="write models:/NAME@champion or models:/NAME/1; `mlflow ui` shows what there is",
        ) from err
    if not version.run_id:
        raise UsageError(f"got {address!r}, which no run has made, expected one of a training")
    return str(version.run_id)
