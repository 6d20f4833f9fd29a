"""A run's description, as MLflow shows it on the run's page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.experiment import Candidate, Trained
    from pipeline.tracking.record import Evidence

LIMIT = 8000
"""MLflow's longest tag value; the description is a tag."""


_GAP = "\N{NO-BREAK SPACE} | "  # MLflow's page leaves no room between columns


def note(evidence: Evidence) -> str:
    """The description in Markdown; MLflow folds it after some lines, so the verdict comes first."""
    trained, spec = evidence.trained, evidence.dataset.spec
    text = evidence.parity.text
    refusal = "" if evidence.parity.passed else " Not registered."
    parts = (
        f"**{text[:1].upper()}{text[1:].removesuffix('.')}.**{refusal}",
        f"**{trained.model_name}** (`{trained.model_id}`) predicts `{spec.target}` of "
        f"{spec.name}: {len(evidence.dataset.frame):,} rows, {trained.task}. "
        "The graph is `onnx/model.onnx`, the whole story `reports/report.html`.",
        _metrics(trained),
        _ranking(trained),
    )
    return "\n\n".join(parts)[:LIMIT]


def winner(trained: Trained) -> Candidate | None:
    """The candidate that won, or None when another step made the model."""
    return next((c for c in trained.candidates if c.id == trained.model_id), None)


def _metrics(trained: Trained) -> str:
    best = winner(trained)
    means = best.metrics if best else {}
    names = dict.fromkeys([*means, *trained.holdout])
    rows = [(n, _shown(means.get(n)), _shown(trained.holdout.get(n))) for n in names]
    return _table(("metric", "cross-validation", "holdout"), rows)


def _ranking(trained: Trained) -> str:
    names = list(dict.fromkeys(name for c in trained.candidates for name in c.metrics))
    rows = [(c.id, c.name, *(_shown(c.metrics.get(n)) for n in names)) for c in trained.candidates]
    return "Candidates by cross-validation:\n\n" + _table(("model", "name", *names), rows)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _table(names: Sequence[str], rows: Iterable[Iterable[str]]) -> str:
    head, *body = (
        f"| {_GAP.join(cell.replace('|', '/') for cell in cells)} |" for cells in (names, *rows)
    )
    return "\n".join((head, f"|{' --- |' * len(names)}", *body))
