"""Targets whose verify is a line of shell, for what a runtime may do."""

from __future__ import annotations

import json
import shlex
import tempfile
from pathlib import Path
from typing import Any

from pipeline.bundle.model_files import BundleSource, read_source
from pipeline.bundle.target import Target, Tool
from tests.bundle import proven


def source(folder: Path, **changes: Any) -> BundleSource:
    """A small proven model of six golden rows."""
    return read_source(proven.regression(folder, **changes))


def _count_cases() -> int:
    """Cells that a runtime is asked of the model that `source` gives."""
    with tempfile.TemporaryDirectory() as place:
        columns = json.loads(source(Path(place)).cases)["columns"]
    return sum(len(entry["cases"]) for entry in columns)


CASES = _count_cases()
GOOD: dict[str, Any] = {
    "runtime": "stand-in 1.0",
    "cells": {"count": CASES, "wrong": []},
    "rows": {"count": 6, "flips": 0, "error": 1e-10, "graph_error": 0.0},
    "speed": {"open_ms": 5.0, "row_us": 50.0, "batch_ms": 20.0},
}


def found(**changes: Any) -> str:
    """The line of a runtime that has passed, but for parts such as rows={"flips": 2}."""
    return json.dumps(
        {k: GOOD[k] | changes.get(k, {}) for k in GOOD if k != "runtime"}
        | {"runtime": GOOD["runtime"]}
    )


def target(verify: str, *, setup: tuple[str, ...] = (), program: str = "sh") -> Target:
    """A runtime that is verified by a line of shell; `--measure` comes after a comment sign."""
    return Target(
        name="stand-in",
        tools=(Tool(program, f"apt-get install {program}"),),
        setup=setup,
        verify=f"{verify} #",
        render=lambda source: {"verify.txt": "text"},
    )


def printing(line: str, code: int = 0) -> Target:
    """A runtime whose verify prints a line and ends."""
    return target(f"echo {shlex.quote(line)}; exit {code}")
