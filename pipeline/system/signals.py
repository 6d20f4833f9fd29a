"""Raises SIGTERM and Ctrl-C as exceptions, where they can be handled."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Terminated(SystemExit):
    """The process was asked to end; its exit code says by which signal (130 or 143)."""

    def __init__(self, signum: int) -> None:
        super().__init__(128 + signum)


def is_interrupt(err: BaseException) -> bool:
    """Whether this exception means that a person or a supervisor ended the run."""
    if isinstance(err, SystemExit):
        return err.code in {128 + signum for signum in SIGNALS}
    return isinstance(err, KeyboardInterrupt)


class Interrupts:
    """Handlers of SIGINT and SIGTERM that can be put off for a few lines that must finish.

    A handler that somebody else installed is called in its turn. Where Python cannot install
    handlers (outside the main thread) nothing changes.

    Attributes:
        delivered: the last signal that became an exception; a library's compiled code may turn
            that exception into another.
    """

    def __init__(self) -> None:
        self._before: dict[int, Any] = {}
        self._waiting: int | None = None
        self._held = False
        self.delivered: int | None = None

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Turn both signals into exceptions inside the block."""
        if threading.current_thread() is threading.main_thread():
            for signum in SIGNALS:
                if signal.getsignal(signum) not in (signal.SIG_IGN, None):
                    self._before[int(signum)] = signal.signal(signum, self._handle)
        try:
            yield
        finally:
            for number, handler in self._before.items():
                signal.signal(number, handler)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Put signals off until the block has ended well; a block that fails forgets them."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
            waiting, self._waiting = self._waiting, None
        if waiting is not None:
            self._deliver(waiting, None)

    def _handle(self, signum: int, frame: FrameType | None) -> None:
        if self._held:
            self._waiting = signum
        else:
            self._deliver(signum, frame)

    def _deliver(self, signum: int, frame: FrameType | None) -> None:
        self.delivered = signum
        before = self._before.get(signum)
        if callable(before):
            before(signum, frame)
        else:
            raise Terminated(signum)


@contextmanager
def postpone_signals() -> Iterator[None]:
    """Put signals off until a block has ended, such as the import of a large library.

    Compiled modules may crash the process when an exception comes in the middle of their import.
    """
    interrupts = Interrupts()
    with interrupts.installed(), interrupts.held():
        yield
