"""A watch on what a process tries to reach beyond this machine; it refuses every attempt."""

from __future__ import annotations

import shutil
import subprocess
from functools import cache
from pathlib import Path

SOURCE = Path(__file__).with_name("network_watch.c")


@cache
def shim(folder: Path) -> Path | None:
    """The library to preload, built in `folder`; None without a C compiler."""
    compiler = shutil.which("cc") or shutil.which("gcc")
    if compiler is None:
        return None
    built = folder / "network_watch.so"
    command = [compiler, "-shared", "-fPIC", "-o", str(built), str(SOURCE), "-ldl"]
    subprocess.run(command, check=True)
    return built


def watched(shim: Path, log: Path) -> dict[str, str]:
    """Variables that put a process, and all that it starts, under watch."""
    return {"LD_PRELOAD": str(shim), "NETWORK_WATCH_LOG": str(log)}


def attempts(log: Path) -> tuple[str, ...]:
    """What a watched process tried so far, such as `getaddrinfo example.org`."""
    return tuple(log.read_text().splitlines()) if log.exists() else ()
