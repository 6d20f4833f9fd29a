"""Commands that are told, and whether their processes are gone."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil  # type: ignore[import-untyped]


def script(folder: Path, code: str) -> tuple[str, ...]:
    file = folder / "told.py"
    file.write_text(code)
    return (sys.executable, str(file))


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def is_gone(pid: int) -> bool:
    try:
        return bool(psutil.Process(pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return True
