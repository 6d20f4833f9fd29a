"""What a runtime needs in order to score: files, programs, and the lines that install and verify.

Every target's `verify` replays feed cases and golden rows in its own language. Its last line on
standard output is one JSON object, whatever the language:

    {"runtime": "onnxruntime-node 1.30.0",
     "cells": {"count": 340, "wrong": [[column, cell, value], ...]},
     "rows": {"count": 320, "flips": 0, "error": 1e-10, "graph_error": 2e-16}}

`error` is the largest against PyCaret's answers, `graph_error` against the graph's own, both as
docs/feed.md defines them, over the rows in one batch and each alone; "warnings" is
beside them where the graph warns, the rows with another warning. It ends with 0 where all is
as proven, with 5 where anything differs, with 3 where a file is not as it was written (the message
names it), and with 4 where the runtime has no such operator. Called with `--measure` it adds

     "speed": {"open_ms": ..., "row_us": ..., "batch_ms": ...}

for opening the scorer, one row (median of many), and 10,000 rows (the golden rows repeated) from
cells to answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pipeline.bundle.model_files import BundleSource


@dataclass(frozen=True)
class Tool:
    """A program that must be there before, and the line that installs it on Debian."""

    program: str
    install: str


@dataclass(frozen=True)
class Target:
    """One runtime that a bundle can be made for.

    Attributes:
        name: what `--for` takes.
        tools: programs that `setup` and `verify` call.
        setup: shell lines, run once in the bundle's folder; they may install packages.
        verify: the shell line that proves the bundle there; see above.
        render: text or bytes of each file by its name, beside those that every bundle has.
    """

    name: str
    tools: tuple[Tool, ...]
    setup: tuple[str, ...]
    verify: str
    render: Callable[[BundleSource], Mapping[str, str | bytes]]

    @property
    def lines(self) -> str:
        """The shell lines of the README, in order."""
        return "\n".join((*self.setup, self.verify))
