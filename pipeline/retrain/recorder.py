"""What is known so far, told to everybody however it ends."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.cli import app as cli
from pipeline.config.retrain_config import Notify, Outcome
from pipeline.errors import (
    ConversionError,
    DataError,
    GateError,
    LockedError,
    ParityError,
    PipelineError,
    causes,
)
from pipeline.notify.notify import tell
from pipeline.notify.summary import Stopwatch, Summary
from pipeline.system.progress import Progress
from pipeline.system.signals import is_interrupt

logger = logging.getLogger(__name__)

SILENT = Notify(on=())

NOES = (DataError, ConversionError, ParityError, GateError)
"""Not a fault of the machinery: what it was asked to judge is not good enough."""


class Story:
    """What is known of one retraining; it grows while that runs, and starts with nothing.

    Attributes:
        notify: who is notified of the end beside stdout; None: nobody, as in a dry run.
    """

    def __init__(self) -> None:
        self._watch = Stopwatch()
        self._known: dict[str, Any] = {"model": "", "outcome": Outcome.failed, "exit_code": 0}
        self.notify: Notify | None = None

    def add(self, **known: Any) -> None:
        """Add attributes of the summary; a later value replaces an earlier one."""
        self._known |= known

    def ended(self, err: BaseException | None = None) -> Summary:
        """The whole story; with the exception that ended it, if one did."""
        known = {**self._known, **({} if err is None else _ending(err))}
        if known["exit_code"] == 0:
            known.pop("stage", None)
        return Summary(times=self._watch.times(), **known)

    def watching(self, progress: Progress) -> Progress:
        """The same watcher, whose stages are noted."""
        return _Watched(progress, self)


def _ending(err: BaseException) -> Mapping[str, Any]:
    if isinstance(err, Exception) and not isinstance(err, PipelineError):
        err = causes.named(err) or err
    if isinstance(err, PipelineError):
        outcome = Outcome.locked if isinstance(err, LockedError) else Outcome.failed
        if isinstance(err, NOES):
            outcome = Outcome.refused
        return {
            "outcome": outcome,
            "exit_code": err.exit_code,
            "reason": err.message,
            "hint": err.hint,
        }
    if is_interrupt(err):
        code = err.code if isinstance(err, SystemExit) else 130
        return {"outcome": Outcome.killed, "exit_code": code, "reason": "ended by a signal"}
    return {"outcome": Outcome.failed, "exit_code": 1, "reason": f"{type(err).__name__}: {err}"}


class _Watched:
    """A progress that also tells the story which stage it is in."""

    def __init__(self, progress: Progress, story: Story) -> None:
        self._progress = progress
        self._story = story

    def stage(self, name: str, detail: str = "") -> None:
        self._story.add(stage=name)
        self._progress.stage(name, detail)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._progress, name)


@contextmanager
def told(story: Story, file: Path | None) -> Iterator[None]:
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
        summary = story.ended(ending)
        try:
            cli.say(summary.to_json())
        except OSError as err:  # a full disk, a reader that is gone: the others are still notified
            logger.warning("summary not written to stdout: %s", err)
        tell(summary, story.notify or SILENT, file)
