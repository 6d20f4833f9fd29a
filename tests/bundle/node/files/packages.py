"""Data frames of JavaScript's libraries, pinned."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

from tests.commands import needed

PACKAGES = {
    "private": True,
    "type": "module",
    "dependencies": {"arquero": "7.2.0", "danfojs": "1.2.0", "nodejs-polars": "0.18.0"},
    # danfojs names a file that lies outside the registry.
    "overrides": {"xlsx": "0.18.5"},
}


def install_packages(folder: Path) -> Path:
    """`node_modules` with the packages; none of their scripts is run."""
    program = needed(shutil.which("npm"), "npm")
    (folder / "package.json").write_text(json.dumps(PACKAGES), encoding="utf-8")
    flags = ["--no-audit", "--no-fund", "--ignore-scripts", "--silent"]
    subprocess.run([program, "install", *flags], cwd=folder, check=True)
    return folder / "node_modules"
