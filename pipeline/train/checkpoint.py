"""Keeps finished stages of a training until all are done, for `--resume`.

Each finished stage is one file: a line of JSON that says what it belongs to, a pickle, and the
sha256 of both. Only files that this user wrote, for the same data, settings and versions, are ever
opened.
"""

from __future__ import annotations

import copyreg
import hashlib
import io
import json
import logging
import os
import pickle
import platform
import re
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, ParamSpec, TypeVar

from pipeline.system import atomic_file

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset
    from pipeline.track.record import TrainingSubject

logger = logging.getLogger(__name__)

T = TypeVar("T")
P = ParamSpec("P")
Stage = Literal["experiment", "select", "verify"]
"""What can be kept, in order."""

KEPT = Path("mlruns", "resume")
"""Where checkpoints lie, a folder for each model's name; beside the artifacts of the store."""

_FORMAT = 5
_DIGEST = hashlib.sha256().digest_size


class Stages:
    """What finished stages gave; this one keeps nothing, so that every stage is taken."""

    def load(self, stage: Stage) -> Any | None:
        """What the stage gave in an interrupted run; None if there is nothing to go on from."""

    def save(self, stage: Stage, value: Any) -> None:
        """Keep what the stage gave."""

    def clear(self) -> None:
        """Forget everything."""


@dataclass(frozen=True)
class Checkpoint(Stages):
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
        try:
            value = _unpickle(self._body(stage))
        except FileNotFoundError:
            return None
        except Exception as err:  # noqa: BLE001  a pickle raises whatever its classes raise
            logger.warning("checkpoint %s is passed over: %s", stage, err or type(err).__name__)
            return None
        logger.info("checkpoint %s: taken from the interrupted run", stage)
        return value

    def save(self, stage: Stage, value: Any) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _require_private(self.folder, stat.S_ISDIR)
            for draft in self.folder.glob(".*.draft"):  # of a process that was killed meanwhile
                draft.unlink()
            content = self._head(stage) + _pickle(value)
            with atomic_file.replace_atomically(self._file(stage)) as file:
                os.fchmod(file.fileno(), 0o600)
                file.write(content + hashlib.sha256(content).digest())
        except Exception as err:  # noqa: BLE001  what is trained must not be lost for its copy
            logger.warning("checkpoint %s cannot be kept: %s", stage, err or type(err).__name__)

    def clear(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)  # which leaves a link alone

    def _file(self, stage: Stage) -> Path:
        return self.folder / f"{stage}.checkpoint"

    def _head(self, stage: Stage) -> bytes:
        facts = {"format": _FORMAT, "stage": stage, "fingerprint": self.fingerprint}
        return json.dumps(facts).encode() + b"\n"

    def _body(self, stage: Stage) -> bytes:
        """The pickle between the head and the digest."""
        _require_private(self.folder, stat.S_ISDIR)
        _require_private(self._file(stage), stat.S_ISREG)
        whole, head = self._file(stage).read_bytes(), self._head(stage)
        if not whole.startswith(head):
            raise ValueError("it belongs to other data, settings or versions")
        if hashlib.sha256(whole[:-_DIGEST]).digest() != whole[-_DIGEST:]:
            raise ValueError("it is damaged")
        return whole[len(head) : -_DIGEST]


def begin_checkpoint(
    dataset: Dataset | TrainingSubject, config: TrainConfig, *, resume: bool
) -> Checkpoint:
    """The checkpoint of a training, kept under its model's name; an empty one unless it resumes."""
    folder = KEPT / re.sub(r"[^\w. -]", "-", dataset.spec.name)
    checkpoint = Checkpoint(folder.resolve(), fingerprint_checkpoint(dataset, config))
    if not resume:
        checkpoint.clear()
    return checkpoint


def run_once(
    stages: Stages, stage: Stage, make: Callable[P, T], *args: P.args, **kwargs: P.kwargs
) -> T:
    """What the stage gave in the interrupted run, or what it gives now, which is then kept."""
    value: T | None = stages.load(stage)
    if value is None:
        value = make(*args, **kwargs)
        stages.save(stage, value)
    return value


def fingerprint_checkpoint(dataset: Dataset | TrainingSubject, config: TrainConfig) -> str:
    """sha256 over all that decides what the stages give: more than a result's.

    A pickle is good only with the very versions that wrote it.
    """
    from pipeline.export.model import list_versions
    from pipeline.track import record

    content = {
        "result": record.fingerprint_training(dataset, config),
        "versions": list_versions() | {"cloudpickle": version("cloudpickle")},
        "python": platform.python_version(),
        "machine": platform.machine(),
    }
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _require_private(path: Path, is_kind: Callable[[int], bool]) -> None:
    """A pickle runs code when it is opened, so nobody else may have put it there.

    Raises:
        FileNotFoundError: there is none.
        PermissionError: a link or another kind of file, another owner, or others may write to it.
    """
    found = path.lstat()
    if not is_kind(found.st_mode) or found.st_uid != os.geteuid() or found.st_mode & 0o022:
        raise PermissionError("got a file that others may have written, expected a private one")


def _pickle(value: Any) -> bytes:
    import cloudpickle

    class Pickler(cloudpickle.Pickler):  # type: ignore[misc]  # untyped
        def reducer_override(self, obj: Any) -> Any:
            # PyCaret's experiments leave out their data, which `load_experiment` asks for again
            if hasattr(type(obj), "_attributes_to_not_save"):
                return copyreg.__newobj__, (type(obj),), vars(obj)  # type: ignore[attr-defined]
            return super().reducer_override(obj)

    content = io.BytesIO()
    Pickler(content, protocol=5).dump(value)
    return content.getvalue()


def _unpickle(body: bytes) -> Any:
    from pipeline.automl.pycaret_isolation import isolate_pycaret

    with isolate_pycaret():  # the classes bring PyCaret with them
        return pickle.loads(body)
