"""What a model page holds: the model as its engine takes it, its manifest, and its proof."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np

from pipeline.manifest import Manifest
from pipeline.model_page.graph_json import UnsupportedGraphError, write_graph
from pipeline.runtime.grammar import find_worded_date
from pipeline.runtime.scorer import Scorer

LARGEST = 24_000_000
"""Bytes of a model; a page with a larger one takes long to write and to open."""
_KEPT = (
    *("name", "task", "target", "model_id", "model_name", "inputs", "labels", "ignored"),
    *("required", "feed", "dictionary", "run_id", "verdict"),
)


def find_feed_obstacle(manifest: Manifest) -> str:
    """Why JavaScript cannot build this model's tensors; empty if it can."""
    if not manifest.feed:
        return "the model is from before there was a feed contract"
    if found := find_worded_date(manifest.feed):
        return f"dates in {found[0]!r} are written as {found[1]}, not in digits alone"
    return ""


def describe_model(manifest: Manifest, hidden: Sequence[str]) -> dict[str, Any]:
    """The manifest as the page takes it, integers beyond 2**53 as text, and the hidden columns."""
    record = json.loads(manifest.to_json(None))
    for each in record["inputs"]:
        if each["kind"] == "date" and each["known"] and each["known"]["minimum"] is not None:
            for end in ("minimum", "maximum"):
                each["known"][end] = str(each["known"][end])
    return {"manifest": {name: record[name] for name in _KEPT}, "hidden": [*hidden]}


def describe_graph(model: bytes, manifest: Manifest) -> dict[str, Any]:
    """The model for the page's own evaluator.

    Raises:
        UnsupportedGraphError: the evaluator cannot run it.
    """
    import onnx

    if len(model) > LARGEST:
        raise UnsupportedGraphError(
            f"the model is {len(model) / 1e6:.0f} MB, and a page takes up to {LARGEST / 1e6:.0f} MB"
        )
    return {
        "runtime": "own evaluator",
        "graph": write_graph(onnx.load_from_string(model).graph),
        "inputs": {each.name: each.kind for each in manifest.inputs},
    }


def withhold_columns(model: bytes, golden: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The golden rows with some columns left empty, and what the graph answers then.

    PyCaret was never asked about such rows: the graph's answers stand for its own as well. Nor
    are there warnings to replay.
    """
    if not names:
        return golden
    count = len(golden["kinds"])
    inputs = {k: [None] * count if k in names else v for k, v in golden["inputs"].items()}
    answers = Scorer(model).predict(inputs)
    expected = {name: _listed(values) for name, values in answers.items()}
    graph = {**golden["graph"], "expected": expected}
    kept = {name: value for name, value in golden.items() if name != "warnings"}
    return {**kept, "inputs": inputs, "expected": expected, "graph": graph}


def _listed(values: np.ndarray[Any, Any]) -> list[Any]:
    """Nested lists; NaN is None."""
    if values.dtype.kind == "f":
        values = np.where(np.isnan(values), np.array(None), values.astype(object))
    return list(values.tolist())
