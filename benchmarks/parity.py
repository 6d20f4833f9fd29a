"""Parity of every model id on three tables: `python benchmarks/parity.py` writes docs/parity.md.

Each model is trained as `python -m pipeline.train --include ID` trains it, and proved the same way.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from pipeline.arguments import MODELS
from pipeline.config import TrainConfig, read_spec
from pipeline.dataset import Dataset, load

PAGE = ROOT / "docs" / "parity.md"
TABLES = ("insurance", "juice", "penguins")
NOTICE = "<!-- Written by `python benchmarks/parity.py`; do not edit. -->"
INTRODUCTION = """# Parity of every model

Each model id, trained as `--include ID` trains it, against PyCaret's `predict_model`: all rows of
the table and over 2,000 hostile rows. Errors are relative for regression and absolute for
probabilities; the bound is 1e-9, and 1e-5 / 5e-6 where PyCaret itself computes in float32
(*single*). *ties*: rows whose k-th and next neighbour are equally far. *batch*: rows that PyCaret
answers differently in another batch; the graph agrees with one of its answers. *noise*: rows whose
bound is ten times the spread of PyCaret's own answers, rounding being larger than 1e-9 there.
*refused*: rows for which PyCaret raises an error."""

COLUMNS: Mapping[str, str] = {
    "flips": "flips",
    "max_error_table": "error, table",
    "max_error_hostile": "error, hostile",
    "single_precision": "single",
    "ties": "ties",
    "batch_dependent": "batch",
    "rounding_noise": "noise",
    "refused_by_pycaret": "refused",
    "nodes": "nodes",
    "onnx_bytes": "ONNX bytes",
    "pickle_bytes": "pickle bytes",
}


def cases() -> list[tuple[str, str]]:
    """Every table with every model id of its task."""
    tasks = {name: read_spec(ROOT / "datasets" / f"{name}.toml").task for name in TABLES}
    return [(name, model) for name in TABLES for model in MODELS[tasks[name]]]


def measure(name: str, model: str) -> dict[str, Any]:
    """Train, convert and verify one model; the verdict with its figures."""
    from pipeline.experiment import run_experiment
    from pipeline.export import export
    from pipeline.verify import verify

    table = _table(name)
    trained = run_experiment(table, TrainConfig(include=(model,), fold=2))
    exported = export(trained, table)
    parity = verify(exported, trained, table)
    return {
        **parity.summary,
        "verdict": "pass" if parity.passed else "FAIL",
        "text": parity.text,
        "worst": parity.worst[:5],
        "nodes": len(exported.conversion.model.graph.node),
        "onnx_bytes": len(exported.data),
        "pickle_bytes": _pickle_bytes(trained.pipeline),
    }


@cache
def _table(name: str) -> Dataset:
    return load(read_spec(ROOT / "datasets" / f"{name}.toml"))


def _pickle_bytes(pipeline: Any) -> int:
    import io

    import joblib

    buffer = io.BytesIO()
    joblib.dump(pipeline, buffer)
    return buffer.tell()


def page(measured: Mapping[tuple[str, str], Mapping[str, Any]]) -> str:
    """docs/parity.md."""
    sections = [NOTICE, INTRODUCTION]
    for name in TABLES:
        rows = [
            (f"`{model}`", figures["verdict"], *(_shown(c, figures[c]) for c in COLUMNS))
            for (table, model), figures in measured.items()
            if table == name
        ]
        sections += [f"## {name}", _markdown(("model", "verdict", *COLUMNS.values()), rows)]
    return "\n\n".join(sections) + "\n"


def _shown(column: str, value: Any) -> str:
    return f"{value:.0e}" if column.startswith("max_error") else f"{value:,}"


def _markdown(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    head = list(head)
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *rows])


def main() -> int:
    """Measure the asked cases, print each, and write the page when all were asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="append", choices=TABLES)
    parser.add_argument("--model", action="append")
    options = parser.parse_args()
    measured = {}
    for name, model in cases():
        if name not in (options.table or TABLES) or model not in (options.model or [model]):
            continue
        measured[name, model] = figures = measure(name, model)
        print(name, model, figures["text"], flush=True)
        for row in figures["worst"]:
            if row["failed"]:
                print("   ", {k: v for k, v in row.items() if k != "row"}, flush=True)
    if not options.table and not options.model:
        PAGE.write_text(page(measured), encoding="utf-8")
    return 0 if all(f["verdict"] == "pass" for f in measured.values()) else 1


if __name__ == "__main__":
    sys.exit(main())
