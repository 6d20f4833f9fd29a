"""Runs one shell line in a folder, to its end or its time limit, with everything it starts."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_OURS = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP")
"""Variables that would lend this project's packages to a bundle."""
_MOST_READ = 1 << 20


@dataclass(frozen=True)
class Ended:
    """How a line ended.

    Attributes:
        code: its exit code; None where the time limit ended it.
        output, errors: the ends of what it wrote, at most a MiB each.
        seconds: how long it took.
    """

    line: str
    code: int | None
    output: str
    errors: str
    seconds: float

    def __str__(self) -> str:
        if self.code is None:
            return f"`{self.line}` did not end in {self.seconds:.0f} s"
        return f"`{self.line}` ended with {self.code}"

    @property
    def last_words(self) -> list[str]:
        """The last lines that it wrote, those about errors first."""
        return [
            line for text in (self.errors, self.output) for line in text.strip().splitlines()[-10:]
        ]


def run_line(line: str, folder: Path, limit: float) -> Ended:
    """Run a shell line in a folder; what it has started ends with it at the limit.

    Args:
        limit: seconds.
    """
    start = time.monotonic()
    environment = {name: value for name, value in os.environ.items() if name not in _OURS}
    # files, not pipes: what a line leaves running would hold a pipe open
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            ["sh", "-c", line],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        )
        code = None
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            pass
        finally:
            if code is None:
                _end_group(process)
        seconds = time.monotonic() - start
        return Ended(line, code, _read_end(output), _read_end(errors), seconds)


def _end_group(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read_end(file: IO[bytes]) -> str:
    size = file.seek(0, os.SEEK_END)
    file.seek(max(size - _MOST_READ, 0))
    return file.read().decode(errors="replace")
