"""Phrases what the figures mean for people who did not write the checks."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pipeline.automl.experiment import SearchResult
from pipeline.config.ensemble_rules import list_ensemble_steps
from pipeline.rendering.wording import format_count, format_number, format_small
from pipeline.track.description import find_winner
from pipeline.track.training_result import Converted, TrainingResult, Unconverted

Level = Literal["bad", "careful", "note"]

EXCUSED: Mapping[str, tuple[Level, str, str]] = {
    "ties": (
        "careful",
        "decisions that are ties",
        "For {rows} training rows are equally near, so PyCaret's own answer is whichever comes "
        "first in memory; or a threshold lies within the last digits of a value that PyCaret "
        "computes, or a step of an isotonic curve does, so its own answer may change with the "
        "batch or the processor. Each tie was proven; these rows do not count.",
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
        "large terms cancel, and PyCaret's own answer is rounding",
        "For {rows} PyCaret's own answer changes in its last digits with the number of rows "
        "beside it or with the processor, because large terms cancel in the model. There the "
        "graph may differ by ten times as much as PyCaret differs from itself, or as the last "
        "digit of the largest term is worth, or is proven to give the fitted model's exact value; "
        "it never differs by more than 1e-5 (5e-6 for probabilities).",
    ),
    "rounded_by_pycaret": (
        "careful",
        "PyCaret's own answers are rounded",
        "For {rows} PyCaret computes with seven digits (float32), because every column is a "
        "fraction, and in the model large terms cancel or overflow: its answers, labels too, are "
        "off by more than 1e-5 (5e-6 for probabilities). The graph computes with sixteen digits; "
        "each such row was proven by PyCaret's own model, which answers as the graph does when "
        "it is given sixteen digits. Such rows do not count. Scaling the columns "
        "(normalize = true) makes them few.",
    ),
    "single_precision": (
        "note",
        "single precision",
        "For {rows} PyCaret computes with seven digits instead of sixteen (float32), so a wider "
        "bound applies: 1e-5 relative for numbers, 5e-6 for probabilities. Labels must be equal "
        "there too.",
    ),
    "dropped_by_pycaret": (
        "careful",
        "rows without a prediction",
        "PyCaret drops {rows} for a missing value, because imputation is set to drop. The graph "
        "keeps every row and gives those a missing prediction: empty in a file, NaN, the empty "
        "string or the smallest int64 in a tensor.",
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
class ReportFinding:
    """One thing to know, the bad ones first in any list."""

    level: Level
    title: str
    text: str


def collect_findings(evidence: TrainingResult) -> tuple[ReportFinding, ...]:
    """Everything that a person should know before using the model."""
    found = [
        *_conversion(evidence),
        *_find_excused(evidence.figures),
        *(
            ReportFinding("careful", "a fault of PyCaret", text)
            for text in evidence.warnings
            if text not in evidence.dataset.notes
        ),
        *(ReportFinding("note", "how the table was read", text) for text in evidence.dataset.notes),
        *(
            [ReportFinding("careful", "a search cut short", f"{evidence.cut}.")]
            if evidence.cut
            else []
        ),
        *_describe_training_rows(evidence),
        *_forward(evidence.trained),
        *_metrics(evidence),
    ]
    order = ("bad", "careful", "note")
    return tuple(sorted(found, key=lambda finding: order.index(finding.level)))


def list_failing_rows(evidence: Converted) -> list[Mapping[str, Any]]:
    """Rows of the parity table with failures, the most failures first."""
    return sorted(
        (row for row in evidence.parity.table if row["failures"]),
        key=lambda row: (-row["failures"], row["column"], row["kind"]),
    )


def _conversion(evidence: TrainingResult) -> Iterator[ReportFinding]:
    """What became of the graph."""
    if isinstance(evidence, Unconverted):
        yield _no_graph(evidence)
    if isinstance(evidence, Converted):
        if not evidence.parity.passed:
            yield from _failure(evidence)
        notes = (n for n in evidence.model.manifest.notes if n not in evidence.warnings)
        yield from (ReportFinding("note", "conversion", text) for text in notes)


def _no_graph(evidence: Unconverted) -> ReportFinding:
    if evidence.trained.nothing_learned:
        return ReportFinding("bad", "do not use this model", f"{evidence.trained.hint}.")
    todo = f" To get one: {evidence.instead}." if evidence.instead else ""
    return ReportFinding(
        "careful",
        "there is no ONNX file",
        f"The reason: {evidence.reason}.{todo} The trained model is pickle/pipeline.pkl; it "
        "predicts as PyCaret does, needs PyCaret and the versions below, and is not registered.",
    )


def _failure(evidence: Converted) -> Iterator[ReportFinding]:
    parity = evidence.parity
    if not list_failing_rows(evidence):
        alone = max(float(parity.summary[f"{how}_max_error"]) for how in ("alone", "pairs"))
        yield ReportFinding(
            "bad",
            "the graph disagrees with itself",
            "The same row gets another answer alone or in pairs than in the whole table; the "
            f"largest difference is {format_small(alone)}.",
        )
    yield ReportFinding(
        "bad",
        "do not use this ONNX file",
        "It does not predict what the trained model predicts, and it was not registered. The "
        "trained model itself is not at fault: pickle/pipeline.pkl predicts as PyCaret does. To "
        f"get a proven ONNX file train again {_otherwise(evidence)}, and report the "
        "failing kinds of row as a bug.",
    )


def _otherwise(evidence: Converted) -> str:
    """How to train another model."""
    wrapped = [s for s in list_ensemble_steps(evidence.config) if s != "tune"]
    if not wrapped:
        # a tuned model converts as it does untuned
        model = evidence.trained.model_id.removeprefix("tune(").removesuffix(")")
        return f"with --exclude {model}"
    return f"without {' and '.join(f'[{section}]' for section in wrapped)}"


def _find_excused(summary: Mapping[str, Any]) -> Iterator[ReportFinding]:
    for key, (level, title, text) in EXCUSED.items():
        if count := int(summary.get(key, 0)):
            yield ReportFinding(level, title, text.format(rows=format_count(count, "row")))


def _describe_training_rows(evidence: TrainingResult) -> Iterator[ReportFinding]:
    trained, config = evidence.trained, evidence.config
    if failed := [c.name for c in trained.candidates if c.failed]:
        yield ReportFinding("note", "models that failed", f"Not compared: {', '.join(failed)}.")
    yield from _find_composed(evidence)
    yield from _no_probabilities(evidence)
    if trained.choice:
        yield ReportFinding("note", "chosen", f"{trained.choice}.")
    if config.finalize:
        text = "After the holdout was scored, the model was fitted again on all rows."
    else:
        text = "The model was fitted on the training rows alone, not on the holdout (finalize off)."
    yield ReportFinding("note", "fitted on", text)


def _forward(trained: SearchResult) -> Iterator[ReportFinding]:
    """How the holdout was chosen, and what it does not show of rows that come later."""
    if trained.held_out:
        yield ReportFinding("note", "the holdout", f"Held out: {trained.held_out}.")
    if trained.forward is not None and not trained.forward.level:  # else the audit says it
        yield ReportFinding("note", "forward in time", trained.forward.text)


def _no_probabilities(evidence: TrainingResult) -> Iterator[ReportFinding]:
    """A classifier that only names a class."""
    columns = evidence.trained.holdout_predictions.columns
    if evidence.trained.task.predicts != "classes" or any(
        str(name).startswith("prediction_score") for name in columns
    ):
        return
    yield ReportFinding(
        "note",
        "no probabilities",
        f"{evidence.trained.model_name} names a class without saying how sure it is. So there "
        "is no prediction_score, and there are no curves and no AUC.",
    )


def _find_composed(evidence: TrainingResult) -> Iterator[ReportFinding]:
    """Models made of those compared, and whether they were worth it."""
    trained, name = evidence.trained, evidence.trained.metric.column
    if not list_ensemble_steps(evidence.config):
        return
    made = ", ".join(f"[{section}]" for section in list_ensemble_steps(evidence.config))
    yield ReportFinding(
        "note",
        "composed",
        f"After the comparison the model went through {made}. What each step made was "
        "cross-validated on the same folds and has its own line of the leaderboard; the holdout "
        f"figures are those of {trained.model_id}.",
    )
    ours = find_winner(trained)
    single = next((c for c in trained.candidates if c.id in trained.task.models), None)
    if ours is None or single is None or ours.metrics[name] == single.metrics[name]:
        return
    if math.isnan(ours.metrics[name]):
        return
    if trained.candidates.index(ours) < trained.candidates.index(single):  # in order of score
        return
    yield ReportFinding(
        "careful",
        "a single model scores better",
        f"In cross-validation {name} is {format_number(single.metrics[name])} for {single.name} "
        "and "
        f"{format_number(ours.metrics[name])} for {ours.id}, which was kept because the "
        "configuration "
        "asks for it.",
    )


def _metrics(evidence: TrainingResult) -> Iterator[ReportFinding]:
    trained = evidence.trained
    without = {
        column: [c.name for c in trained.candidates if math.isnan(c.metrics.get(column, 0))]
        for column in map(str, trained.leaderboard)
    }
    if missing := [f"{column} of {', '.join(names)}" for column, names in without.items() if names]:
        yield ReportFinding(
            "note",
            "metrics that could not be computed",
            f"{'; '.join(missing)}. That does not mean that a model is bad, but one without the "
            "metric that decides comes after all that have it.",
        )
