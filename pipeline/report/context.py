"""Everything that the two templates say of a run, as plain words and tables."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pipeline.export.model import versions
from pipeline.manifest import MISSING
from pipeline.rendering.wording import duration, number, size, small, times
from pipeline.report import data_summary, holdout, pipeline_in_words, result_tables, segments, usage
from pipeline.report.findings import decisive, failing, findings
from pipeline.report.graph_diagram import count
from pipeline.report.raw_figures import figures
from pipeline.report.refused_inputs import refused
from pipeline.tracking.description import winner
from pipeline.tracking.training_result import Evidence, Training

MOST_FAILING = 10

Tile = tuple[str, str, str]
"""What it is, its value, and what to hold it against."""


def facts(evidence: Training) -> dict[str, Any]:
    """What report.html and model_card.md say beside their pictures: values that JSON can hold.

    Without a graph `parity` is None, and the values about it are left out.
    """
    trained, spec = evidence.trained, evidence.dataset.spec
    proof = _proof(evidence) if isinstance(evidence, Evidence) else _no_proof(evidence)
    return {
        "name": spec.name,
        "task": trained.task.name,
        "target": spec.target,
        "labels": trained.labels,
        "model": {"id": trained.model_id, "name": trained.model_name, "seed": trained.seed},
        "folds": evidence.config.fold,
        "source": spec.source or "not stated",
        "licence": spec.licence or "not stated",
        "tiles": tiles(evidence),
        "audit": evidence.audit.record,
        "findings": [asdict(finding) for finding in findings(evidence)],
        "metrics": asdict(result_tables.metrics(evidence)),
        "leaderboard": asdict(result_tables.leaderboard(evidence)),
        "graphs": asdict(result_tables.graphs(evidence)),
        "decisive": decisive(evidence),
        "threshold": holdout.threshold(evidence),
        "segments": segments.told(evidence),
        "data": _data(evidence),
        "figures": figures(evidence),
        "steps": pipeline_in_words.steps(evidence),
        "reproduce": usage.reproduce_command(evidence),
        "versions": versions(),
        **proof,
    }


def _proof(evidence: Evidence) -> dict[str, Any]:
    """Values about the graph and the proof of it."""
    manifest, parity = evidence.model.manifest, evidence.parity
    return {
        "parity": {"passed": parity.passed, **parity.summary},
        "headline": "parity passed" if parity.passed else "parity FAILED",
        "said": _said(evidence),
        "failing": [_failing(row) for row in failing(evidence)[:MOST_FAILING]],
        "failing_more": max(0, len(failing(evidence)) - MOST_FAILING),
        "by_kind": asdict(result_tables.parity_by_kind(evidence)),
        "by_column": asdict(result_tables.parity_by_column(evidence)),
        "combinations": len(parity.table),
        "worst": asdict(result_tables.worst(evidence)),
        "rules": _rules(evidence),
        "refused": asdict(refused(evidence)),
        "missing_as": [(k, MISSING[k]) for k in MISSING if k in _kinds(evidence)],
        "usage": [asdict(way) for way in usage.ways(evidence)],
        "graph": f"{_nodes(evidence):,} nodes, {size(len(evidence.model.data))}",
        "manifest": json.loads(manifest.to_json()),
    }


def _said(evidence: Evidence) -> str:
    """What follows on "predicts what PyCaret predicts", or does not."""
    summary = evidence.parity.summary
    if not evidence.parity.passed:
        return evidence.text.removeprefix("parity FAILED ")
    flips = "; no label differs" if evidence.trained.task.predicts == "classes" else ""
    return (
        f"on {int(summary['rows_table']):,} rows of the table and on "
        f"{int(summary['rows_hostile']):,} rows made to break it{flips}"
    )


def _failing(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "meaning": result_tables.KINDS.get(row["kind"], "")}


def _no_proof(evidence: Training) -> dict[str, Any]:
    return {
        "parity": None,
        "manifest": None,
        "headline": "nothing learned" if evidence.trained.nothing_learned else "no ONNX",
        "said": evidence.text.removeprefix("no ONNX: "),
        "failing": [],
    }


def tiles(evidence: Training) -> tuple[Tile, ...]:
    """The figures that come first."""
    trained, name = evidence.trained, decisive(evidence)
    best = winner(trained)
    mean = best.metrics.get(name) if best else None
    spread = best.spread.get(name) if best else None
    folds = "" if spread is None else f"± {number(spread)} over {evidence.config.fold} folds"
    found = []
    if mean is not None and not math.isnan(mean):
        found.append((f"{name}, cross-validation", number(mean), folds))
    if not math.isnan(value := trained.holdout.get(name, math.nan)):
        held = f"{len(trained.holdout_predictions):,} rows the model had not seen"
        found.append((f"{name}, holdout", number(value), held))
    if isinstance(evidence, Evidence):
        return (*found, *_graph_tiles(evidence))
    return (*found, ("pickle", _pickle(evidence), "needs PyCaret to predict"))


def _graph_tiles(evidence: Evidence) -> tuple[Tile, ...]:
    summary = evidence.parity.summary
    error = max(float(summary["max_error_table"]), float(summary["max_error_hostile"]))
    rows = int(summary["rows_table"]) + int(summary["rows_hostile"])
    bounds = [float(row["bound"]) for row in evidence.parity.table]
    wider = min(bounds) < error and min(bounds) < max(bounds)
    allowed = f"up to {small(max(bounds))}" if wider else small(min(bounds))
    return (
        ("largest error", small(error), f"{allowed} allowed, {rows:,} rows"),
        *_speed_tile(evidence),
        ("ONNX file", size(len(evidence.model.data)), f"the pickle: {_pickle(evidence)}"),
    )


def _speed_tile(evidence: Evidence) -> Iterator[Tile]:
    """One row in the graph against PyCaret, both measured in this training."""
    best, theirs = winner(evidence.trained), evidence.pycaret_seconds
    if best is None or best.cost is None or not best.cost.convertible:
        return
    ours = best.cost.microseconds_per_row / 1e6
    beside = "one thread, inputs at hand"
    if theirs is not None:
        beside = f"predict_model: {duration(theirs)}, {times(theirs / ours)} times as long"
    yield ("one row", duration(ours), beside)


def _pickle(evidence: Training) -> str:
    """How large PyCaret's own file is."""
    return size((evidence.folder / "pickle" / "pipeline.pkl").stat().st_size)


def _nodes(evidence: Evidence) -> int:
    return count(evidence.model.conversion.model.graph)


def _data(evidence: Training) -> dict[str, Any]:
    dataset = evidence.dataset
    return {
        "file": dataset.path.name,
        "rows": f"{len(dataset.frame):,}",
        "held": f"{len(evidence.trained.holdout_predictions):,}",
        "features": f"{len(dataset.features):,}",
        "kinds": data_summary.kinds(dataset),
        "split": asdict(data_summary.split(evidence)),
        "columns": asdict(data_summary.columns(dataset)),
        "columns_more": max(0, len(dataset.features) - data_summary.MOST_COLUMNS),
        "missing": data_summary.missing(dataset),
        "target": asdict(data_summary.target(dataset)),
        "sha256": dataset.sha256,
    }


def _rules(evidence: Evidence) -> Sequence[tuple[str, str]]:
    """The manifest's rules for the kinds that this model takes, and those for all."""
    absent = set(MISSING) - _kinds(evidence)
    return [(k, v) for k, v in evidence.model.manifest.rules.items() if k not in absent]


def _kinds(evidence: Evidence) -> set[str]:
    return {column.kind for column in evidence.model.manifest.inputs}
