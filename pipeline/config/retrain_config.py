"""Settings of a scheduled retraining: the gate, the drift limits, the notifications.

Tables of the same TOML file that holds a training's settings; each is optional.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, ClassVar

from pydantic import Field, StrictFloat, StrictInt, StrictStr

from pipeline.config.base import Settings

Share = Annotated[float, Field(ge=0, le=1, strict=True)]
Text = Annotated[StrictStr, Field(min_length=1)]


class Gate(Settings):
    """`[gate]`: what a challenger must show before it becomes the champion."""

    holdout: Annotated[float, Field(gt=0, lt=1, strict=True)] = 0.2
    """Share of the rows that no model is trained on, chosen by a hash of each row."""
    min_rows: StrictInt = Field(default=30, ge=1)
    """Fewest holdout rows that neither model has seen for a comparison on them to count."""
    minimum: StrictFloat | StrictInt | None = None
    """Absolute limit of the deciding metric: at least this, or at most where smaller is better."""
    tolerance: Share = 0.0
    """Loss against the champion, as a share of its metric, that is forgiven if it may be chance."""
    confidence: Annotated[float, Field(gt=0, lt=1, strict=True)] = 0.95
    """Of the paired bootstrap interval of the difference; wholly below zero, it is no chance."""
    max_churn: Share | None = None
    """Largest share of holdout rows whose prediction may change: to another class, or by more
    than a tenth of the target's standard deviation."""
    max_microseconds_per_row: float | None = Field(default=None, gt=0, strict=True)
    """Budget of the challenger for one row alone on one thread."""
    max_bytes: StrictInt | None = Field(default=None, gt=0)
    """Budget of the challenger's ONNX file."""


class Drift(Settings):
    """`[drift]`: how far new data may be from the champion's before somebody must look."""

    psi: float = Field(default=0.25, gt=0, strict=True)
    """Population stability index of a column from which on it counts as drifted."""
    watch: float = Field(default=0.1, gt=0, strict=True)
    """Index from which on a column is one to watch, if the test says so too."""
    p_value: Annotated[float, Field(gt=0, lt=1, strict=True)] = 0.001
    """A test's p-value below which, with `psi`, a column counts as drifted."""
    max_drifted: Share | None = None
    """Largest share of drifted columns; a larger one refuses the data. None: only report it."""
    min_rows: Share = 0.5
    """Fewest rows, as a share of those that the champion was trained on."""
    max_missing: Share = 0.3
    """Largest growth of a column's share of missing values."""


class RetrainOutcome(StrEnum):
    """How a retraining ended."""

    promoted = "promoted"
    """A new champion."""
    refused = "refused"
    """Data, proof or gate was not good enough; the champion stays."""
    unchanged = "unchanged"
    """Nothing to do: the same data, settings, code and versions as before."""
    failed = "failed"
    killed = "killed"
    """By a signal, such as a scheduler's when the time is up."""
    locked = "locked"
    """Another run for the same model was busy; this one did nothing."""
    planned = "planned"
    """A dry run: nothing was trained, and no alert is sent."""


class Notify(Settings):
    """`[notify]`: who is notified of the outcome."""

    secret: ClassVar[tuple[str, ...]] = ("command", "webhook")

    command: Annotated[tuple[Text, ...], Field(min_length=1)] | None = None
    """Program and arguments, run without a shell, with the JSON body on its stdin."""
    webhook: Text | None = None
    """URL that gets the JSON body by POST; `${NAME}` in it comes from the environment."""
    on: tuple[RetrainOutcome, ...] = (
        RetrainOutcome.failed,
        RetrainOutcome.killed,
        RetrainOutcome.refused,
    )
    """Outcomes that send an alert: promoted, refused, unchanged, failed, killed, locked."""
    attempts: StrictInt = Field(default=3, ge=1, le=10)
    """Of each of the two; one when the run was killed, as its time is up."""
    timeout: float = Field(default=10.0, gt=0, le=300, strict=True)
    """Seconds for each attempt."""
    health: Path | None = None
    """Prometheus textfile to keep up to date; counts from the folder of the TOML file."""
