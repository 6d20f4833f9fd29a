"""A training that can be killed where a stage ends: `python -m tests.resumable PLACE RESUME`."""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from typing import Any

from pipeline.cli.display import LoggedProgress
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import find_dataset, load_dataset
from pipeline.plan.plan import plan_conversion
from pipeline.system.signals import Interrupts
from pipeline.track import mlflow_run
from pipeline.train.checkpoint import Checkpoint, Stage, begin_checkpoint
from pipeline.train.stages import TrainingHooks, train_on

CONFIG = TrainConfig(dataset="insurance", include=("lr", "gbr"), fold=2, top=2)
EXPERIMENT = "resumed"
SIGNALS = {"select": signal.SIGTERM}
"""How the process ends after a stage, where not by `kill -9`."""


@dataclass(frozen=True)
class Fragile(Checkpoint):
    """Ends the process as soon as one stage is kept."""

    place: str = ""

    def save(self, stage: Stage, value: Any) -> None:
        super().save(stage, value)
        if stage == self.place:
            os.kill(os.getpid(), SIGNALS.get(stage, signal.SIGKILL))


def killed(*_: Any, **__: Any) -> Any:
    os.kill(os.getpid(), signal.SIGKILL)


def main(place: str, resume: bool) -> None:
    spec = find_dataset(CONFIG)
    dataset = load_dataset(spec, CONFIG)
    plan = plan_conversion(CONFIG, spec).fit_to(dataset)
    found = begin_checkpoint(dataset, CONFIG, resume=resume)
    stages = Fragile(found.folder, found.fingerprint, place)
    if place == "artifacts":  # the folder is whole, nothing is logged
        mlflow_run.log_training = killed
    if place == "track":  # candidates, folder and the model's entry are logged, its file is not
        from mlflow.models import Model

        Model.log = killed
    tags = {"dataset": "insurance"}
    with (
        Interrupts().installed(),
        mlflow_run.open_run(EXPERIMENT, f"run-{place}", tags) as run,
    ):
        result = train_on(run, dataset, plan, LoggedProgress(), TrainingHooks(stages=stages))
    sys.stdout.write(f"{result.training.verdict} {result.run.run_id}\n")


if __name__ == "__main__":
    from pipeline.cli import app as cli

    with cli.session(cli.LogFormat.json):
        main(sys.argv[1], sys.argv[2] == "resume")
