"""Runs an example's training as it is documented, and opens what it has trained."""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[2] / "examples"


def run_example(example: Path, folder: Path) -> str:
    """What `python -m examples.EXAMPLE.train FOLDER` says."""
    done = subprocess.run(
        [sys.executable, "-m", f"examples.{example.name}.train", str(folder)],
        cwd=EXAMPLES.parent,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def load_network(example: Path, weights: Path) -> Any:
    """The network of the example's network.py with these weights."""
    return import_module(f"examples.{example.name}.network").load_network(weights)
