"""Finds the champion, and downloads what its training has left."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.errors import TrackingError, UsageError
from pipeline.errors.causes import explain_failure
from pipeline.gate.contender import MODEL, Contender
from pipeline.registry.client import CHAMPION, NOT_THERE, search_versions, translate_errors
from pipeline.registry.download import download_run
from pipeline.runtime import integrity

if TYPE_CHECKING:
    from mlflow import MlflowClient

logger = logging.getLogger(__name__)


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

    def fetch(self, folder: Path) -> Path:
        """Download its run's `config/`, `onnx/` and `tables/` into `folder`, and return that.

        Raises:
            UsageError: no training made the version, or its run is gone.
            DataError: what it left is not as it was logged.
            TrackingError: the store does not answer.
        """
        if not self.run_id:
            raise UsageError(
                f"got version {self.version} of {self.name!r}, which no run has made, "
                "expected a champion that a training registered",
                hint="promote a version that python -m pipeline.train has registered",
            )
        with translate_errors():
            return download_run(self.client, self.run_id, folder, hint=self._way_out)

    def left(self, folder: Path) -> Path:
        """`fetch` into the new folder `champion` in this one; it stays empty where all is gone.

        Raises:
            TrackingError: the store does not answer.
        """
        place = folder / "champion"
        place.mkdir()
        try:
            return self.fetch(place)
        except UsageError as err:
            logger.warning("version %s has left nothing: %s", self.version, err)
            return place

    def contender(self, artifacts: Path, folder: Path) -> Contender:
        """The champion for the gate, through the very file that its readers get.

        No challenger may replace unseen what may be a good model: one that cannot be fetched, on a
        store's bad day, or one whose files are not as they were logged, which can be restored.

        Args:
            artifacts: what it has `left`.
            folder: gets the file, in the new folder `in-use`.

        Raises:
            DataError: the version is not as it was logged.
            TrackingError: the file cannot be fetched.
        """
        from mlflow.artifacts import download_artifacts

        place = folder / "in-use"
        place.mkdir()
        uri = f"models:/{self.name}/{self.version}"
        try:
            download_artifacts(uri, dst_path=str(place))
            (found,) = place.rglob(MODEL.name)
        except Exception as err:  # whatever an artifact store raises
            raise TrackingError(
                f"got no {MODEL.name} of {uri} ({explain_failure(err)}), "
                "expected the champion to compare with",
                hint="the champion stays; python -m pipeline.doctor says whether the file is lost, "
                f"python -m pipeline.models rollback {self.name} goes back to the one before",
            ) from err
        integrity.verify_folder(
            found.parent, self.tags, subject=f"the champion {uri}", hint=self._way_out
        )
        return Contender.of(artifacts, found)

    @property
    def _way_out(self) -> str:
        return (
            "the champion stays; python -m pipeline.doctor --fix puts back a copy that is whole, "
            f"python -m pipeline.models rollback {self.name} --reason TEXT goes back to the "
            "version before"
        )


def find_champion(client: MlflowClient, name: str) -> Champion | None:
    """The champion of a model; None where there is no such model, or no champion.

    Raises:
        TrackingError: the registry does not answer.
    """
    with translate_errors():
        # Between looking up the alias and reading its version, the alias may move: look again.
        found = _look_up(client, name) or _look_up(client, name)
    if found is None:
        return None
    return Champion(name, str(found.version), found.run_id or "", dict(found.tags), client)


def find_known_version(client: MlflowClient, name: str, fingerprint: str) -> str | None:
    """The newest version of this fingerprint, promoted or not; None where there is none.

    Raises:
        TrackingError: the registry does not answer.
    """
    with translate_errors():
        found = search_versions(client, name, f"tags.fingerprint = '{fingerprint}'")
    return str(max(int(version.version) for version in found)) if found else None


def _look_up(client: MlflowClient, name: str) -> Any | None:
    from mlflow.exceptions import MlflowException

    try:
        return client.get_model_version_by_alias(name, CHAMPION)
    except MlflowException as err:
        if err.error_code not in NOT_THERE:
            raise
        return None
