"""How far new data is from what the champion was trained on, and whether to trust it at all."""

from __future__ import annotations

from pipeline.drift.baseline import Baseline
from pipeline.drift.examination import examine
from pipeline.drift.page import write
from pipeline.drift.report import DriftReport, Problem

__all__ = ["Baseline", "DriftReport", "Problem", "examine", "write"]
