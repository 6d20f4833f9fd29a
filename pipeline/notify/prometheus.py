"""Writes a retraining's outcome as a textfile for Prometheus' node exporter.

Format: https://prometheus.io/docs/instrumenting/exposition_formats/ (text, version 0.0.4).
"""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from pipeline.config.retrain_config import RetrainOutcome
from pipeline.notify.summary import Summary
from pipeline.system import atomic_file

logger = logging.getLogger(__name__)

AHEAD = 86400.0
"""Seconds by which a recorded moment may lie in the future before it counts as a wrong clock's."""

COMPLETED = frozenset({RetrainOutcome.promoted, RetrainOutcome.unchanged, RetrainOutcome.refused})
"""Outcomes of a run that came to its end, whatever that was."""

_UNTOLD = frozenset({RetrainOutcome.locked, RetrainOutcome.planned})
_LAST = "retrain_last_{}_timestamp_seconds"
_ODD = {"nan": "NaN", "inf": "+Inf", "-inf": "-Inf"}
_SAMPLE = re.compile(r'^(\w+)\{model="((?:[^"\\\n]|\\.)*)"\} (\S+)$')

_HELP = {
    _LAST.format("run"): "When the last retraining ended, as Unix time.",
    _LAST.format("completed"): "When one last ended as promoted, refused or unchanged; 0: never.",
    _LAST.format("success"): "When one last ended with exit code 0; 0: never.",
    "retrain_duration_seconds": "How long the last retraining took.",
    "retrain_exit_code": "Exit code of the last retraining.",
    "retrain_outcome": "1 for the outcome of the last retraining, 0 for all others.",
    "retrain_champion_version": "Version that the alias champion has in the registry.",
    "retrain_metric": "Deciding metric on the gate's rows.",
    "retrain_parity_passed": "1 if the challenger's ONNX file was proven, else 0.",
    "retrain_drifted_columns": "Columns that are far from the champion's data.",
}


@dataclass(frozen=True)
class MetricSample:
    """One line: a metric, its labels beside `model`, and the value."""

    metric: str
    value: float
    labels: tuple[tuple[str, str], ...] = ()

    def line(self, model: str) -> str:
        labels = ",".join(f'{k}="{_escape(v)}"' for k, v in (("model", model), *self.labels))
        value = float(self.value)
        shown = repr(value) if math.isfinite(value) else _ODD[repr(value)]
        return f"{self.metric}{{{labels}}} {shown}"


def write_health_file(summary: Summary, path: Path) -> None:
    """Write what is known after a run, whole or not at all; a failure is one warning.

    A run that was locked out writes nothing, as the file belongs to the run that holds the lock,
    nor does a dry run.

    The last success and the last completed run are kept from the earlier file, and never become
    older, even if the clock was set back. A moment more than a day in the future is one that a
    wrong clock wrote, and is forgotten. An earlier file that cannot be read counts as none.
    """
    if summary.outcome in _UNTOLD:
        return
    try:
        atomic_file.write_text(
            path, render_health_file(summary, read_health_file(path, summary.model))
        )
    except OSError as err:
        logger.warning("health file not written: %s (%s)", path, err.strerror)


def render_health_file(summary: Summary, earlier: dict[str, float]) -> str:
    """The whole file; each metric once with its help and type.

    Args:
        summary: the run that has ended.
        earlier: values of the metrics that carry over, as `read_health_file` gives them.
    """
    lines: list[str] = []
    described = ""
    for sample in _samples(summary, earlier):
        if sample.metric != described:
            described = sample.metric
            lines += [f"# HELP {described} {_HELP[described]}", f"# TYPE {described} gauge"]
        lines.append(sample.line(summary.model))
    return "\n".join(lines) + "\n"


def read_health_file(path: Path, model: str) -> dict[str, float]:
    """What an earlier file says of a model: metrics without further labels, finite values only."""
    try:
        text = path.read_bytes().decode()
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as err:
        logger.warning("health file not read: %s (%s)", path, type(err).__name__)
        return {}
    found: dict[str, float] = {}
    for line in text.split("\n")[:-1]:  # the last would be cut off
        match = _SAMPLE.match(line)
        if match is not None and match[2] == _escape(model):
            found[match[1]] = _number(match[3])
    if text and not found:
        logger.warning("health file %s knows nothing of %r: each model needs its own", path, model)
    return {metric: value for metric, value in found.items() if math.isfinite(value)}


def _samples(summary: Summary, earlier: dict[str, float]) -> Iterable[MetricSample]:
    ended = datetime.fromisoformat(summary.times.ended).timestamp()
    for word, happened in (
        ("run", True),
        ("completed", summary.outcome in COMPLETED),
        ("success", summary.exit_code == 0),
    ):
        metric = _LAST.format(word)
        before = 0.0 if word == "run" else _credible(earlier.get(metric, 0.0), ended)
        yield MetricSample(metric, max(ended, before) if happened else before)
    yield MetricSample("retrain_duration_seconds", summary.times.seconds)
    yield MetricSample("retrain_exit_code", float(summary.exit_code))
    for outcome in (each for each in RetrainOutcome if each not in _UNTOLD):
        labels = (("outcome", outcome.value),)
        yield MetricSample("retrain_outcome", float(outcome is summary.outcome), labels)
    yield from _of_models(summary)


def _of_models(summary: Summary) -> Iterable[MetricSample]:
    """What is known of champion and challenger; a run that ended before knows less."""
    champion = summary.champion_after or summary.champion_before or ""
    if champion.isdecimal():
        yield MetricSample("retrain_champion_version", float(champion))
    for role in ("champion", "challenger"):
        value = getattr(summary, f"{role}_metric")
        if value is not None and summary.metric is not None:
            yield MetricSample(
                "retrain_metric", value, (("metric", summary.metric), ("role", role))
            )
    if summary.parity is not None:
        yield MetricSample("retrain_parity_passed", float(summary.parity == "pass"))
    yield MetricSample("retrain_drifted_columns", float(len(summary.drifted)))


def _credible(moment: float, now: float) -> float:
    return moment if 0 <= moment <= now + AHEAD else 0.0


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _escape(text: str) -> str:
    """A label's value as the format writes it: backslash, quote and line feed escaped."""
    whole = text.encode("utf-8", "backslashreplace").decode()  # half a surrogate pair is no UTF-8
    return whole.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
