"""Summarizes one retraining in one line of JSON."""

from __future__ import annotations

import os
import socket
import time
from dataclasses import dataclass, field, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pipeline.config.retrain_config import RetrainOutcome
from pipeline.system import atomic_file
from pipeline.system.json_line import json_line


@dataclass(frozen=True)
class Times:
    """When a run began and ended, and how long it took whatever happened to the clock between."""

    started: str
    ended: str
    seconds: float


@dataclass(frozen=True)
class Stopwatch:
    """The beginning of a run, by the calendar and by a monotonic clock."""

    moment: datetime = field(default_factory=lambda: datetime.now(UTC))
    monotonic: float = field(default_factory=time.monotonic)

    def times(self) -> Times:
        """From the beginning until now."""
        seconds = round(time.monotonic() - self.monotonic, 3)
        return Times(_iso(self.moment), _iso(datetime.now(UTC)), seconds)


@dataclass
class Summary:
    """One retraining. What is not known yet, or as the run ended before, is None.

    Attributes:
        times: started and ended as ISO 8601 in UTC; seconds by a monotonic clock.
        stage: the stage that failed.
        champion_before: version of the champion when the run began; `champion_after` when it ended.
        metric: name of the deciding metric, of which both models' values are on the same rows.
        parity: verdict of the proof of the challenger's graph: pass, fail or none.
        drifted: columns that are far from the champion's data.
        left_out: models and steps that the budget left no time for.
    """

    model: str
    outcome: RetrainOutcome
    exit_code: int
    times: Times
    reason: str = ""
    hint: str = ""
    stage: str | None = None
    run_id: str | None = None
    run_url: str | None = None
    champion_before: str | None = None
    champion_after: str | None = None
    challenger: str | None = None
    metric: str | None = None
    champion_metric: float | None = None
    challenger_metric: float | None = None
    parity: str | None = None
    drifted: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    data_sha256: str | None = None
    fingerprint: str | None = None
    host: str = field(default_factory=socket.gethostname)
    pid: int = field(default_factory=os.getpid)

    @property
    def text(self) -> str:
        """The outcome in one sentence, as a chat shows it."""
        reason = f": {self.reason}" if self.reason else ""
        code = f" (exit code {self.exit_code})" if self.exit_code else ""
        name = f" of {self.model}" if self.model else ""  # unknown while settings are being read
        return f"Retraining{name}: {self.outcome}{code}{reason}"

    def to_json(self) -> str:
        """One line: every attribute, started, ended and seconds beside them, and `text`."""
        values: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        times: Times = values.pop("times")
        return json_line({"text": self.text, **values, **vars(times)})

    def write(self, path: Path) -> None:
        """Write the line to a file, whole or not at all.

        Raises:
            OSError: the file could not be written; an earlier one is as it was.
        """
        atomic_file.write_text(path, self.to_json() + "\n")


def _iso(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
