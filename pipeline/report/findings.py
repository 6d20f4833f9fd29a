"""Report, findings: what the figures mean, in sentences for people who did not write the check."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pipeline.arguments import METRICS
from pipeline.experiment import DEFAULT_METRIC
from pipeline.report.wording import counted, number, small
from pipeline.tracking.note import winner

if TYPE_CHECKING:
    from pipeline.experiment import Trained
    from pipeline.tracking.record import Evidence

ENOUGH_FOLDS = 5
"""With fewer folds the spread between them says little."""

Level = Literal["bad", "careful", "note"]

EXCUSED: Mapping[str, tuple[Level, str, str]] = {
    "ties": (
        "careful",
        "equally near neighbours",
        "For {rows} several training rows are exactly equally near, so PyCaret's own answer is "
        "whichever comes first in memory. Each tie was proven; these rows do not count.",
    ),
    "batch_dependent": (
        "careful",
        "PyCaret has two answers",
        "For {rows} PyCaret answers differently depending on the other rows of the same batch: "
        "one missing or fractional value turns a whole integer column into float32. The graph "
        "gives one of PyCaret's two answers, the same in every batch.",
    ),
    "rounding_noise": (
        "careful",
        "PyCaret rounds differently alone and in batches",
        "For {rows} PyCaret's own answer changes in its last digits with the number of rows "
        "beside it, because large terms cancel in the model. There the graph may differ by ten "
        "times as much as PyCaret differs from itself, but never by more than 1e-5 (5e-6 for "
        "probabilities).",
    ),
    "single_precision": (
        "note",
        "single precision",
        "For {rows} PyCaret computes with seven digits instead of sixteen (float32), so a wider "
        "bound applies: 1e-5 relative for numbers, 5e-6 for probabilities. Labels must be equal "
        "there too.",
    ),
    "refused_by_pycaret": (
        "note",
        "refused by PyCaret",
        "For {rows} PyCaret raises an error instead of an answer, so there is nothing to compare "
        "with. The graph does answer such rows: check them before you send them.",
    ),
}
"""Entries of the parity summary: level, heading, explanation."""


@dataclass(frozen=True)
class Finding:
    """One thing to know, the bad ones first in any list."""

    level: Level
    title: str
    text: str


def findings(evidence: Evidence) -> tuple[Finding, ...]:
    """Everything that a person should know before using the model."""
    found = [
        *_failure(evidence),
        *_excused(evidence.parity.summary),
        *_training(evidence),
        *_metrics(evidence),
        *(Finding("note", "conversion", text) for text in evidence.model.manifest.notes),
    ]
    order = ("bad", "careful", "note")
    return tuple(sorted(found, key=lambda finding: order.index(finding.level)))


def decisive(evidence: Evidence) -> str:
    """Leaderboard column of the metric that chose the winner."""
    task = evidence.dataset.spec.task
    wanted = evidence.config.metric or evidence.dataset.spec.metric or DEFAULT_METRIC[task]
    return METRICS[task].get(wanted, wanted)


def failing(evidence: Evidence) -> list[Mapping[str, Any]]:
    """Rows of the parity table with failures, the most failures first."""
    return sorted(
        (row for row in evidence.parity.table if row["failures"]),
        key=lambda row: (-row["failures"], row["column"], row["kind"]),
    )


def _failure(evidence: Evidence) -> Iterator[Finding]:
    parity, trained = evidence.parity, evidence.trained
    if parity.passed:
        return
    if not failing(evidence):
        alone = max(float(parity.summary[f"{how}_max_error"]) for how in ("alone", "pairs"))
        yield Finding(
            "bad",
            "the graph disagrees with itself",
            "The same row gets another answer alone or in pairs than in the whole table; the "
            f"largest difference is {small(alone)}.",
        )
    yield Finding(
        "bad",
        "do not use this ONNX file",
        "It does not predict what the trained model predicts, and it was not registered. The "
        "trained model itself is not at fault: pickle/pipeline.pkl predicts as PyCaret does. To "
        f"get a proven ONNX file train again with --exclude {trained.model_id}, and report the "
        "failing kinds of row as a bug.",
    )


def _excused(summary: Mapping[str, Any]) -> Iterator[Finding]:
    for key, (level, title, text) in EXCUSED.items():
        if count := int(summary.get(key, 0)):
            yield Finding(level, title, text.format(rows=counted(count, "row")))


def _training(evidence: Evidence) -> Iterator[Finding]:
    trained, config = evidence.trained, evidence.config
    if failed := [c.name for c in trained.candidates if c.failed]:
        yield Finding("note", "models that failed", f"Not compared: {', '.join(failed)}.")
    if config.tune is not None:
        yield Finding(
            "note",
            "tuned",
            "The winner was tuned after the comparison: the cross-validation figures are those "
            "before tuning, the holdout figures those after it.",
        )
    if config.finalize:
        text = "After the holdout was scored, the model was fitted again on all rows."
    else:
        text = "The model was fitted on the training rows alone, not on the holdout (finalize off)."
    yield Finding("note", "fitted on", text)


def _metrics(evidence: Evidence) -> Iterator[Finding]:
    trained, name = evidence.trained, decisive(evidence)
    best = winner(trained)
    known = best is not None and name in best.spread and name in trained.holdout
    if best is not None and known and evidence.config.fold >= ENOUGH_FOLDS:
        yield from _surprise(trained, name, best.metrics[name], best.spread[name])
    if any(c.metrics.get("AUC") == 0.0 for c in trained.candidates):
        yield Finding(
            "note",
            "AUC 0.0",
            "PyCaret writes 0.0 where it could not compute the AUC in cross-validation. It does "
            "not mean that the model is bad.",
        )


def _surprise(trained: Trained, name: str, mean: float, spread: float) -> Iterator[Finding]:
    """The holdout is more than two spreads away from the cross-validation."""
    value = trained.holdout[name]
    if abs(value - mean) > 2 * spread:
        yield Finding(
            "careful",
            "the holdout disagrees with the cross-validation",
            f"{name} is {number(value)} on the holdout against {number(mean)} ± {number(spread)} "
            "in cross-validation. Chance, too few rows, or rows in an order that matters.",
        )
