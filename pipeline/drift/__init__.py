"""How far new data is from what the champion was trained on, and whether to trust it at all."""

from __future__ import annotations

from pipeline.drift.baseline import Baseline
from pipeline.drift.detect import examine
from pipeline.drift.findings import DriftReport, Problem
from pipeline.drift.page import write

__all__ = ["Baseline", "DriftReport", "Problem", "examine", "write"]
