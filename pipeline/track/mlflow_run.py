"""Stage 5: logs one training as one MLflow run; a failed verdict is logged too.

`python -m pipeline.track PATH` logs an artifact folder again, such as one that was kept because
no tracking server answered.
"""

from __future__ import annotations

import argparse
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError, PipelineError, TrackingError, causes
from pipeline.errors.masking import mask_secrets
from pipeline.runtime import integrity
from pipeline.system.progress import Progress, Silent
from pipeline.system.signals import Interrupts, is_interrupt
from pipeline.track import run_owner, store
from pipeline.track.publish import publish_record
from pipeline.track.record import Record, describe_training
from pipeline.track.retries import outlast_restarts
from pipeline.track.training_result import TrainingResult

if TYPE_CHECKING:
    from mlflow import MlflowClient


__all__ = ["Run", "log_training", "open_run", "push_folder"]

logger = logging.getLogger(__name__)

_LONGEST_ERROR = 5000
_GRAPH = Path("onnx", integrity.MODEL)


@dataclass(frozen=True)
class Run:
    """One MLflow run, or, when `offline` says why, the name of one that could not be opened.

    Attributes:
        url: the run's page; empty when offline.
        model_uri: `models:/m-…`, once the model is logged.
    """

    experiment: str
    name: str
    run_id: str | None = None
    experiment_id: str = ""
    url: str = ""
    model_uri: str | None = None
    offline: str = ""


@contextmanager
def open_run(
    experiment: str,
    name: str,
    tags: Mapping[str, str] | None = None,
    meanwhile: Callable[[], None] | None = None,
) -> Iterator[Run]:
    """Keep a run open around a training and close it with what became of it.

    FINISHED when the block ends, KILLED on Ctrl-C and SIGTERM (which arrives as `SystemExit`
    with code 143), FAILED with the tag `error` on any other exception. Where no store answers the
    training continues with an offline run, and `log_training` tries once more at the end.

    Args:
        experiment: MLflow experiment; made when it is new.
        tags: tags from the start; git commit, user and source are MLflow's own.
        meanwhile: done while a store that was missing is being made.
    """
    run, process, interrupts = Run(experiment, name), os.getpid(), Interrupts()
    with interrupts.installed():
        try:
            with interrupts.held():  # or an interrupt now would leave a run nobody knows
                run = _start(experiment, name, tags or {}, meanwhile)
            yield run
        except BaseException as err:
            if os.getpid() == process:  # a forked worker that unwinds to here closes nothing
                with interrupts.held():
                    _close(run, *_outcome(err))
            raise
        with interrupts.held(), outlast_restarts():
            _close(run, "FINISHED")


def log_training(
    run: Run, evidence: TrainingResult, description: str, progress: Progress | None = None
) -> Run:
    """Log a training: params, metrics, tags, description, input, candidates, folder and model.

    `description` is what people read at the top of the run's page; `progress` shows what is sent.

    The record of it is written into the artifact folder first, so that `push_folder` can repeat it.

    Returns:
        The run with its `model_uri`, if there is a graph.

    Raises:
        TrackingError: no store answered; the message says where the artifacts are kept and the
            hint is the command that logs them later.
        ConfigError: the model cannot be signed, with the same.
    """
    store.configure_mlflow()
    record = describe_training(run.experiment, run.name, evidence, description)
    record.write(evidence.folder)
    if (evidence.folder / _GRAPH).is_file():
        with _translate_signing_errors(evidence.folder):
            integrity.write_checksums(evidence.folder / _GRAPH.parent)
    (progress or Silent()).step(f"{len(record.children)} candidates, files and model to MLflow")
    if run.run_id is None:  # a training takes minutes: the store may be back
        return push_folder(evidence.folder)
    return _publish(run, record, evidence.folder)


def push_folder(folder: Path) -> Run:
    """Log an artifact folder of an earlier training as a new run of the same name.

    Raises:
        UsageError: the folder holds no record of a training.
        DataError: its model is not the one that was proven.
        ConfigError: it cannot be signed.
        TrackingError: no store answered.
    """
    record, graph = Record.read(folder), folder / _GRAPH
    if graph.is_file():
        hint = "Train again: what was kept has changed"
        integrity.verify_folder(graph.parent, record.tags, hint=hint, required=False)
        if not (graph.parent / integrity.FILE).is_file():  # of before lists, or of a lost key
            with _translate_signing_errors(folder):
                integrity.write_checksums(graph.parent)
    with open_run(record.experiment, record.run_name, record.tags) as run:
        return _publish(run, record, folder)


