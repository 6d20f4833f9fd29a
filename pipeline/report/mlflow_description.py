"""Composes a run's description, as MLflow shows it at the top of the run's page."""

from __future__ import annotations

import math

from pipeline.automl.candidate_cost import COLUMNS
from pipeline.rendering.wording import escape_markdown, format_markdown_table, format_number
from pipeline.report import result_tables
from pipeline.track.description import find_winner
from pipeline.track.training_result import TrainingResult

TOP = 5
"""Models of the leaderboard that are shown; all of them are in tables/leaderboard.json."""


def compose_description(evidence: TrainingResult) -> str:
    """The description in Markdown; MLflow folds it after some lines, so the verdict comes first."""
    text = evidence.text
    refusal = "" if evidence.verdict == "pass" else " Not registered."
    chosen = evidence.trained.choice
    verdict = f"**{escape_markdown(text[:1].upper() + text[1:].removesuffix('.'))}.**{refusal}"
    blocks = (
        # two spaces: a new line, but no paragraph
        "  \n".join((verdict, *_audit(evidence), _model(evidence))),
        _subject(evidence),
        *(f"Audit: {escape_markdown(f'{a.text} {a.todo}')}" for a in evidence.audit.alarms),
        *([f"Chosen: {escape_markdown(chosen)}."] if chosen else []),
        *(f"Note: {escape_markdown(text)}" for text in (*evidence.warnings, evidence.cut) if text),
        _metrics(evidence),
        *_describe_ranking(evidence),
    )
    return "\n\n".join(blocks)


def _audit(evidence: TrainingResult) -> tuple[str, ...]:
    """Whether the model is right, beside whether the graph is; nothing where nobody looked."""
    audit = evidence.audit
    if not audit.checks:
        return ()
    text = escape_markdown(f"Audit: {audit.text}")
    return (f"**{text}.**" if audit.alarms else f"{text}.",)


def _model(evidence: TrainingResult) -> str:
    """The model, and the metric that chose it."""
    trained, name = evidence.trained, evidence.trained.metric.column
    best = find_winner(trained)
    found = []
    if best and math.isfinite(best.metrics.get(name, math.nan)):
        spread = f" ± {format_number(best.spread[name])}" if name in best.spread else ""
        found.append(f"{format_number(best.metrics[name])}{spread} in cross-validation")
    if math.isfinite(value := trained.holdout.get(name, math.nan)):
        found.append(f"{format_number(value)} on the holdout")
    figures = f": {escape_markdown(name)} {', '.join(found)}" if found else ""
    return f"**{escape_markdown(trained.model_name)}** (`{trained.model_id}`){figures}."


def _subject(evidence: TrainingResult) -> str:
    spec, rows = evidence.dataset.spec, len(evidence.dataset.frame)
    main = "trained pipeline is `pickle/pipeline.pkl`"
    if evidence.verdict in ("pass", "fail"):
        main = "graph is `onnx/model.onnx`"
    return (
        f"It predicts {escape_markdown(spec.target)} of {escape_markdown(spec.name)}: {rows:,} "
        "rows, "
        f"{evidence.trained.task.name}. The {main}."
    )


def _metrics(evidence: TrainingResult) -> str:
    table = result_tables.tabulate_metrics(evidence)
    return format_markdown_table(table.head, table.rows)


def _describe_ranking(evidence: TrainingResult) -> tuple[str, str]:
    """The first of the leaderboard by the metric that decides, and what they are as graphs."""
    board, candidates = result_tables.tabulate_leaderboard(evidence), evidence.trained.candidates
    graphs = COLUMNS if any(c.cost for c in candidates[:TOP]) else ()
    rows = [
        (*cells[:3], *(c.cost.texts if c.cost else ("",) * len(graphs)))
        for c, cells in zip(candidates[:TOP], board.rows, strict=False)
    ]
    more = len(candidates) - len(rows)
    rest = f", of {len(candidates)}" if more else ""
    title = f"The first of the leaderboard{rest}, in cross-validation:"
    return title, format_markdown_table((*board.head[:3], *graphs), rows)
