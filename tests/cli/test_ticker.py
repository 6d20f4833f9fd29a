"""The second hand never ticks while a process forks."""

from __future__ import annotations

import os
import threading
import time

import pytest

from pipeline.cli.ticker import DRAWING, Ticker


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_no_process_is_forked_while_the_terminal_is_drawn_on() -> None:
    """A child that was would hold locks for ever that a thread of its parent had taken."""
    drawing, order = threading.Event(), []

    def draw() -> None:
        drawing.set()
        time.sleep(0.2)
        order.append("drawn")

    ticker = Ticker(draw, seconds=0.01)
    ticker.start()
    assert drawing.wait(30)
    child = os.fork()
    if child == 0:
        os._exit(0 if DRAWING.acquire(blocking=False) and order else 1)
    ticker.stop()
    assert os.waitpid(child, 0)[1] == 0
    assert order