def _start(
    experiment: str,
    name: str,
    tags: Mapping[str, str],
    meanwhile: Callable[[], None] | None,
) -> Run:
    try:
        store.check_default_store()
        preparation = store.prepare_store()
    except (TrackingError, OSError) as err:
        return _offline(experiment, name, err)
    if meanwhile is not None and preparation.pending:
        meanwhile()
    try:
        import mlflow  # noqa: F401  takes seconds, in which the store gets ready

        preparation.wait()
        return _create(store.connect(), experiment, name, tags)
    except Exception as err:  # noqa: BLE001  MLflow, requests, SQLAlchemy: no common base
        return _offline(experiment, name, err)


def _offline(experiment: str, name: str, err: Exception) -> Run:
    logger.warning("no MLflow store: %s; training goes on, artifacts are kept", _reason(err))
    return Run(experiment, name, offline=_reason(err))


def _create(client: MlflowClient, experiment: str, name: str, tags: Mapping[str, str]) -> Run:
    from mlflow.tracking.context.registry import resolve_tags

    experiment_id = _experiment_id(client, experiment)
    all_tags = resolve_tags({**tags, **run_owner.owner_tags()})
    run_id = client.create_run(experiment_id, run_name=name, tags=all_tags).info.run_id
    url = store.ui_url("experiments", experiment_id, "runs", run_id)
    return Run(experiment, name, run_id, experiment_id, url)


def _experiment_id(client: MlflowClient, name: str) -> str:
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        try:
            return str(client.create_experiment(name))
        except MlflowException:  # another process was faster
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage != "active":
        raise TrackingError(
            f"got the deleted experiment {name!r}, expected an active one",
            hint=f"mlflow experiments restore -x {found.experiment_id}, or take another name",
        )
    return str(found.experiment_id)


def _outcome(err: BaseException) -> tuple[str, str]:
    if is_interrupt(err):
        return "KILLED", ""
    if isinstance(err, SystemExit) and not err.code:
        return "FINISHED", ""
    return "FAILED", mask_secrets(f"{type(err).__name__}: {err}")[:_LONGEST_ERROR]


def _close(run: Run, status: str, error: str = "") -> None:
    if run.run_id is None:
        return
    try:
        client = store.connect()
        if error:
            client.set_tag(run.run_id, "error", error)
        began = client.get_run(run.run_id).info.start_time or 0
        # A clock that was moved back must not end a run before it began.
        client.set_terminated(run.run_id, status, max(int(time.time() * 1000), began))
    except Exception as err:  # noqa: BLE001  the training's own outcome is the one to report
        logger.warning("run %s could not be closed as %s: %s", run.run_id, status, _reason(err))


def _publish(run: Run, record: Record, folder: Path) -> Run:
    if run.run_id is None:
        raise _error_with_folder(folder, run.offline)
    try:
        with outlast_restarts(timeout=60):
            model_uri = publish_record(
                store.connect(), run.run_id, run.experiment_id, record, folder
            )
            return replace(run, model_uri=model_uri)
    except ConfigError as err:
        raise _unsigned_error(folder, err) from err
    except Exception as err:  # artifact stores raise what their client libraries raise
        raise _error_with_folder(folder, _reason(err)) from err


@contextmanager
def _translate_signing_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except ConfigError as err:
        raise _unsigned_error(folder, err) from err


def _unsigned_error(folder: Path, err: ConfigError) -> ConfigError:
    return ConfigError(
        f"{err.message}; the artifacts are kept at {folder}",
        hint=f"{err.hint}; log them later with: python -m pipeline.track {folder}",
        folder=str(folder),
    )


def _error_with_folder(folder: Path, reason: str) -> TrackingError:
    return TrackingError(
        f"got no MLflow run ({reason}), expected a tracking store that answers; "
        f"the artifacts are kept at {folder}",
        hint=f"log them later with: python -m pipeline.track {folder}",
        folder=str(folder),
    )


def _reason(err: BaseException) -> str:
    """Why the store failed, in one line; a failed connection comes with a page of wrappings."""
    text = str(err).strip() or type(err).__name__
    if "Max retries exceeded" in text:
        status = re.search(r"too many (\d+) error", text)
        return f"{store.ui_server()} " + (f"answers {status[1]}" if status else "does not answer")
    return causes.explain_failure(err)


def main(arguments: Sequence[str] | None = None) -> int:
    """Log the artifact folder named on the command line; returns the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m pipeline.track", description="Log the artifact folder of a training."
    )
    parser.add_argument("folder", type=Path, help="folder that a training has kept")
    options = parser.parse_args(arguments)
    try:
        run = push_folder(options.folder)
    except PipelineError as err:
        sys.stderr.write(f"error: {err.message}\nhint: {err.hint}\n")
        return err.exit_code
    if command := store.ui_command():
        sys.stdout.write(f"Look at it: start `{command}` and open\n")
    sys.stdout.write(f"{run.url}\n")
    return 0
