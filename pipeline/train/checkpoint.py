"""What a training has finished, kept until the whole of it is done: `--resume` goes on from there.

Each finished stage is one file: a line of JSON that says what it belongs to, then a pickle. Only
files that this user wrote, for the same data, settings and versions, are ever opened.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import platform
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from pipeline.train import private_pickle

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset
    from pipeline.tracking.record import Subject

logger = logging.getLogger(__name__)

T = TypeVar("T")
Stage = Literal["run", "experiment", "select", "verify"]
"""What can be kept, in order."""

KEPT = Path("mlruns", "resume")
"""Where checkpoints lie, a folder for each model's name; beside the artifacts of the store."""

_FORMAT = 2


class Stages(Protocol):
    """Keeps what finished stages gave."""

    def load(self, stage: Stage) -> Any | None:
        """What the stage gave in an interrupted run; None if there is nothing to go on from."""

    def save(self, stage: Stage, value: Any) -> None:
        """Keep what the stage gave."""

    def clear(self) -> None:
        """Forget everything."""


class Forgetful:
    """Keeps nothing: every stage is taken."""

    def load(self, stage: Stage) -> Any | None:
        return None

    def save(self, stage: Stage, value: Any) -> None:
        pass

    def clear(self) -> None:
        pass


@dataclass(frozen=True)
class Checkpoint:
    """The finished stages of one training, in a private folder.

    Nothing here ends a training: a file that is damaged, strange or of another training is
    passed over with a line in the log, and so is a disk that is full.

    Attributes:
        folder: of this model's name alone; made by the first `save`, with mode 0700.
        fingerprint: of everything that decides what the stages give.
    """

    folder: Path
    fingerprint: str

    def load(self, stage: Stage) -> Any | None:
        """What the stage gave in an interrupted run; None if there is nothing to go on from."""
        try:
            value = private_pickle.read(self._file(stage), self._head(stage))
        except FileNotFoundError:
            return None
        except Exception as err:  # noqa: BLE001  a pickle raises whatever its classes raise
            logger.warning("checkpoint %s is passed over: %s", stage, err or type(err).__name__)
            return None
        logger.info("checkpoint %s: taken from the interrupted run", stage)
        return value

    def save(self, stage: Stage, value: Any) -> None:
        """Keep what the stage gave: the whole file appears under its name, or none does."""
        try:
            private_pickle.write(self._file(stage), self._head(stage), value)
        except Exception as err:  # noqa: BLE001  what is trained must not be lost for its copy
            logger.warning("checkpoint %s cannot be kept: %s", stage, err or type(err).__name__)

    def clear(self) -> None:
        """Delete the folder with all that it holds."""
        shutil.rmtree(self.folder, ignore_errors=True)  # which leaves a link alone

    def _file(self, stage: Stage) -> Path:
        return self.folder / f"{stage}.checkpoint"

    def _head(self, stage: Stage) -> bytes:
        facts = {"format": _FORMAT, "stage": stage, "fingerprint": self.fingerprint}
        return json.dumps(facts).encode() + b"\n"


def begin(dataset: Dataset | Subject, config: TrainConfig, *, resume: bool) -> Checkpoint:
    """The checkpoint of a training, kept under its model's name; an empty one unless it resumes."""
    folder = KEPT / re.sub(r"[^\w. -]", "-", dataset.spec.name)
    checkpoint = Checkpoint(folder.resolve(), fingerprint(dataset, config))
    if not resume:
        checkpoint.clear()
    return checkpoint


def once(stages: Stages, stage: Stage, make: Callable[[], T]) -> T:
    """What the stage gave in the interrupted run, or what it gives now, which is then kept."""
    value: T | None = stages.load(stage)
    if value is None:
        value = make()
        stages.save(stage, value)
    return value


def fingerprint(dataset: Dataset | Subject, config: TrainConfig) -> str:
    """sha256 over all that decides what the stages give, and where: more than a result's.

    A pickle is good only with the very versions that wrote it, and the run that is resumed
    lies in one experiment of one store.
    """
    from pipeline.export.model import versions
    from pipeline.tracking import record

    content = {
        "result": record.fingerprint(dataset, config),
        "versions": versions() | {"cloudpickle": version("cloudpickle")},
        "python": platform.python_version(),
        "machine": platform.machine(),
        "experiment": config.experiment,
        "output": str(config.output and config.output.resolve()),
        "store": os.environ.get("MLFLOW_TRACKING_URI", ""),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
