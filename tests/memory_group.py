"""A memory cgroup of its own for a command, so that the kernel's OOM killer ends what is in it."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

_V1 = Path("/sys/fs/cgroup/memory")
_V2 = Path("/sys/fs/cgroup")


@dataclass(frozen=True)
class Group:
    """A cgroup, and the file that holds its limit."""

    folder: Path
    limit: Path

    def command(self, *command: str) -> list[str]:
        """The same command, begun inside the group."""
        enter = f'echo $$ > {self.folder / "cgroup.procs"} && exec "$@"'
        return ["sh", "-c", enter, "sh", *command]

    def killed(self) -> int:
        """How many processes the kernel has killed here for want of memory."""
        events = self.folder / ("memory.oom_control" if self._is_v1 else "memory.events")
        lines = dict(line.split() for line in events.read_text(encoding="ascii").splitlines())
        return int(lines["oom_kill"])

    @property
    def _is_v1(self) -> bool:
        return (self.folder / "memory.oom_control").exists()


@contextmanager
def memory_group(limit: int) -> Iterator[Group]:
    """A group whose processes may take `limit` bytes in all, without swap.

    Nothing that was there before is changed: where the kernel, or a container, lets nobody make a
    group that counts memory, the test is skipped.
    """
    name = f"oom-{os.getpid()}-{secrets.token_hex(4)}"
    folder = (_V1 if (_V1 / "memory.limit_in_bytes").exists() else _V2) / name
    try:
        folder.mkdir()
    except OSError as err:
        pytest.skip(f"no memory cgroup can be made here ({err.strerror})")
    try:
        files = [folder / name for name in ("memory.limit_in_bytes", "memory.max")]
        file = next((file for file in files if file.exists()), None)
        if file is None:
            pytest.skip("the cgroups made here do not count memory")
        file.write_text(str(limit), encoding="ascii")
        for swap in ("memory.memsw.limit_in_bytes", "memory.swap.max"):
            with suppress(OSError):
                if (folder / swap).exists():
                    (folder / swap).write_text(str(limit * swap.startswith("memory.memsw")))
        yield Group(folder, file)
    finally:
        _removed(folder)


def _removed(folder: Path) -> None:
    """Take the group away, once its last process is gone."""
    for _ in range(100):
        try:
            folder.rmdir()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(f"processes are left in {folder}")
