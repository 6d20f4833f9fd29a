"""Captures what libraries and child processes write to stderr, as lines of JSON."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TextIO

from pipeline.system.json_line import json_line

PATIENCE = 2.0
"""Seconds to wait at the end for a process that still holds our stderr."""


@contextmanager
def capture_stderr() -> Iterator[TextIO]:
    """Make every line that reaches descriptor 2 an event of the logger `stderr` inside the block.

    A forked process reads them, so that the last words of a crash arrive too, and nothing ever
    waits for this one. It ends when nobody can write any more.

    Yields:
        The way past it, for those who write JSON themselves. Where stderr is not descriptor 2, as
        in a notebook, that is stderr itself, and nothing is changed.
    """
    if not _is_real():
        yield sys.stderr
        return
    sys.stderr.flush()
    real = os.dup(2)
    child = _translator(real)
    try:
        # room for a line, which then is one write: those of two processes do not mix
        with os.fdopen(os.dup(real), "w", buffering=2**20, encoding="utf-8") as past:
            yield past
    finally:
        sys.stderr.flush()
        os.dup2(real, 2)
        os.close(real)
        _wait(child)


def _is_real() -> bool:
    try:
        return hasattr(os, "fork") and sys.stderr.fileno() == 2
    except (AttributeError, OSError, ValueError):
        return False


def _translator(real: int) -> int:
    """Fork the process that reads what is written to descriptor 2; returns its id."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(writer)
            for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(signum, signal.SIG_IGN)  # it ends with the one that it reads from
            for descriptor in (0, 1, 2):
                os.close(descriptor)
            with os.fdopen(reader, encoding="utf-8", errors="backslashreplace") as lines:
                for line in lines:
                    if text := line.strip():
                        os.write(real, (_event(text) + "\n").encode())
        finally:
            os._exit(0)
    os.close(reader)
    os.dup2(writer, 2)
    os.close(writer)
    return child


def _event(text: str) -> str:
    now = datetime.now(UTC).isoformat()
    return json_line({"time": now, "level": "warning", "logger": "stderr", "message": text})


def _wait(child: int) -> None:
    """Until it has written everything; a daemon that keeps our stderr is not waited for."""
    deadline = time.monotonic() + PATIENCE
    while not os.waitpid(child, os.WNOHANG)[0] and time.monotonic() < deadline:
        time.sleep(0.005)
