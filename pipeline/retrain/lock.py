"""Locks a model for one retraining at a time; the system frees the lock of a dead process."""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from pipeline.errors import LockedError, TrackingError
from pipeline.system import typed_json
from pipeline.track import store

_TRIES = 4
_PAUSE = 0.05
_LARGEST = 4096


@dataclass(frozen=True)
class Holder:
    """The process that holds a lock, as it wrote itself into the lock's file."""

    pid: int = field(default_factory=os.getpid)
    host: str = field(default_factory=socket.gethostname)
    since: str = field(default_factory=lambda: datetime.now(UTC).isoformat(timespec="seconds"))

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host} since {self.since}"


@contextmanager
def model_lock(name: str) -> Iterator[Path]:
    """Hold the lock of one model of the present store; never waits for another process.

    The lock is the system's (`flock`) and ends with its holder, also by `kill -9`. Processes that
    the holder forks do not keep it. The file stays, empty unless its holder was killed.

    Yields:
        The lock's file.

    Raises:
        LockedError: another process holds it.
        TrackingError: the file cannot be made, or its file system knows no locks.
    """
    path = lock_path(name)
    held = _Held(_open(path))
    try:
        _take(held.descriptor, name, path)
        try:
            held.write(json.dumps(asdict(Holder())))
            yield path
        finally:
            held.write("")
    finally:
        held.release()


def read_holder(name: str) -> Holder | None:
    """Who holds the lock, or held it when it was killed; None once it was given back."""
    try:
        return Holder(**typed_json.parse_json(lock_path(name).read_bytes()[:_LARGEST]))
    except (OSError, ValueError, TypeError):
        return None


def is_held(name: str) -> bool:
    """Whether a process holds the lock just now."""
    try:
        descriptor = os.open(lock_path(name), os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return False
    try:
        return not _try_take(descriptor)
    finally:
        os.close(descriptor)


def lock_path(name: str) -> Path:
    """The file of a model's lock."""
    return store.lock_file(f"retrain-{_plain(name)}")


def _plain(name: str) -> str:
    """The name where it can be part of a file's name, else its beginning and a hash."""
    if re.fullmatch(r"[a-z0-9_.-]{1,80}", name):
        return name
    readable = re.sub(r"[^a-z0-9_.-]+", "-", name.lower())[:40]
    return f"{readable}-{hashlib.sha256(name.encode(errors='surrogateescape')).hexdigest()[:12]}"


class _Held:
    """An open descriptor that only the process which opened it may use."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        # A child that kept it would hold the lock for as long as it lives.
        os.register_at_fork(after_in_child=self._close)

    def write(self, text: str) -> None:
        if self.descriptor >= 0:
            with suppress(OSError):  # a full disk: the lock holds, only its owner is not named
                os.ftruncate(self.descriptor, 0)
                os.pwrite(self.descriptor, text.encode(), 0)

    def release(self) -> None:
        if self.descriptor >= 0:
            fcntl.flock(self.descriptor, fcntl.LOCK_UN)
        self._close()

    def _close(self) -> None:
        descriptor, self.descriptor = self.descriptor, -1
        if descriptor >= 0:
            os.close(descriptor)


def _open(path: Path) -> int:
    # Others may write to the temporary folder: never through a link of theirs.
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o666)
    except OSError as err:
        raise _unusable(path, err) from err


def _take(descriptor: int, name: str, path: Path) -> None:
    try:
        for _ in range(_TRIES):  # `is_held` holds it for a moment
            if _try_take(descriptor):
                return
            time.sleep(_PAUSE)
    except OSError as err:
        raise _unusable(path, err) from err
    who = read_holder(name) or "another process"
    raise LockedError(
        f"got {name!r} being retrained by {who}, expected no other run for this model",
        hint=f"let it end or stop it, then start again; {path} is free as soon as it has ended, "
        "so there is no need to delete it",
        holder=str(who),
    )


def _try_take(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as err:
        if err.errno in (errno.EAGAIN, errno.EACCES):
            return False
        raise
    return True


def _unusable(path: Path, err: OSError) -> TrackingError:
    return TrackingError(
        f"got no lock at {path} ({err.strerror}), expected a file that can be written and locked",
        hint="make the folder writable for this user, or put the store on a local disk",
    )
