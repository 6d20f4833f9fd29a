"""Collects everything that the two templates say of a run."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from pipeline.export.model import list_versions
from pipeline.manifest.columns import MISSING
from pipeline.rendering.wording import (
    format_number,
    format_ratio,
    format_seconds,
    format_size,
    format_small,
)
from pipeline.report import data_summary, holdout, pipeline_in_words, result_tables, usage
from pipeline.report.findings import collect_findings, list_failing_rows
from pipeline.report.graph_diagram import count_nodes
from pipeline.report.raw_figures import collect_figures
from pipeline.report.refused_inputs import try_refused_inputs
from pipeline.track.description import find_winner
from pipeline.track.training_result import Converted, TrainingResult

MOST_FAILING = 10

Tile = tuple[str, str, str]
"""What it is, its value, and what to hold it against."""


def collect_facts(evidence: TrainingResult) -> dict[str, Any]:
    """What report.html and model_card.md say beside their pictures: values that JSON can hold.

    Without a graph `parity` is None, and the values about it are left out.
    """
    trained, spec = evidence.trained, evidence.dataset.spec
    proof = _proof(evidence) if isinstance(evidence, Converted) else _no_proof(evidence)
    return {
        "name": spec.name,
        "task": trained.task.name,
        "target": spec.target,
        "labels": trained.labels,
        "model": {"id": trained.model_id, "name": trained.model_name, "seed": trained.seed},
        "folds": evidence.config.fold,
        "source": spec.source or "not stated",
        "licence": spec.licence or "not stated",
        "tiles": build_tiles(evidence),
        "audit": evidence.audit.record,
        "findings": [asdict(finding) for finding in collect_findings(evidence)],
        "metrics": asdict(result_tables.tabulate_metrics(evidence)),
        "leaderboard": asdict(result_tables.tabulate_leaderboard(evidence)),
        "graphs": asdict(result_tables.tabulate_graphs(evidence)),
        "decisive": trained.metric.column,
        "threshold": holdout.find_threshold(evidence),
        "data": _data(evidence),
        "figures": collect_figures(evidence),
        "steps": pipeline_in_words.describe_steps(evidence),
        "reproduce": usage.compose_train_command(evidence),
        "versions": list_versions(),
        **proof,
    }


def _proof(evidence: Converted) -> dict[str, Any]:
    """Values about the graph and the proof of it."""
    manifest, parity = evidence.model.manifest, evidence.parity
    return {
        "parity": {"passed": parity.passed, **parity.summary},
        "headline": "parity passed" if parity.passed else "parity FAILED",
        "said": _describe_proof(evidence),
        "failing": [_explain_failing(row) for row in list_failing_rows(evidence)[:MOST_FAILING]],
        "failing_more": max(0, len(list_failing_rows(evidence)) - MOST_FAILING),
        "by_kind": asdict(result_tables.tabulate_parity_by_kind(evidence)),
        "by_column": asdict(result_tables.tabulate_parity_by_column(evidence)),
        "combinations": len(parity.table),
        "worst": asdict(result_tables.tabulate_worst_rows(evidence)),
        "rules": _rules(evidence),
        "refused": asdict(try_refused_inputs(evidence)),
        "missing_as": [(k, MISSING[k]) for k in MISSING if k in _kinds(evidence)],
        "usage": [asdict(way) for way in usage.list_usages(evidence)],
        "graph": f"{_nodes(evidence):,} nodes, {format_size(len(evidence.model.data))}",
        "manifest": json.loads(manifest.to_json()),
    }


def _describe_proof(evidence: Converted) -> str:
    """What follows on "predicts what PyCaret predicts", or does not."""
    summary = evidence.parity.summary
    if not evidence.parity.passed:
        return evidence.text.removeprefix("parity FAILED ")
    flips = "; no label differs" if evidence.trained.task.predicts == "classes" else ""
    return (
        f"on {int(summary['rows_table']):,} rows of the table and on "
        f"{int(summary['rows_hostile']):,} rows made to break it{flips}"
    )


def _explain_failing(row: Mapping[str, Any]) -> dict[str, Any]:
    return {**row, "meaning": result_tables.KINDS.get(row["kind"], "")}


def _no_proof(evidence: TrainingResult) -> dict[str, Any]:
    return {
        "parity": None,
        "manifest": None,
        "headline": "nothing learned" if evidence.trained.nothing_learned else "no ONNX",
        "said": evidence.text.removeprefix("no ONNX: "),
        "failing": [],
    }


def build_tiles(evidence: TrainingResult) -> tuple[Tile, ...]:
    """The figures that come first."""
    trained, name = evidence.trained, evidence.trained.metric.column
    best = find_winner(trained)
    mean = best.metrics.get(name) if best else None
    spread = best.spread.get(name) if best else None
    folds = "" if spread is None else f"± {format_number(spread)} over {evidence.config.fold} folds"
    found = []
    if mean is not None and not math.isnan(mean):
        found.append((f"{name}, cross-validation", format_number(mean), folds))
    if not math.isnan(value := trained.holdout.get(name, math.nan)):
        held = f"{len(trained.holdout_predictions):,} rows the model had not seen"
        found.append((f"{name}, holdout", format_number(value), held))
    if isinstance(evidence, Converted):
        return (*found, *_graph_tiles(evidence))
    return (*found, ("pickle", _pickle(evidence), "needs PyCaret to predict"))


def _graph_tiles(evidence: Converted) -> tuple[Tile, ...]:
    summary = evidence.parity.summary
    error = max(float(summary["max_error_table"]), float(summary["max_error_hostile"]))
    rows = int(summary["rows_table"]) + int(summary["rows_hostile"])
    bounds = [float(row["bound"]) for row in evidence.parity.table]
    wider = min(bounds) < error and min(bounds) < max(bounds)
    allowed = f"up to {format_small(max(bounds))}" if wider else format_small(min(bounds))
    return (
        ("largest error", format_small(error), f"{allowed} allowed, {rows:,} rows"),
        *_speed_tile(evidence),
        ("ONNX file", format_size(len(evidence.model.data)), f"the pickle: {_pickle(evidence)}"),
    )


def _speed_tile(evidence: Converted) -> Iterator[Tile]:
    """One row in the graph against PyCaret, both measured in this training."""
    best, theirs = find_winner(evidence.trained), evidence.pycaret_seconds
    if best is None or best.cost is None or not best.cost.convertible:
        return
    ours = best.cost.microseconds_per_row / 1e6
    beside = "one thread, inputs at hand"
    if theirs is not None:
        beside = (
            f"predict_model: {format_seconds(theirs)}, {format_ratio(theirs / ours)} times as long"
        )
    yield ("one row", format_seconds(ours), beside)


def _pickle(evidence: TrainingResult) -> str:
    """How large PyCaret's own file is."""
    return format_size((evidence.folder / "pickle" / "pipeline.pkl").stat().st_size)


def _nodes(evidence: Converted) -> int:
    return count_nodes(evidence.model.conversion.model.graph)


def _data(evidence: TrainingResult) -> dict[str, Any]:
    dataset = evidence.dataset
    return {
        "file": dataset.path.name,
        "rows": f"{len(dataset.frame):,}",
        "held": f"{len(evidence.trained.holdout_predictions):,}",
        "features": f"{len(dataset.features):,}",
        "kinds": data_summary.count_kinds(dataset),
        "split": asdict(data_summary.summarize_split(evidence)),
        "columns": asdict(data_summary.summarize_columns(dataset)),
        "columns_more": max(0, len(dataset.features) - data_summary.MOST_COLUMNS),
        "missing": data_summary.count_missing_columns(dataset),
        "target": asdict(data_summary.summarize_target(dataset)),
        "sha256": dataset.sha256,
    }


def _rules(evidence: Converted) -> Sequence[tuple[str, str]]:
    """The manifest's rules for the kinds that this model takes, and those for all."""
    absent = set(MISSING) - _kinds(evidence)
    return [(k, v) for k, v in evidence.model.manifest.rules.items() if k not in absent]


def _kinds(evidence: Converted) -> set[str]:
    return {column.kind for column in evidence.model.manifest.inputs}
