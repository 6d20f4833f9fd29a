"""A retraining's context without a store, a champion's files or a training."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from mlflow.exceptions import MlflowException
from mlflow.protos.databricks_pb2 import RESOURCE_DOES_NOT_EXIST
from mlflow.store.entities import PagedList

from pipeline.config.retrain_config import Gate
from pipeline.config.train_config import TrainConfig
from pipeline.retrain.run_options import RunOptions


@dataclass
class Client:
    """MLflow's client: versions with their tags, and what a run was told."""

    versions: dict[str, dict[str, str]] = field(default_factory=dict)
    champion: str | None = None
    tags: dict[str, str] = field(default_factory=dict)
    metrics: dict[str, float] = field(default_factory=dict)
    name: str = "shop-1"

    def search_model_versions(self, query: str, **_: Any) -> PagedList[Any]:
        wanted = query.rpartition("fingerprint = ")[2].strip("'")
        found = [
            SimpleNamespace(version=number)
            for number, tags in self.versions.items()
            if tags.get("fingerprint") == wanted
        ]
        return PagedList(found, None)

    def get_model_version(self, _: str, number: str) -> Any:
        return SimpleNamespace(version=number, run_id="", tags=self.versions[number])

    def get_model_version_by_alias(self, name: str, _: str) -> Any:
        if self.champion is None:
            raise MlflowException("no alias", RESOURCE_DOES_NOT_EXIST)
        return self.get_model_version(name, self.champion)

    def set_tag(self, _: str, name: str, value: str) -> None:
        self.tags[name] = value

    def log_metric(self, _: str, name: str, value: float) -> None:
        self.metrics[name] = value

    def get_run(self, run_id: str) -> Any:
        return SimpleNamespace(
            info=SimpleNamespace(run_name=self.name, run_id=run_id),
            data=SimpleNamespace(tags=dict(self.tags)),
        )

    def update_run(self, _: str, *, name: str) -> None:
        self.name = name


@dataclass
class Context:
    """What of `RetrainContext` the parts of a retraining look at."""

    client: Client = field(default_factory=Client)
    champion: Any = None
    fingerprint: str | None = "now"
    by_hand: str | None = "by hand"
    options: RunOptions = field(default_factory=RunOptions)
    gate: Gate = field(default_factory=Gate)
    name: str = "shop"
    config: TrainConfig = field(default_factory=lambda: TrainConfig(dataset="insurance"))
    folder: Path = Path()
    artifacts: Path | None = None


def with_champion(number: str, **tags: dict[str, str]) -> Context:
    """The context of a registry with these versions, `v1` and so on, and this champion."""
    client = Client({name[1:]: found for name, found in tags.items()}, number)
    return Context(client, SimpleNamespace(version=number))
