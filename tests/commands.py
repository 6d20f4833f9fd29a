"""The entry points as their user meets them: real processes, watched from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import psutil

from tests import network

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 300.0
"""Seconds after which a process that should have ended counts as hung."""

_KEPT = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH", "PYTHONDONTWRITEBYTECODE")


def environment(**settings: str) -> dict[str, str]:
    """A plain shell's variables: no trace of tests or CI, nothing switched off by hand."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT)} | settings


def python(*arguments: str, folder: Path, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS` in a folder to its end."""
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env=environment(**settings),
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )


@dataclass(frozen=True)
class WholeRun:
    """A training that has ended, and what it left.

    Attributes:
        folder: the working folder, in which a cold store was made.
        temporary: what the run used as the folder for temporary files.
        attempts: names and addresses that it tried to reach; None where nobody could watch.
    """

    process: subprocess.CompletedProcess[str]
    folder: Path
    temporary: Path
    attempts: tuple[str, ...] | None

    @property
    def output(self) -> Path:
        return self.folder / "out"


@cache
def whole_run(base: Path) -> WholeRun:
    """`python -m pipeline.train` on one model, once per test session, in a new folder of `base`."""
    folder, temporary = base / "whole-run", base / "whole-run-temporary"
    folder.mkdir()
    temporary.mkdir()
    log, shim = base / "whole-run-network.log", network.shim(base)
    watch = network.watched(shim, log) if shim else {}
    arguments = ["--dataset", "insurance", "--include", "lr", "--fold", "2", "--output", "out"]
    done = python(
        *("-m", "pipeline.train", *arguments), folder=folder, TMPDIR=str(temporary), **watch
    )
    return WholeRun(done, folder, temporary, network.attempts(log) if shim else None)


@dataclass(frozen=True)
class Running:
    """A command in a session of its own, which writes `name.out` and `name.err` in `folder`."""

    pid: int
    folder: Path
    name: str

    def text(self, stream: str) -> str:
        """What it has written to `out` or `err` so far."""
        return (self.folder / f"{self.name}.{stream}").read_text(encoding="utf-8")

    def events(self) -> list[dict[str, Any]]:
        """The whole JSON lines of its log so far."""
        lines = self.text("err").splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]

    def await_event(self, **expected: object) -> None:
        """Return as soon as the log holds an event with these items."""
        wanted = expected.items()
        while not any(wanted <= _hashable(event) for event in self.events()):
            assert psutil.pid_exists(self.pid), f"ended before {expected}: {self.text('err')}"
            time.sleep(0.005)

    def family(self) -> list[psutil.Process]:
        """The processes of its session that are still there, itself included."""
        return [process for process in psutil.process_iter() if _session(process.pid) == self.pid]


def _hashable(event: Mapping[str, Any]) -> set[tuple[str, Any]]:
    return {(key, value) for key, value in event.items() if isinstance(value, str)}


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:  # it has just ended
        return None
