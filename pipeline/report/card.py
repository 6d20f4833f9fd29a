"""Report, card: everything that the two templates show, as plain words and tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.export import versions
from pipeline.manifest import MISSING
from pipeline.report import contents, results, usage
from pipeline.report.diagram import count
from pipeline.report.findings import decisive, failing, findings
from pipeline.report.picture import draw
from pipeline.report.wording import markdown, number, size, small
from pipeline.tracking.evidence import Evidence, Training
from pipeline.tracking.note import winner

if TYPE_CHECKING:
    import jinja2

TEMPLATES = Path(__file__).with_name("templates")
MOST_FAILING = 10

Tile = tuple[str, str, str]
"""What it is, its value, and what to hold it against."""


def context(evidence: Training) -> dict[str, Any]:
    """Values for report.html and model_card.md: text, numbers and tables only.

    Without a graph `manifest` and `parity` are None, and the values about them are left out.
    """
    proof = _proof(evidence) if isinstance(evidence, Evidence) else _no_proof(evidence)
    return {
        "evidence": evidence,
        "trained": evidence.trained,
        "spec": evidence.dataset.spec,
        "tiles": tiles(evidence),
        "findings": findings(evidence),
        "metrics": results.metrics(evidence),
        "leaderboard": results.leaderboard(evidence),
        "graphs": results.graphs(evidence),
        "decisive": decisive(evidence),
        "data": _data(evidence),
        "reproduce": usage.reproduce_command(evidence),
        "versions": versions(),
        **proof,
    }


def _proof(evidence: Evidence) -> dict[str, Any]:
    """Values about the graph and the proof of it."""
    manifest, model = evidence.model.manifest, evidence.model.conversion.model
    return {
        "manifest": manifest,
        "parity": evidence.parity,
        "headline": "parity passed" if evidence.parity.passed else "parity FAILED",
        "said": evidence.text.removeprefix("parity passed ").removeprefix("parity FAILED "),
        "failing": failing(evidence)[:MOST_FAILING],
        "failing_more": max(0, len(failing(evidence)) - MOST_FAILING),
        "by_kind": results.parity_by_kind(evidence),
        "by_column": results.parity_by_column(evidence),
        "worst": results.worst(evidence),
        "rules": _rules(evidence),
        "missing_as": [(k, MISSING[k]) for k in MISSING if k in _kinds(evidence)],
        "usage": _usage(evidence),
        "graph": f"{_nodes(evidence):,} nodes, {size(len(evidence.model.data))}",
        "graph_svg": draw(model, manifest.inputs, manifest.outputs),
    }


def _no_proof(evidence: Training) -> dict[str, Any]:
    said = evidence.text.removeprefix("no ONNX: ")
    return {
        "manifest": None,
        "parity": None,
        "headline": "no ONNX",
        "said": said,
        "failing": [],
        "graph_svg": "",
    }


def tiles(evidence: Training) -> tuple[Tile, ...]:
    """The figures that come first."""
    trained, name = evidence.trained, decisive(evidence)
    best = winner(trained)
    mean = best.metrics.get(name) if best else None
    spread = best.spread.get(name) if best else None
    folds = f"{evidence.config.fold} folds" if spread is not None else "no spread"
    value = "" if spread is None else f" ± {number(spread)}"
    found = [] if mean is None else [(f"{name}, cross-validation", f"{number(mean)}{value}", folds)]
    if name in trained.holdout:
        held = f"{len(trained.holdout_predictions):,} rows the model had not seen"
        found.append((f"{name}, holdout", number(trained.holdout[name]), held))
    return (*found, *_graph_tiles(evidence)) if isinstance(evidence, Evidence) else tuple(found)


def _graph_tiles(evidence: Evidence) -> tuple[Tile, ...]:
    summary = evidence.parity.summary
    error = max(float(summary["max_error_table"]), float(summary["max_error_hostile"]))
    rows = int(summary["rows_table"]) + int(summary["rows_hostile"])
    return (
        ("largest error", small(error), f"{small(float(summary['bound']))} allowed, {rows:,} rows"),
        ("ONNX file", size(len(evidence.model.data)), f"{_nodes(evidence):,} nodes"),
    )


def environment() -> jinja2.Environment:
    """Templates of this package; HTML escapes everything, Markdown escapes with `| md`."""
    import jinja2

    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(md=markdown, small=small, number=number)
    return made


def _nodes(evidence: Evidence) -> int:
    return count(evidence.model.conversion.model.graph)


def _data(evidence: Training) -> dict[str, Any]:
    dataset = evidence.dataset
    return {
        "file": dataset.path.name,
        "rows": f"{len(dataset.frame):,}",
        "held": f"{len(evidence.trained.holdout_predictions):,}",
        "features": f"{len(dataset.features):,}",
        "columns": contents.columns(dataset),
        "columns_more": max(0, len(dataset.features) - contents.MOST_COLUMNS),
        "missing": contents.missing(dataset),
        "target": contents.target(dataset),
        "sha256": dataset.sha256,
    }


def _rules(evidence: Evidence) -> Sequence[tuple[str, str]]:
    """The manifest's rules for the kinds that this model takes, and those for all."""
    absent = set(MISSING) - _kinds(evidence)
    return [(k, v) for k, v in evidence.model.manifest.rules.items() if k not in absent]


def _kinds(evidence: Evidence) -> set[str]:
    return {column.kind for column in evidence.model.manifest.inputs}


def _usage(evidence: Evidence) -> dict[str, Any]:
    return {
        "snippets": usage.snippets(evidence),
        "score": usage.score_command(),
        "registered": usage.registered(evidence),
    }
