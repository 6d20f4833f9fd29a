"""One attempt ends in time, whatever is on the other side."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.notify import delivery
from pipeline.system.signals import Interrupts, Terminated
from tests.notify.processes import is_gone, script, until
from tests.notify.webhooks import HANG, webhook


def test_a_command_that_reads_nothing_is_no_error(tmp_path: Path) -> None:
    delivery.run_alert_command(script(tmp_path, ""), b"x" * 1_000_000, 30)


def test_a_signal_during_the_command_ends_it_too(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = f"""
import os, signal, time
open({str(pids)!r}, "w").write(str(os.getpid()))
os.kill(os.getppid(), signal.SIGTERM)
time.sleep(300)
"""
    with pytest.raises(Terminated), Interrupts().installed():
        delivery.run_alert_command(script(tmp_path, code), b"{}", 60)
    until(lambda: is_gone(int(pids.read_text())))


def test_the_process_can_end_while_an_answer_is_still_awaited() -> None:
    code = (
        "import sys; from pipeline.notify import delivery as channels\n"
        "try: channels.post_alert(sys.argv[1], b'{}', 0.2)\n"
        "except channels.UndeliveredError as err: print(err)"
    )
    with webhook(HANG) as hook:
        done = subprocess.run(
            [sys.executable, "-c", code, hook.url],
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
            env={**os.environ, "PYTHONPATH": "."},
        )
    assert (done.stdout, done.stderr) == ("no answer within 0.2 s\n", "")
