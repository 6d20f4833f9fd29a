"""A run's description, as MLflow shows it on the run's page."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.experiment import Candidate, Trained
    from pipeline.record import Evidence

LIMIT = 8000
"""MLflow's longest tag value; the description is a tag."""


def note(evidence: Evidence) -> str:
    """The description in Markdown; MLflow folds it after some lines, so the verdict comes first."""
    trained, spec = evidence.trained, evidence.dataset.spec
    head = "Parity passed" if evidence.parity.passed else "PARITY FAILED, not registered"
    parts = (
        f"**{head}.** {evidence.parity.text}",
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
    return _table(("model", "name", *names), rows)


def _shown(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '/') for cell in line)} |" for line in lines)
