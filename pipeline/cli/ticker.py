"""Calls a function about once a second from a thread, but never during a fork."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

DRAWING = threading.RLock()
"""Held while drawing. The main thread takes it before it forks, so that a worker is never born
with a lock that a thread which does not live on in it holds: a terminal's, a stream's, an import's.
"""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=DRAWING.acquire,
        after_in_parent=DRAWING.release,
        after_in_child=DRAWING.release,
    )


class Ticker:
    """Calls a function about once a second, with `DRAWING` held, until it is stopped."""

    def __init__(self, draw: Callable[[], None], seconds: float = 1.0) -> None:
        self._draw, self._seconds = draw, seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run, name="second-hand", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """End the thread; nothing is drawn after this. The caller must not hold `DRAWING`."""
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._over.wait(self._seconds):
            with DRAWING:
                if not self._over.is_set():
                    self._draw()
