"""One server of the stack: a process that can be stopped and started again where it was."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

LIMIT = 120.0
"""Seconds after which a server that does not answer counts as broken."""


@dataclass
class Service:
    """A command, how to see that it answers, and its process.

    Attributes:
        answers: whether it can be used now.
        log: file that takes what it writes.
        ending: signal that ends it.
        user: system user to run it; the current one when None.
    """

    command: Sequence[str]
    answers: Callable[[], bool]
    log: Path
    environment: Mapping[str, str]
    ending: signal.Signals = signal.SIGTERM
    user: str | None = None
    process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the process and return when it answers."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command,
                env=dict(self.environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.user,
            )
        deadline = time.monotonic() + LIMIT
        while not self.answers():
            ended, late = self.process.poll() is not None, time.monotonic() > deadline
            assert not ended and not late, self.log.read_text(encoding="utf-8")[-2000:]
            time.sleep(0.1)

    def send(self, signum: signal.Signals) -> None:
        """Send a signal to the process alone."""
        assert self.process is not None
        self.process.send_signal(signum)

    def stop(self) -> None:
        """End the process, wait for it, and end what it has left behind."""
        if self.process is None:
            return
        self.process.send_signal(self.ending)
        self.process.wait(LIMIT)
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process = None

    def restart(self, pause: float) -> threading.Thread:
        """Stop now, and start again after so many seconds in the thread that is returned."""
        self.stop()
        again = threading.Timer(pause, self.start)
        again.start()
        return again
