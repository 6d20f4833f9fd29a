"""Records what is known of a retraining, and reports it however it ends."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipeline.cli import app as cli
from pipeline.config.retrain_config import Notify, RetrainOutcome
from pipeline.errors import (
    ConversionError,
    DataError,
    GateError,
    LockedError,
    ParityError,
    PipelineError,
    causes,
)
from pipeline.notify.notify import notify_outcome
from pipeline.notify.summary import Stopwatch, Summary
from pipeline.system.progress import Progress
from pipeline.system.signals import is_interrupt

logger = logging.getLogger(__name__)

NOES = (DataError, ConversionError, ParityError, GateError)
"""Not a fault of the machinery: what it was asked to judge is not good enough."""


class RunRecorder:
    """What is known of one retraining while it runs.

    Attributes:
        summary: of what is known; whoever learns something sets its attribute.
        notify: who is notified of the end beside stdout: nobody, as in a dry run, unless set.
    """

    def __init__(self) -> None:
        self._watch = Stopwatch()
        self.summary = Summary("", RetrainOutcome.failed, 0, self._watch.times())
        self.notify = Notify(on=())

    def summarize(self, err: BaseException | None = None) -> Summary:
        """The summary as of now; with the exception that ended the run, if one did."""
        found = replace(self.summary, times=self._watch.times())
        return replace(found, stage=None) if err is None else _ended_by(found, err)

    def watch(self, progress: Progress) -> Progress:
        """The same watcher, whose stages are noted."""
        return _WatchedProgress(progress, self.summary)


def _ended_by(summary: Summary, err: BaseException) -> Summary:
    if isinstance(err, Exception) and not isinstance(err, PipelineError):
        err = causes.translate_failure(err) or err
    if isinstance(err, PipelineError):
        outcome = RetrainOutcome.locked if isinstance(err, LockedError) else RetrainOutcome.failed
        if isinstance(err, NOES):
            outcome = RetrainOutcome.refused
        summary = replace(summary, reason=err.message, hint=err.hint)
        return replace(summary, outcome=outcome, exit_code=err.exit_code)
    if is_interrupt(err):
        code = int(err.code or 0) if isinstance(err, SystemExit) else 130
        reason = "ended by a signal"
        return replace(summary, outcome=RetrainOutcome.killed, exit_code=code, reason=reason)
    reason = f"{type(err).__name__}: {err}"
    return replace(summary, outcome=RetrainOutcome.failed, exit_code=1, reason=reason)


class _WatchedProgress:
    """A progress whose stages the summary knows, too."""

    def __init__(self, progress: Progress, summary: Summary) -> None:
        self._progress, self._summary = progress, summary

    def stage(self, name: str, detail: str = "") -> None:
        self._summary.stage = name
        self._progress.stage(name, detail)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._progress, name)


@contextmanager
def record_outcome(recorder: RunRecorder, file: Path | None) -> Iterator[None]:
    """Tell how the block ended: on stdout, in the file, in the health file, and by alert.

    Whatever fails in telling is logged and changes nothing.
    """
    ending: BaseException | None = None
    try:
        yield
    except BaseException as err:
        ending = err
        raise
    finally:
        summary = recorder.summarize(ending)
        try:
            cli.say(summary.to_json())
        except OSError as err:  # a full disk, a reader that is gone: the others are still notified
            logger.warning("summary not written to stdout: %s", err)
        notify_outcome(summary, recorder.notify, file)
