"""Checks the challenger against absolute limits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.config.retrain_config import Gate
from pipeline.gate.contender import Contender, ContenderAnswers
from pipeline.gate.decision import GateCheck
from pipeline.gate.scored_rows import ScoredRows
from pipeline.manifest import Manifest
from pipeline.rendering.wording import format_count, format_number, format_size
from pipeline.selection.latency import measure_latency as measured
from pipeline.selection.metric import Metric

MOVED = 0.1
"""A predicted number counts as changed once it moves by more than this share of the target's
standard deviation on the same rows."""


def check_parity(manifest: Manifest) -> GateCheck:
    """Whether the graph was proven against PyCaret."""
    found = manifest.verdict
    text = "the graph predicts what PyCaret predicts"
    if found != "pass":
        text = f"parity with PyCaret: got the verdict {found!r}, expected 'pass'"
    return GateCheck("parity", found, "pass", found == "pass", text)


def check_audit(level: str, text: str, champion: str) -> GateCheck:
    """Whether the audit doubts the challenger's score, and did not doubt the champion's as well.

    Args:
        level: of the challenger's audit.
        text: the audit in one line.
        champion: the level of the champion's; empty where nobody looked.
    """
    passed = level != "red" or champion == "red"
    return GateCheck("audit", level, champion or None, passed, f"the audit is {text}")


def check_minimum(
    metric: Metric, fresh: ScoredRows, own: ScoredRows | None, settings: Gate
) -> GateCheck:
    """The deciding metric against its absolute limit.

    Args:
        fresh: holdout rows that the challenger has not seen.
        own: what PyCaret kept from it, for when those are too few.
        settings: `check_minimum` and `min_rows`.
    """
    enough = len(fresh.actual) >= settings.min_rows
    value, where = fresh.value(metric) if enough else math.nan, "holdout row"
    if math.isnan(value) and own is not None:
        fresh, value, where = own, own.value(metric), "row of PyCaret's own holdout"
    rows = format_count(len(fresh.actual), where, where.replace("row", "rows", 1))
    limit = None if settings.minimum is None else float(settings.minimum)
    if math.isnan(value):
        text = f"{metric.name} cannot be computed of the challenger"
        return GateCheck("minimum", None, limit, limit is None, text)
    found = metric.sign * value
    passed = limit is None or value >= metric.sign * limit
    text = f"{metric.name} {format_number(found)} on {rows}"
    if limit is not None and not passed:
        text += f", expected at {'least' if metric.sign > 0 else 'most'} {format_number(limit)}"
    return GateCheck("minimum", found, limit, passed, text)


def check_latency(
    contender: Contender, manifest: Manifest, frame: pd.DataFrame, settings: Gate
) -> GateCheck:
    """Microseconds of one row alone, as the leaderboard measures them."""
    name, limit = "microseconds per row", settings.max_microseconds_per_row
    if frame.empty:
        return GateCheck(name, None, limit, True, "no row to measure the latency with")
    row = {column.name: frame[column.name].head(1) for column in manifest.inputs}
    found = round(measured(contender.data, manifest, row, limit), 1)
    passed = limit is None or found <= limit
    text = f"{found:,.1f} µs for one row"
    return GateCheck(
        name, found, limit, passed, text if passed else f"{text}, expected at most {limit:,.1f} µs"
    )


def check_size(contender: Contender, settings: Gate) -> GateCheck:
    """The size of the ONNX file."""
    found, limit = len(contender.data), settings.max_bytes
    passed = limit is None or found <= limit
    text = f"a file of {format_size(found)}"
    told = text if limit is None or passed else f"{text}, expected at most {format_size(limit)}"
    return GateCheck("bytes", float(found), None if limit is None else float(limit), passed, told)


def check_churn(
    actual: NDArray[Any], contenders: tuple[ContenderAnswers, ContenderAnswers], settings: Gate
) -> GateCheck:
    """The share of rows whose prediction changes: another class, or a number beyond `MOVED`.

    A row that only one of the two answers has changed too.

    Args:
        actual: (n,) the target, whose spread is the scale of numbers.
        contenders: the challenger's and the champion's.
        settings: `max_churn`.
    """
    limit = settings.max_churn
    if not len(actual):
        return GateCheck("churn", None, limit, True, "no row to count changed predictions on")
    ours, theirs = (contender.predictions.labels for contender in contenders)
    if ours.dtype.kind == "f":
        moved = np.abs(ours - theirs) > MOVED * np.std(actual.astype(float))
    else:
        moved = ours != theirs
    answered = contenders[0].answered & contenders[1].answered
    changed = np.where(answered, moved, contenders[0].answered != contenders[1].answered)
    found = float(changed.mean())
    passed = limit is None or found <= limit
    text = f"{found:.1%} of the predictions change"
    return GateCheck(
        "churn", found, limit, passed, text if passed else f"{text}, expected at most {limit:.1%}"
    )
