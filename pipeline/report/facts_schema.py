"""The schema of config/report.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pipeline.manifest.columns import Kind
from pipeline.tasks import TaskName


@dataclass(frozen=True)
class Model:
    id: str
    name: str
    seed: int


@dataclass(frozen=True)
class Data:
    sha256: str


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind
    missing: int


@dataclass(frozen=True)
class Metric:
    """None stands for what could not be computed."""

    name: str
    mean: float | None
    spread: float | None
    holdout: float | None
    greater_is_better: bool


@dataclass(frozen=True)
class Figures:
    """As `pipeline.report.raw_figures` writes them."""

    metrics: tuple[Metric, ...]
    rows: int
    columns: tuple[Column, ...]
    bytes: int | None
    microseconds_per_row: float | None


@dataclass(frozen=True)
class Parity:
    passed: bool


@dataclass(frozen=True)
class Manifest:
    run_id: str | None = None


@dataclass(frozen=True)
class ReportFacts:
    """As `pipeline.report.context` writes them; an earlier version wrote no figures."""

    name: str
    task: TaskName
    target: str
    labels: tuple[str | int | float | bool, ...] | None
    model: Model
    folds: int
    headline: str
    decisive: str
    data: Data
    versions: Mapping[str, str]
    parity: Parity | None
    manifest: Manifest | None
    threshold: float | None = None
    figures: Figures | None = None
