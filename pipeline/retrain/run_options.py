"""Options of one retraining, from the command line."""

from __future__ import annotations

from dataclasses import dataclass

from pipeline.automl.deadline import Deadline


@dataclass(frozen=True)
class RunOptions:
    """How one retraining goes about it.

    Attributes:
        deadline: ends the search early; None for a search without an end.
        resume: go on after the last finished stage of a run that died.
        dry_run: check the data and say what would happen; nothing is written.
        force: train although nothing has changed.
    """

    deadline: Deadline | None = None
    resume: bool = False
    dry_run: bool = False
    force: bool = False
