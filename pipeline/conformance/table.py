"""The table runtime × what it has shown: as text, as Markdown and as JSON."""

from __future__ import annotations

import hashlib
import math
import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from pipeline.bundle.model_files import BundleSource
from pipeline.conformance.check import RuntimeOutcome, RuntimeVerdict

COLUMNS = (
    *("runtime", "version", "rows", "flips", "from PyCaret", "from the graph", "wrong cells"),
    *("1 row, µs", "10,000 rows, ms", "open, ms", "MB", "verdict"),
)
_SHOWN = 100


def compose_record(source: BundleSource, outcomes: Sequence[RuntimeOutcome]) -> dict[str, Any]:
    """All that was found, as JSON can have it: what is infinite or not known is null."""
    manifest = source.manifest
    return {
        "name": manifest.name,
        "model": manifest.model_name,
        "target": manifest.target,
        "sha256": hashlib.sha256(source.model).hexdigest(),
        "minimum_onnxruntime": manifest.minimum_onnxruntime,
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores",
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "runtimes": [_describe(outcome) for outcome in outcomes],
    }


def _describe(outcome: RuntimeOutcome) -> dict[str, Any]:
    found: dict[str, Any] = {
        "runtime": outcome.runtime,
        "verdict": outcome.verdict.value,
        "text": outcome.text,
    }
    if (proof := outcome.proof) is not None:
        rows = proof.rows
        found |= {"version": proof.runtime, "rows": rows.count, "flips": rows.flips}
        found |= {"error": _finite(rows.error), "graph_error": _finite(rows.graph_error)}
        found |= {"cells": proof.cells.count, "wrong": len(proof.cells.wrong)}
        speed = proof.speed
        found |= {"row_us": _finite(speed.row_us), "batch_ms": _finite(speed.batch_ms)}
        found |= {"open_ms": _finite(speed.open_ms), "bytes": outcome.size}
        found |= {"seconds": outcome.seconds}
    if outcome.words:
        found["words"] = list(outcome.words)
    return found


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def format_row(found: dict[str, Any]) -> list[str]:
    """The cells of one runtime under `COLUMNS`, from its part of the record."""
    verdict = f"{found['verdict']}: {found['text']}" if found["text"] else found["verdict"]
    verdict = " ".join(verdict.split())
    shown = (
        verdict
        if len(verdict) <= _SHOWN or found["verdict"] == RuntimeVerdict.absent
        else (f"{verdict[:_SHOWN]}…")
    )
    if "rows" not in found:
        return [found["runtime"], *["-"] * (len(COLUMNS) - 2), shown]
    errors = ("inf" if (e := found[k]) is None else f"{e:.1e}" for k in ("error", "graph_error"))
    size = found["bytes"] / 1e6
    return [
        *(found["runtime"], found["version"], f"{found['rows']:,}", f"{found['flips']:,}"),
        *errors,
        f"{found['wrong']} of {found['cells']}",
        *(_number(found[key]) for key in ("row_us", "batch_ms", "open_ms")),
        f"{size:.1f}" if size >= 0.1 else f"{size:.2f}",
        shown,
    ]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f}"


def render_markdown(record: dict[str, Any]) -> str:
    """The record as a page."""
    lines = [COLUMNS, ["---"] * len(COLUMNS), *map(format_row, record["runtimes"])]
    table = "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines
    )
    return (
        f"# Conformance of {record['name']}\n\n"
        f"{record['model']} for {record['target']}, sha256 {record['sha256'][:12]}…, on "
        f"{record['date']} ({record['machine']}). The model needs onnxruntime "
        f"{record['minimum_onnxruntime']} or newer.\n\n{table}\n"
    )


def summarise(outcomes: Sequence[RuntimeOutcome]) -> str:
    """One line for a tag: how many runtimes have passed, and which differ or have failed."""
    ran = [
        o
        for o in outcomes
        if o.verdict in (RuntimeVerdict.passed, RuntimeVerdict.differs, RuntimeVerdict.failed)
    ]
    passed = sum(o.verdict is RuntimeVerdict.passed for o in ran)
    bad = [f"{o.runtime} {o.verdict.value}" for o in ran if o.verdict is not RuntimeVerdict.passed]
    return ", ".join([f"pass on {passed} of {len(ran)} runtimes", *bad])
