"""Bundles for Python, and what their scripts print."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from pipeline.bundle.model_files import read_source
from pipeline.bundle.write import write_bundle
from tests.bundle import proven

LABELS = {"regression": (), "words": ("no", "yes"), "numbers": (0, 1, 2)}


def bundle(folder: Path, model: Path) -> Path:
    write_bundle(read_source(model), "python", folder)
    return folder


def model_of(folder: Path, kind: str) -> Path:
    if kind == "regression":
        return proven.regression(folder)
    return proven.classification(folder, LABELS[kind])  # type: ignore[arg-type]


def run(folder: Path, *arguments: str, code: int = 0) -> str:
    """What a command of Python prints that finds nothing but the folder and the packages."""
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=folder,
        env={},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code, done.stderr
    return done.stdout if code == 0 else done.stdout + done.stderr
