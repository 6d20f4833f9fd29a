"""The entry points as their user meets them: real processes, watched from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from tests import network

ROOT = Path(__file__).resolve().parents[1]
LIMIT = 300.0
"""Seconds after which a process that should have ended counts as hung."""

_KEPT = ("HOME", "LANG", "LD_LIBRARY_PATH", "PATH")


def environment(**settings: str) -> dict[str, str]:
    """A plain shell's variables: no trace of tests or CI, nothing switched off by hand."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return kept | {"PYTHONPATH": str(ROOT)} | settings


def bare(home: Path) -> dict[str, str]:
    """All that a shell of a new user has."""
    return {"PATH": "/usr/bin:/bin", "HOME": str(home)}


def project(folder: Path) -> Path:
    """A folder that is to a shell what README's first command has made of a clone."""
    names = ("pipeline", "datasets", "pyproject.toml")
    places = {".venv": Path(sys.prefix), **{name: ROOT / name for name in names}}
    for name, place in places.items():
        if not (folder / name).exists():
            (folder / name).symlink_to(place)
    return folder


def pasted(text: str, folder: Path) -> str:
    """What a shell of a new user prints when it is given these lines in a folder; they must work.

    Nothing of this process is handed on: what README and report print must be all that it takes.
    """
    done = subprocess.run(
        ["bash", "-ec", text],
        cwd=folder,
        env=bare(folder),
        capture_output=True,
        text=True,
        check=False,
        timeout=LIMIT,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def needed(program: str | None, what: str) -> str:
    """The program, or a test that is skipped; where everything must hold, one that fails."""
    if program is None:
        (pytest.fail if "CI" in os.environ else pytest.skip)(f"no {what} on this machine")
    return program


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
        left: the names in the folder as the run ended, before a test used it.
        temporary: what the run used as the folder for temporary files.
        attempts: names and addresses that it tried to reach; None where nobody could watch.
    """

    process: subprocess.CompletedProcess[str]
    folder: Path
    left: frozenset[str]
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
    left = frozenset(path.name for path in folder.iterdir())
    return WholeRun(done, folder, left, temporary, network.attempts(log) if shim else None)


@dataclass(frozen=True)
class Running:
    """A command in a session of its own, which writes `name.out` and `name.err` in `folder`."""

    pid: int
    folder: Path
    name: str
    wait: Callable[[], int]

    def events(self) -> list[dict[str, Any]]:
        """The whole lines of its JSON log so far."""
        text = (self.folder / f"{self.name}.err").read_text(encoding="utf-8")
        lines = text.splitlines(keepends=True)
        return [json.loads(line) for line in lines if line.startswith("{") and line.endswith("\n")]

    def until(self, key: str, value: str) -> None:
        """Return as soon as the log holds an event with this item."""
        while not any(event.get(key) == value for event in self.events()):
            assert self.is_alive(), f"ended before {key} {value}: {self.events()}"
            time.sleep(0.005)

    def send(self, signum: signal.Signals, *, to_all: bool) -> None:
        """Send a signal to the process, or to its workers too, as a terminal and `timeout` do."""
        (os.killpg if to_all else os.kill)(self.pid, signum)

    def end(self) -> int:
        """Wait for the end; returns the exit code."""
        deadline = time.monotonic() + LIMIT
        while self.is_alive():
            if time.monotonic() > deadline:
                os.killpg(self.pid, signal.SIGKILL)
                raise TimeoutError(f"hung after {self.events()}")
            time.sleep(0.01)
        return self.wait()

    def is_alive(self) -> bool:
        try:
            return bool(psutil.Process(self.pid).status() != psutil.STATUS_ZOMBIE)
        except psutil.NoSuchProcess:
            return False

    def family(self) -> list[int]:
        """The processes of its session that are still there."""
        return [pid for pid in psutil.pids() if _session(pid) == self.pid]


def started(folder: Path, name: str, *arguments: str, **settings: str) -> Running:
    """Start `python -m pipeline.train ARGUMENTS` with a JSON log."""
    command = [sys.executable, "-m", "pipeline.train", *arguments, "--log-format", "json"]
    with (folder / f"{name}.out").open("w") as out, (folder / f"{name}.err").open("w") as err:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment(**settings),
            stdout=out,
            stderr=err,
            start_new_session=True,
        )
    return Running(process.pid, folder, name, process.wait)


@dataclass(frozen=True)
class Preloaded:
    """The door to `tests.preloaded`: the same as `started`, without seconds of imports.

    Attributes:
        running: the command that has not been waited for, of which there is one at a time.
    """

    process: subprocess.Popen[str]
    running: list[int] = field(default_factory=list)

    def started(
        self,
        folder: Path,
        name: str,
        *arguments: str,
        module: str = "pipeline.train",
        pictures: bool = False,
        json_log: bool = True,
        **settings: str,
    ) -> Running:
        """Start `python -m MODULE ARGUMENTS`, with a JSON log, and with these variables besides.

        Those of the report stay blank unless it is asked for `pictures`.
        """
        assert self.process.stdin is not None
        if self.running:  # a test has failed before its command ended
            with suppress(ProcessLookupError):
                os.killpg(self.running[0], signal.SIGKILL)
            self._wait()
        for stream in ("out", "err"):
            (folder / f"{name}.{stream}").touch()
        order: dict[str, Any] = {"module": module, "folder": str(folder), "name": name}
        order |= {"settings": settings, "pictures": pictures}
        order["arguments"] = [*arguments, *("--log-format", "json") * json_log]
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        self.running.append(self._answer())
        return Running(self.running[0], folder, name, self._wait)

    def ended(
        self, folder: Path, *arguments: str, module: str = "pipeline.train", **settings: str
    ) -> subprocess.CompletedProcess[str]:
        """Run `python -m MODULE ARGUMENTS` in a folder to its end; what it says stays out of it."""
        with tempfile.TemporaryDirectory() as place:
            how: dict[str, Any] = {"module": module, "json_log": False, **settings}
            code = self.started(folder, f"{place}/said", *arguments, **how).end()
            out, err = (Path(place, f"said.{s}").read_text("utf-8") for s in ("out", "err"))
        return subprocess.CompletedProcess([module, *arguments], code, out, err)

    def _wait(self) -> int:
        self.running.clear()
        return self._answer()

    def _answer(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())


@contextmanager
def preloaded(folder: Path, **settings: str) -> Iterator[Preloaded]:
    """A process that is ready to fork trainings, one at a time."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.preloaded"],
        cwd=folder,
        env=environment(**settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        yield Preloaded(process)
        assert process.stdin is not None
        process.stdin.close()


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except OSError:  # it has just ended
        return None
