"""Detects how far new data is from what the champion was trained on."""

from __future__ import annotations

from pipeline.drift.baseline import Baseline
from pipeline.drift.detect import detect_drift
from pipeline.drift.drift_report import DriftReport, Problem
from pipeline.drift.page import write_drift_report

__all__ = ["Baseline", "DriftReport", "Problem", "detect_drift", "write_drift_report"]
