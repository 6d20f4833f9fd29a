"""Verifies the bundle in this folder with onnx's ReferenceEvaluator, and without onnxruntime.

`python -m pipeline.conformance.reference [--measure]` ends as every verify does, and with 4 where
the graph has an operator that the standard does not define.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import onnx
from onnx.reference import ReferenceEvaluator

from pipeline.bundle import python
from pipeline.convert.graph.graph import iterate_nodes
from pipeline.manifest import Manifest
from pipeline.runtime.feeds import make_feed
from pipeline.runtime.table_columns import Tensor

_STANDARD = ("", "ai.onnx", "ai.onnx.ml")
_ROWS = 20
"""How many rows are timed alone."""


class ReferenceScorer:
    """A model as the standard defines it; of `Scorer`, what verify asks for."""

    def __init__(self, model: onnx.ModelProto, manifest: Manifest) -> None:
        self.manifest = manifest
        self._evaluator = ReferenceEvaluator(model)

    def predict(self, columns: Mapping[str, Any]) -> dict[str, Tensor]:
        """Predict N rows, given by columns of N cells each."""
        return self._run([output.name for output in self.manifest.outputs], self.feeds(columns))

    def feeds(self, columns: Mapping[str, Any]) -> dict[str, Tensor]:
        """The tensor of each input, (N, 1)."""
        inputs = self.manifest.inputs
        return {column.name: make_feed(column, columns[column.name]) for column in inputs}

    def run_masks(self, feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        """The masks of a graph that warns."""
        return self._run([mask.name for mask in self.manifest.warnings], feeds)

    def _run(self, names: Sequence[str], feeds: Mapping[str, Tensor]) -> dict[str, Tensor]:
        return dict(zip(names, self._evaluator.run(names, feeds), strict=True))


def find_foreign_operators(model: onnx.ModelProto) -> list[str]:
    """Operators beyond the standard, such as com.microsoft.Tokenizer."""
    nodes = iterate_nodes(model.graph.node)
    return sorted({f"{n.domain}.{n.op_type}" for n in nodes if n.domain not in _STANDARD})


def verify_reference(folder: Path, *, measured: bool) -> int:
    """Replay the proof in a folder; returns the exit code."""
    model = onnx.load(str(folder / "model.onnx"))
    if foreign := find_foreign_operators(model):
        sys.stderr.write(f"operator {', '.join(foreign)}\n")
        return 4
    start = time.perf_counter()
    manifest = Manifest.from_json((folder / "manifest.json").read_text(encoding="utf-8"))
    scorer = ReferenceScorer(model, manifest)
    open_ms = (time.perf_counter() - start) * 1e3
    golden, cases = (
        json.loads((folder / name).read_text(encoding="utf-8"))
        for name in ("golden.json", "feed_cases.json")
    )
    verifier = _import_verifier()
    found = {
        "runtime": f"onnx {onnx.__version__}",
        "cells": verifier.find_wrong_cells(cases),
        "rows": verifier.replay_rows(scorer, golden),
    }
    if measured:
        times = list(_time_rows(scorer, golden["inputs"], verifier.take_rows))
        found["speed"] = {"open_ms": open_ms, "row_us": statistics.median(times) * 1e6}
    sys.stdout.write(f"{json.dumps(found)}\n")
    return 0 if verifier.is_proven(found, golden) else 5


def _time_rows(scorer: ReferenceScorer, columns: Mapping[str, Any], take_rows: Any) -> Any:
    total = len(next(iter(columns.values())))
    for place in range(min(_ROWS, total)):
        row = take_rows(columns, slice(place, place + 1))
        start = time.perf_counter()
        scorer.predict(row)
        yield time.perf_counter() - start


def _import_verifier() -> Any:
    """The verify of the bundle for Python; it stands alone, so it is found by its folder."""
    sys.path.insert(0, str(Path(python.__file__).parent / "files"))
    return importlib.import_module("verify")


if __name__ == "__main__":
    sys.modules["onnxruntime"] = None  # type: ignore[assignment]  # whoever asks for it fails
    sys.exit(verify_reference(Path.cwd(), measured="--measure" in sys.argv))
