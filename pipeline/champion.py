"""The version in use, and what its training has left for a comparison."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import UsageError
from pipeline.tracking.fetch import fetch
from pipeline.tracking.registry import CHAMPION, NOT_THERE, answering, search

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Champion:
    """The version that `models:/NAME@champion` named when it was looked up.

    Attributes:
        run_id: of the training that made it; empty where no run did.
        tags: of the version: verdict, data_sha256, fingerprint and others.
    """

    name: str
    version: str
    run_id: str
    tags: Mapping[str, str]
    client: MlflowClient = field(repr=False, compare=False)

    def fetched(self, folder: Path) -> Path:
        """Download its run's `config/`, `onnx/` and `tables/` into `folder`, and return that.

        Raises:
            UsageError: no training made the version, or its run is gone.
            TrackingError: the store does not answer.
        """
        if not self.run_id:
            raise UsageError(
                f"got version {self.version} of {self.name!r}, which no run has made, "
                "expected a champion that a training registered",
                hint="promote a version that python -m pipeline.train has registered",
            )
        with answering():
            return fetch(self.client, self.run_id, folder)


def champion(client: MlflowClient, name: str) -> Champion | None:
    """The champion of a model; None where there is no such model, or no champion.

    Raises:
        TrackingError: the registry does not answer.
    """
    with answering():
        # Between looking up the alias and reading its version, the alias may move: look again.
        found = _looked_up(client, name) or _looked_up(client, name)
    if found is None:
        return None
    return Champion(name, str(found.version), found.run_id or "", dict(found.tags), client)


def known(client: MlflowClient, name: str, fingerprint: str) -> str | None:
    """The newest version of this fingerprint, promoted or not; None where there is none.

    Raises:
        TrackingError: the registry does not answer.
    """
    with answering():
        found = search(client, name, f"tags.fingerprint = '{fingerprint}'")
    return str(max(int(version.version) for version in found)) if found else None


def _looked_up(client: MlflowClient, name: str) -> Any | None:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as err:
        if err.error_code not in NOT_THERE:
            raise
        return None
