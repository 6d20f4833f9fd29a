"""Identifies one process on one machine, so that no other is mistaken for it.

It is its machine, its pid and the moment of its start, counted from the boot: neither a pid that
was given away again nor a clock that was moved makes another process of it.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.system import typed_json

_PROC = Path("/proc")
_OUTERMOST = "pid:[4026531836]"  # Linux gives the namespace outside of all containers this number


@dataclass(frozen=True)
class Owner:
    """One process on one machine.

    Attributes:
        host: the machine's name, for people.
        machine: hash of the system's own id, which must not leave the machine; may be empty.
        boot: id of this start of the system; empty where there is none.
        namespace: of the pid: containers count their own; empty where there is none.
        started: clock ticks from the boot to the process's start (Linux), or Unix seconds.
    """

    host: str
    machine: str
    boot: str
    namespace: str
    pid: int
    started: float

    @classmethod
    def here(cls) -> Owner:
        """This process."""
        pid = os.getpid()
        return cls(
            *(platform.node(), _machine(), _text("sys/kernel/random/boot_id"), _namespace()),
            pid,
            _start_time(pid) or 0.0,
        )

    @classmethod
    def read(cls, text: str | None) -> Owner | None:
        """The owner that a tag holds; None for a run of somebody else's program."""
        try:
            content: Mapping[str, Any] = typed_json.parse_json(text or "")
            found = cls(**content)
            return found if found.pid > 0 and isinstance(found.started, int | float) else None
        except (ValueError, TypeError):
            return None

    def text(self) -> str:
        return json.dumps(asdict(self))

    def is_alive(self) -> bool | None:
        """Whether the process still runs; None where this machine cannot know."""
        here = Owner.here()
        if (self.host, self.machine) != (here.host, here.machine):
            return None
        if (self.boot, self.namespace) != (here.boot, here.namespace):
            return None
        return _runs(self.pid, self.started)

    def is_before_boot(self) -> bool:
        """Whether this machine was started again since, which no process outlives.

        Machines made from one image may share their name and id, and so may containers; so this
        says nothing about a store that several machines share.
        """
        here = Owner.here()
        same = (self.host, self.machine) == (here.host, here.machine) and bool(self.machine)
        outside = self.namespace == here.namespace == _OUTERMOST
        return same and outside and self.boot != here.boot


def process_exists(pid: int) -> bool:
    """Whether there is a process with this pid, of whatever user."""
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):  # no system counts that far
        return False
    except OSError:
        pass  # somebody else's process: it is there
    return True


def _runs(pid: int, started: float) -> bool | None:
    """Whether the process with this pid and start is there; None where it cannot be seen."""
    if not process_exists(pid):
        return False
    found = _start_time(pid)
    if found is None or not started:
        return None if found is None else True
    return abs(found - started) < 1


def _start_time(pid: int) -> float | None:
    """When the process began; None if it cannot be seen, infinity for a dead one not yet buried."""
    if not (_PROC / "self" / "stat").exists():
        return _start_time_elsewhere(pid)
    try:
        # the name in brackets may hold spaces and brackets itself
        fields = (_PROC / str(pid) / "stat").read_text(errors="replace").rpartition(")")[2].split()
    except OSError:
        return None
    return float("inf") if fields[0] in {"Z", "X", "x"} else float(fields[19])


def _start_time_elsewhere(pid: int) -> float | None:
    """Without /proc: Unix seconds, as the system noted them when the process began."""
    import psutil  # type: ignore[import-untyped]

    try:
        process = psutil.Process(pid)
        dead = process.status() == psutil.STATUS_ZOMBIE
        return float("inf") if dead else float(process.create_time())
    except psutil.Error:
        return None


def _machine() -> str:
    """The system's id, hashed: systemd asks programs not to show it around."""
    for file in (Path("/etc/machine-id"), Path("/var/lib/dbus/machine-id")):
        try:
            found = file.read_text().strip()
        except OSError:
            continue
        if found:
            return hashlib.sha256(f"pipeline-owner {found}".encode()).hexdigest()[:16]
    return ""


def _namespace() -> str:
    try:
        return str((_PROC / "self" / "ns" / "pid").readlink())
    except OSError:
        return ""


def _text(name: str) -> str:
    try:
        return (_PROC / name).read_text().strip()
    except OSError:
        return ""
