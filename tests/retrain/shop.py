"""A shop's working folder: its weekly files, its store, and retrainings in it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest
from numpy.typing import NDArray

from pipeline.registry.client import CHAMPION
from pipeline.runtime.scorer import Scorer
from tests import tracked
from tests.commands import Preloaded, Running
from tests.retrain import weeks

if TYPE_CHECKING:
    from mlflow import MlflowClient

NAME = "shop"
RETRAIN = "pipeline.retrain"
FEATURES = ("age", "spent", "city", "channel", "member")


@dataclass(frozen=True)
class Shop:
    """A working folder with a store of its own."""

    folder: Path
    client: MlflowClient
    ready: Preloaded

    def started(
        self, week: int, *options: str, name: str = "", pictures: bool = False, **settings: str
    ) -> Running:
        """Begin to retrain on a week's file."""
        file = weeks.file(self.folder, week)
        arguments = ("--dataset", "shop.toml", "--data", file.name, "--config", "retrain.toml")
        name = name or f"week-{week:02}"
        how: dict[str, Any] = {"module": RETRAIN, "pictures": pictures, **settings}
        return self.ready.started(self.folder, name, *arguments, *options, **how)

    def retrained(self, week: int, *options: str, pictures: bool = False) -> dict[str, Any]:
        """Retrain on a week's file to the end; returns the summary."""
        running = self.started(week, *options, pictures=pictures)
        code, summary = running.end(), self.summary(running.name)
        assert summary["exit_code"] == code
        return summary

    def summary(self, name: str) -> dict[str, Any]:
        """What a run has said on stdout: one JSON document and nothing else."""
        (line,) = (self.folder / f"{name}.out").read_text(encoding="utf-8").splitlines()
        found: dict[str, Any] = json.loads(line)
        return found

    def champion(self) -> str | None:
        """The number of the version in use."""
        return self.aliases().get(CHAMPION)

    def aliases(self) -> dict[str, str]:
        found = self.client.search_registered_models(f"name = '{NAME}'")
        return {alias: str(v) for model in found for alias, v in model.aliases.items()}

    def scorer(self, version: str) -> Scorer:
        """A version through the file that its readers get."""
        from mlflow.artifacts import download_artifacts

        place = Path(download_artifacts(f"models:/{NAME}/{version}"))
        (file,) = place.rglob("model.onnx")
        return Scorer(file)

    def labels(self, version: str, frame: pd.DataFrame) -> NDArray[Any]:
        """What a version predicts."""
        columns = {name: frame[name].to_numpy() for name in FEATURES}
        columns["city"] = np.where(frame["city"].isna(), "", frame["city"].astype(str))
        return np.asarray(self.scorer(version).predict(columns)["prediction_label"])

    def statuses(self) -> list[str]:
        """How all runs ended, candidates included."""
        return [run.info.status for run in self.runs()]

    def runs(self) -> list[Any]:
        """All of them, candidates included."""
        every = [found.experiment_id for found in self.client.search_experiments()]
        return list(self.client.search_runs(every, max_results=10_000))

    def decisions(self) -> list[dict[str, str]]:
        """Tags of the retrainings' runs, the oldest first, as a table of runs shows them."""
        (found,) = (e for e in self.client.search_experiments() if e.name == NAME)
        runs = self.client.search_runs(
            [found.experiment_id], "tags.kind = 'retraining'", order_by=["start_time ASC"]
        )
        return [dict(run.data.tags) for run in runs]


@contextmanager
def shop(folder: Path, ready: Preloaded, config: str = weeks.CONFIG) -> Iterator[Shop]:
    """A new working folder."""
    with pytest.MonkeyPatch.context() as patch:
        client = tracked.enter(folder, patch)
        (folder / "shop.toml").write_text(weeks.SPEC, encoding="utf-8")
        (folder / "retrain.toml").write_text(config, encoding="utf-8")
        weeks.file(folder, 1)
        yield Shop(folder, client, ready)
