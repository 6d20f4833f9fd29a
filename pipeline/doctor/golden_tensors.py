"""Compares an adopted graph's answers with those of the model that it was made of."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.doctor.finding import Finding, describe_error
from pipeline.errors import ModelError
from pipeline.manifest.tensors import TensorManifest
from pipeline.runtime.session import open_session


def inspect_tensor_graph(subject: str, graph: Path, golden: Path) -> Iterator[Finding]:
    """Whether the golden rows still get the model's own answers, within the bound they came with.

    Args:
        graph: a graph that takes tensors.
        golden: its golden.json.
    """
    if not golden.is_file():
        yield Finding(subject, "note", "no golden rows to compare: no such file")
        return
    try:
        wrong = _find_wrong(graph, json.loads(golden.read_text(encoding="utf-8")))
    except Exception as err:  # noqa: BLE001  a file that somebody edited, or onnxruntime's own
        wrong = f"the golden rows cannot be scored ({describe_error(err)})"
    if wrong:
        action = "install the onnxruntime that the manifest names, then look again"
        yield Finding(subject, "problem", wrong, "the answers of the model it was made of", action)


def is_tensor_graph(folder: Path) -> bool:
    """Whether the manifest beside a graph is of one that takes tensors."""
    try:
        TensorManifest.from_json((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError, ModelError):
        return False
    return True


def _find_wrong(graph: Path, golden: Mapping[str, Any]) -> str:
    """What differs by more than the recorded bound; empty when nothing does."""
    import numpy as np

    session = open_session(graph.read_bytes())
    names = [output.name for output in session.get_outputs()]
    feeds = {name: _read_array(entry) for name, entry in golden["inputs"].items()}
    found = dict(zip(names, session.run(None, feeds), strict=True))
    for name, entry in golden["outputs"].items():
        want = _read_array(entry)
        if want.dtype.kind == "f":
            is_same = np.allclose(
                found[name], want, rtol=golden["rtol"], atol=golden["atol"], equal_nan=True
            )
        else:
            is_same = np.array_equal(found[name], want)
        if not is_same:
            return f"output {name!r} differs from that of the model"
    return ""


def _read_array(entry: Mapping[str, Any]) -> Any:
    import numpy as np

    if entry["dtype"].startswith("str"):
        return np.array(entry["values"], dtype=object)
    if entry["dtype"].startswith("float"):
        return np.array(entry["values"], dtype=np.float64).astype(entry["dtype"])
    return np.array(entry["values"], dtype=entry["dtype"])
