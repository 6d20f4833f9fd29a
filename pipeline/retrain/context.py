"""Opens the store, and looks up the champion of a retraining."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.retrain_config import Gate
from pipeline.errors import PipelineError

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from pipeline.config.train_config import TrainConfig
    from pipeline.gate.champion import Champion
    from pipeline.gate.contender import Contender
    from pipeline.retrain.recorder import RunRecorder
    from pipeline.retrain.run_options import RunOptions
    from pipeline.track.record import TrainingSubject
    from pipeline.train.checkpoint import Stages

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class RetrainContext:
    """All that one retraining works with.

    Attributes:
        name: of the model.
        champion: the version in use when the retraining began; None if there is none.
        folder: a temporary one, for what is fetched.
    """

    name: str
    config: TrainConfig
    options: RunOptions
    client: MlflowClient
    champion: Champion | None
    folder: Path

    @property
    def gate(self) -> Gate:
        return self.config.gate or Gate()

    @cached_property
    def subject(self) -> TrainingSubject | None:
        """What a training would be of; None where there is no table, as loading will say."""
        from pipeline.data.dataset import find_dataset
        from pipeline.data.source import hash_file
        from pipeline.track.record import TrainingSubject

        try:
            spec = find_dataset(self.config)
            return TrainingSubject(spec, hash_file(spec.file), self.gate.holdout)
        except PipelineError:
            return None

    @cached_property
    def fingerprint(self) -> str | None:
        """By which a later run knows that there is nothing to do; None without a table."""
        from pipeline.track.record import fingerprint_training

        return None if self.subject is None else fingerprint_training(self.subject, self.config)

    @cached_property
    def by_hand(self) -> str | None:
        """The fingerprint of the same trained on all rows, as the first training of a name is."""
        from pipeline.track.record import fingerprint_training

        if self.subject is None:
            return None
        return fingerprint_training(replace(self.subject, held_out=0.0), self.config)

    @cached_property
    def artifacts(self) -> Path | None:
        """The champion's `config/`, `onnx/` and `tables/`; an empty folder where they are gone.

        Raises:
            TrackingError: the store does not answer.
        """
        return None if self.champion is None else self.champion.left(self.folder)

    @cached_property
    def contender(self) -> Contender | None:
        """The champion for the gate; None if there is none.

        Raises:
            TrackingError: its file cannot be fetched.
        """
        if self.champion is None or self.artifacts is None:
            return None
        return self.champion.contender(self.artifacts, self.folder)

    @cached_property
    def stages(self) -> Stages:
        """What an interrupted run has finished, and where this one keeps what it finishes."""
        from pipeline.train.checkpoint import Stages, begin_checkpoint

        if self.subject is None:
            return Stages()
        return begin_checkpoint(self.subject, self.config, resume=self.options.resume)


@contextmanager
def open_context(
    name: str, config: TrainConfig, options: RunOptions, recorder: RunRecorder
) -> Iterator[RetrainContext]:
    """Open the store, close what dead runs have left open, and look up the champion.

    Raises:
        TrackingError: no store answers. Without it there is no champion to compare with.
    """
    from pipeline.gate.champion import find_champion
    from pipeline.registry.client import translate_errors

    with tempfile.TemporaryDirectory(prefix="retrain-") as text:
        folder = Path(text)
        with translate_errors("Check MLFLOW_TRACKING_URI; the champion stays"):
            client = (
                _read_store(folder) if options.dry_run else _open_store(config.experiment or name)
            )
        found = find_champion(client, name)
        version = None if found is None else found.version
        recorder.summary.champion_before = recorder.summary.champion_after = version
        yield RetrainContext(name, config, options, client, found, folder)


def _open_store(experiment: str) -> MlflowClient:
    """A client of the store, which is made if need be; dead runs of the experiment are closed."""
    from pipeline.automl.pycaret_isolation import import_pycaret
    from pipeline.track import run_owner, store

    store.check_default_store()
    preparation = store.prepare_store()
    if preparation.pending:  # then there is no champion, and a model will be trained
        import_pycaret()
    import mlflow  # noqa: F401  takes seconds, in which the store gets ready

    preparation.wait()  # a client of a store that is not there would make one itself
    client = store.connect()
    for item in run_owner.close_abandoned(client, [experiment], by="pipeline.retrain"):
        logger.warning("closed the run %s: %s", item.run_id, item.reason)
    return client


def _read_store(folder: Path) -> MlflowClient:
    """A client that changes nothing: where there is no store yet, of an empty one in `folder`."""
    from pipeline.track import store

    store.check_default_store()
    file = store.sqlite_file()
    if file is None or file.exists():
        return store.connect()
    store.configure_mlflow()
    from mlflow import MlflowClient

    return MlflowClient(f"{store.SQLITE}{folder / store.DEFAULT_FILE}")
