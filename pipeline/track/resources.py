"""Measures free disk space and memory."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.track import store

if TYPE_CHECKING:
    import pandas as pd

FULL = 200_000_000
"""Bytes below which the next training may fail: it leaves some 10 MB, and drafts of them."""
SCARCE = 2_000_000_000
"""Bytes below which it is time to make room."""

_MEMINFO = Path("/proc/meminfo")
_GROUP = Path("/sys/fs/cgroup")
_FILES = (
    ("memory.max", "memory.current", ("memory.stat", "inactive_file")),
    (
        "memory/memory.limit_in_bytes",
        "memory/memory.usage_in_bytes",
        ("memory/memory.stat", "total_inactive_file"),
    ),
)
"""Of a cgroup of version 2 and of 1: limit, what is used, and what of that is a cache of files."""
_LIBRARIES = 500_000_000  # PyCaret and what it imports
_COPIES = 4  # of the table: as read, by PyCaret's setup, prepared, and what a fit makes of it
_SAMPLE = 1000


def find_shortages(output: Path | None, frame: pd.DataFrame, workers: int) -> Iterator[str]:
    """What looks short or closed for a training, a sentence each; cheap, and no promise.

    Args:
        output: folder of the artifacts, if one was named.
        workers: processes that fit models at a time.
    """
    seen = set()
    for place in list_places(output):
        if not os.access(place, os.W_OK):
            yield f"{place} cannot be written to: what is meant for it will be kept elsewhere"
            continue
        device, free = place.stat().st_dev, shutil.disk_usage(place).free
        if free < FULL and device not in seen:
            yield f"only {free / 1e6:,.0f} MB are free on the disk of {place}: make room there"
        seen.add(device)
    free_memory, wanted = available_memory(), _estimate_memory(frame, workers)
    if free_memory is not None and free_memory < wanted:
        yield (
            f"only {free_memory / 1e9:.1f} GB of memory are available, and this table with "
            f"{workers} processes may take {wanted / 1e9:.1f} GB: use fewer rows or columns, or "
            "LOKY_MAX_CPU_COUNT=1"
        )


def list_places(output: Path | None = None) -> list[Path]:
    """The folders that a training writes to, where they are on this machine."""
    file = store.sqlite_file()
    wanted = [Path.cwd(), Path("mlruns").absolute(), Path(tempfile.gettempdir())]
    wanted += [file.parent] if file is not None else []
    if output is not None:
        wanted.append(next(p for p in output.absolute().parents if p.exists()))
    return [place for place in dict.fromkeys(wanted) if place.is_dir()]


def available_memory() -> int | None:
    """Bytes that processes may still take, within a container's limit; None where unknown."""
    found = [free for free in (_of_machine(), _of_container()) if free is not None]
    return min(found, default=None)


def _estimate_memory(frame: pd.DataFrame, workers: int) -> int:
    """Bytes that a training may take, by the size of the table in memory: a rule of thumb."""
    sample = frame.head(_SAMPLE)
    row = float(sample.memory_usage(deep=True).sum()) / max(len(sample), 1)
    return _LIBRARIES + int(row * len(frame)) * (_COPIES + workers)


def _of_machine() -> int | None:
    try:
        lines = _MEMINFO.read_text(encoding="ascii").splitlines()
        (kilobytes,) = (line.split()[1] for line in lines if line.startswith("MemAvailable:"))
        return int(kilobytes) * 1024
    except (OSError, ValueError, IndexError):
        return None


def _of_container() -> int | None:
    """What a cgroup leaves: its limit without what is used; files in its cache can go."""
    for limit, used, cached in _FILES:
        with suppress(OSError, ValueError):  # of the other version; "max": there is no limit
            stat = dict(map(str.split, (_GROUP / cached[0]).read_text("ascii").splitlines()))
            left = _number(limit) - _number(used) + int(stat.get(cached[1], 0))
            return max(left, 0)
    return None


def _number(name: str) -> int:
    return int((_GROUP / name).read_text(encoding="ascii"))
