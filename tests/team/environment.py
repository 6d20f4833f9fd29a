"""The servers' environment: the project's packages, and on top of them what only servers need."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

REQUIREMENTS = Path(__file__).with_name("requirements-server.txt")


def made(folder: Path) -> Path:
    """Make a virtual environment in `folder`; returns its Python.

    It sees the packages of this one through a .pth file, as the lock has MLflow already. The
    training side does not see the server's: a client needs neither a driver nor a cloud's library.
    """
    python = folder / "bin" / "python"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    (site / "project.pth").write_text(f"{sysconfig.get_path('purelib')}\n")
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    install = ["install", "-qq", "--no-deps", "--no-compile", "--require-hashes"]
    subprocess.run([*pip, *install, "-r", str(REQUIREMENTS)], check=True)
    return python
