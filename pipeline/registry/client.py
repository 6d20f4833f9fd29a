"""Queries MLflow's registry, and locks it for changes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from pipeline.config.suggest import suggest
from pipeline.errors import PipelineError, TrackingError, UsageError
from pipeline.errors.causes import explain_failure
from pipeline.system.signals import Interrupts
from pipeline.track import store
from pipeline.track.retries import outlast_restarts
from pipeline.track.run_owner import iterate_pages

if TYPE_CHECKING:
    from mlflow import MlflowClient

CHAMPION = "champion"
"""The version in use."""
PREVIOUS = "previous"
"""The version that a rollback goes back to."""
CHALLENGER = "challenger"
"""The version that waits for the gate."""

REGISTERING = "registering"
"""Tag of a version until its registration has ended: one that keeps it was cut off."""

NOT_THERE = frozenset({"RESOURCE_DOES_NOT_EXIST", "INVALID_PARAMETER_VALUE", "NOT_FOUND"})
"""MLflow's codes for a name, version or alias that it does not know."""


@dataclass(frozen=True)
class VersionEntry:
    """One version of a registered model.

    Attributes:
        run_id: of the training that made it; empty where no run did.
        created: in UTC.
        aliases: in alphabetical order.
    """

    name: str
    version: str
    run_id: str
    created: datetime
    tags: Mapping[str, str]
    aliases: tuple[str, ...] = ()

    @property
    def proven(self) -> bool:
        """Whether its graph was shown to predict what PyCaret predicts."""
        return self.tags.get("verdict") == "pass"

    @property
    def unfinished(self) -> bool:
        """Whether its registration is going on, or was cut off."""
        return REGISTERING in self.tags


@contextmanager
def lock_registry() -> Iterator[None]:
    """Hold the registry's lock; Ctrl-C and SIGTERM wait until the block has ended.

    Raises:
        LockedError: another process is busy with the registry.
    """
    interrupts = Interrupts()
    with (
        interrupts.installed(),
        store.lock_store("registry"),
        outlast_restarts(),
        interrupts.held(),
    ):
        yield


@contextmanager
def translate_errors(hint: str = "Check MLFLOW_TRACKING_URI") -> Iterator[None]:
    """Turn whatever a registry raises that cannot answer into one error.

    Raises:
        TrackingError: MLflow, requests or SQLAlchemy failed; they share no base class.
    """
    try:
        yield
    except PipelineError:
        raise
    except Exception as err:
        raise TrackingError(
            f"got no answer from the registry ({explain_failure(err)}), expected one", hint=hint
        ) from err


def get_registered_model(client: MlflowClient, name: str) -> Any:
    """MLflow's `RegisteredModel`, with its aliases and tags.

    Raises:
        UsageError: there is no such model; the hint names the nearest one.
    """
    from mlflow.exceptions import MlflowException

    try:
        return client.get_registered_model(name)
    except MlflowException as err:
        if err.error_code not in NOT_THERE:
            raise
        raise UsageError(
            f"got the model {name!r}, expected one that is registered",
            hint=suggest_model_name(client, name),
        ) from err


def suggest_model_name(client: MlflowClient, name: str) -> str:
    """A hint with the nearest registered name."""
    known = list_model_names(client)
    return suggest(name, known) if known else "nothing is registered in this store yet"


def list_model_names(client: MlflowClient) -> list[str]:
    """Every registered model, in alphabetical order."""
    return sorted(registered.name for registered in iterate_pages(client.search_registered_models))


def list_aliases(client: MlflowClient, name: str) -> dict[str, str]:
    """The version of every alias.

    Raises:
        UsageError: there is no such model.
    """
    return {
        alias: str(version) for alias, version in get_registered_model(client, name).aliases.items()
    }


def list_model_versions(client: MlflowClient, name: str) -> list[VersionEntry]:
    """Every version of a model, the newest first.

    Raises:
        UsageError: there is no such model.
    """
    held = list_aliases(client, name)
    found = [make_entry(version, held) for version in search_versions(client, name)]
    return sorted(found, key=lambda each: -int(each.version))


def search_versions(client: MlflowClient, name: str, condition: str = "") -> list[Any]:
    """MLflow's `ModelVersion`s of a model, without their aliases, in no order."""
    quote = '"' if "'" in name else "'"
    query = f"name = {quote}{name}{quote}" + (f" and {condition}" if condition else "")
    return list(iterate_pages(partial(client.search_model_versions, query)))


def make_entry(version: Any, held: Mapping[str, str]) -> VersionEntry:
    """MLflow's `ModelVersion` as ours, with those of a model's aliases that name it."""
    number = str(version.version)
    return VersionEntry(
        name=version.name,
        version=number,
        run_id=version.run_id or "",
        created=datetime.fromtimestamp(version.creation_timestamp / 1000, UTC),
        tags=dict(version.tags),
        aliases=tuple(sorted(alias for alias, at in held.items() if at == number)),
    )
