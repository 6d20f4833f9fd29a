"""A folder that nobody can write to, the tests' own user, root as a rule, included."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.commands import needed


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Permissions that forbid writing; for root, whom they do not bind, a read-only mount."""
    if os.geteuid() != 0:
        before = folder.stat().st_mode
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(before)
        return
    mount = needed(shutil.which("mount"), "mount")
    if subprocess.run([mount, "--bind", folder, folder], check=False).returncode:
        pytest.skip("the kernel does not let this root mount: a container without CAP_SYS_ADMIN")
    try:
        subprocess.run([mount, "-o", "remount,ro,bind", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
