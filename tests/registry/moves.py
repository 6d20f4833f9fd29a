"""Versions that are promoted one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.registry import client as registry
from pipeline.registry.promotion import promote_version
from tests import versions

if TYPE_CHECKING:
    from mlflow import MlflowClient


WHY = "its error is a tenth smaller"


def promoted(client: MlflowClient, count: int, name: str = "m") -> None:
    """So many versions, each promoted after the one before it."""
    for _ in range(count):
        promote_version(client, name, versions.add(client, name), WHY)


def held(client: MlflowClient, name: str = "m") -> dict[str, str]:
    return registry.list_aliases(client, name)
