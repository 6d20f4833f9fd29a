"""A run that differs in one thing."""

from __future__ import annotations

from dataclasses import replace

from pipeline.compare.runs import ComparedRun


def with_figures(run: ComparedRun, **figures: object) -> ComparedRun:
    return replace(run, facts={**run.facts, "figures": {**run.figures, **figures}})
