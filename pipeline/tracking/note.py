"""A run's description, as MLflow shows it on the run's page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from pipeline.cost import COLUMNS

if TYPE_CHECKING:
    from pipeline.experiment import Candidate, Trained
    from pipeline.tracking.evidence import Training

LIMIT = 8000
"""MLflow's longest tag value; the description is a tag."""


_GAP = "\N{NO-BREAK SPACE} | "  # MLflow's page leaves no room between columns


def note(evidence: Training) -> str:
    """The description in Markdown; MLflow folds it after some lines, so the verdict comes first."""
    trained, spec = evidence.trained, evidence.dataset.spec
    text = evidence.text
    refusal = "" if evidence.verdict == "pass" else " Not registered."
    main = "trained pipeline is `pickle/pipeline.pkl`"
    if evidence.verdict != "none":
        main = "graph is `onnx/model.onnx`"
    parts = (
        f"**{text[:1].upper()}{text[1:].removesuffix('.')}.**{refusal}",
        f"**{trained.model_name}** (`{trained.model_id}`) predicts `{spec.target}` of "
        f"{spec.name}: {len(evidence.dataset.frame):,} rows, {trained.task}. "
        f"The {main}, the whole story `reports/report.html`.",
        *([f"Chosen: {trained.choice}."] if trained.choice else []),
        *(f"Note: {warning}" for warning in evidence.warnings),
        _metrics(trained),
        _ranking(trained),
    )
    return "\n\n".join(parts)[:LIMIT]


def winner(trained: Trained) -> Candidate | None:
    """The candidate whose model this is: the comparison's first, or what was made of it."""
    return next((c for c in trained.candidates if c.id == trained.model_id), None)


def _metrics(trained: Trained) -> str:
    best = winner(trained)
    means = best.metrics if best else {}
    names = dict.fromkeys([*means, *trained.holdout])
    rows = [(n, _shown(means.get(n)), _shown(trained.holdout.get(n))) for n in names]
    return _table(("metric", "cross-validation", "holdout"), rows)


def _ranking(trained: Trained) -> str:
    names = list(dict.fromkeys(name for c in trained.candidates for name in c.metrics))
    graphs = COLUMNS if any(c.cost for c in trained.candidates) else ()
    blank = ("",) * len(graphs)
    rows = [
        (
            *(c.id, c.name),
            *(_shown(c.metrics.get(n)) for n in names),
            *(c.cost.texts if c.cost else blank),
        )
        for c in trained.candidates
    ]
    head = ("model", "name", *names, *graphs)
    return "Candidates by cross-validation:\n\n" + _table(head, rows)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _table(names: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    head, *body = (
        f"| {_GAP.join(cell.replace('|', '/') for cell in cells)} |" for cells in (names, *rows)
    )
    return "\n".join((head, f"|{' --- |' * len(names)}", *body))
