"""Small models as a run leaves them in `onnx/`: with manifest, golden rows and feed cases."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import onnx

from pipeline.export.feed_contract import describe_feed, render_feed_cases
from pipeline.export.model import with_metadata
from pipeline.manifest.columns import Cells, Known
from pipeline.runtime import integrity
from pipeline.runtime.scorer import Scorer
from tests import small_models

ROWS: dict[str, list[Any]] = {
    "body mass [kg]": [70.5, None, -1e30, 5e-324, 100.0, 12.0],
    "smoker": ["yes", None, "no", "YES", "ü 🙂", " yes"],
    "member": [True, False, True, False, True, True],
    "joined": [
        "2021-03-04",
        None,
        "1969-12-31T23:59:59.999999999",
        "2000-02-29",
        None,
        "1678-01-01",
    ],
}
KNOWN = {
    "body mass [kg]": Known(None, 1.0, 120.0, missing=True),
    "smoker": Known(("no", "yes"), missing=True),
    "member": Known(),
    "joined": Known(None, 0, 1, missing=True),
}
CELLS = {"joined": Cells(dates="%d.%m.%Y")}


def regression(folder: Path, **changes: Any) -> Path:
    """`model.onnx` of y = mass + smoker + member + days in a folder, with all that lies beside."""
    return _written(folder, small_models.regression(), **changes)


def classification(folder: Path, labels: tuple[str, ...] | tuple[int, ...], **changes: Any) -> Path:
    """`model.onnx` that knows heavy from light in a folder, with all that lies beside."""
    return _written(folder, small_models.classification(labels), **changes)


KINDS: Mapping[str, Callable[[Path], Path]] = {
    "numbers": regression,
    "words": lambda folder: classification(folder, ("no", "yes")),
    "whole": lambda folder: classification(folder, (0, 1, 2)),
}
"""Models of every kind of answer."""


def _written(folder: Path, model: bytes, **changes: Any) -> Path:
    plain = Scorer(model).manifest
    inputs = tuple(
        replace(each, cells=CELLS.get(each.name, Cells()), known=KNOWN[each.name])
        for each in plain.inputs
    )
    manifest = replace(plain, **{"inputs": inputs, "feed": describe_feed(inputs), **changes})
    data = with_metadata(onnx.load_from_string(model), manifest)
    answers = Scorer(data).predict({each.name: ROWS[each.name] for each in manifest.inputs})
    expected = {name: values.tolist() for name, values in answers.items()}
    golden = {
        "tolerance": 1e-9,
        "scale": 1.0,
        "kinds": ["table"] * len(ROWS["smoker"]),
        "inputs": {each.name: ROWS[each.name] for each in manifest.inputs},
        "expected": expected,
        "graph": {"tolerance": 1e-12, "expected": expected},
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(data)
    (folder / "manifest.json").write_text(manifest.to_json(), encoding="utf-8")
    (folder / "golden.json").write_text(json.dumps(golden), encoding="utf-8")
    (folder / "feed_cases.json").write_text(render_feed_cases(manifest.inputs), encoding="utf-8")
    integrity.write_checksums(folder)
    return folder / "model.onnx"
