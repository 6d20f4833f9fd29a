"""Reads what a bundle is made of: a proven graph, its manifest, golden rows and feed cases."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pipeline.errors import DataError, GateError
from pipeline.manifest import TENSORS_KEY
from pipeline.manifest.tensors import TensorManifest
from pipeline.runtime import integrity
from pipeline.runtime.grammar import find_worded_date
from pipeline.runtime.scorer import Scorer
from pipeline.runtime.session import open_session

if TYPE_CHECKING:
    from pipeline.manifest import Manifest

GOLDEN, CASES = "golden.json", "feed_cases.json"

_HINT = "Give the model as it was logged: models:/NAME@ALIAS, or onnx/model.onnx of a run"


@dataclass(frozen=True)
class BundleSource:
    """A model's files as they were logged; `golden` and `cases` are JSON text."""

    model: bytes
    manifest: Manifest
    golden: str
    cases: str


@dataclass(frozen=True)
class TensorSource:
    """The files of a graph that takes tensors; `golden` is JSON text."""

    model: bytes
    manifest: TensorManifest
    golden: str


def read_tensor_source(file: Path) -> TensorSource | None:
    """The graph in a file, if it is one that takes tensors, with what lies beside it.

    Raises:
        DataError, ModelError, GateError: as `read_source` does.
    """
    integrity.verify_folder(file.parent, later=[file.name])
    model = _read(file)
    text = open_session(model).get_modelmeta().custom_metadata_map.get(TENSORS_KEY)
    if text is None:
        return None
    manifest = TensorManifest.from_json(text)
    _refuse_unproven(file, manifest.verdict)
    return TensorSource(model, manifest, _beside(file, GOLDEN))


def read_source(file: Path) -> BundleSource:
    """The model in a file, with what lies beside it.

    Raises:
        DataError: a file is missing, or not as it was logged.
        ModelError: it is no model of this project.
        GateError: its manifest does not say that it was proven.
    """
    integrity.verify_folder(file.parent, later=[file.name])
    model = _read(file)
    manifest = Scorer(model).manifest
    _refuse_unproven(file, manifest.verdict)
    if not manifest.feed:
        raise DataError(
            f"{file}: the manifest has no feed contract",
            hint="The model is from before there was one: train it again",
        )
    return BundleSource(model, manifest, _beside(file, GOLDEN), _beside(file, CASES))


def _refuse_unproven(file: Path, verdict: str) -> None:
    if verdict != "pass":
        raise GateError(
            f"{file}: the model's parity verdict is {verdict!r}, expected 'pass'",
            hint="A bundle carries its proof: train or adopt the model again and see its report",
        )


def _beside(file: Path, name: str) -> str:
    try:
        text = _read(file.with_name(name)).decode()
        json.loads(text)
    except ValueError as err:
        raise DataError(f"{file.with_name(name)}: got what is no JSON ({err})", hint=_HINT) from err
    return text


def _read(file: Path) -> bytes:
    try:
        return integrity.read_verified(file)
    except OSError as err:
        raise DataError(f"cannot read {file}: {err.strerror or err}", hint=_HINT) from err


def read_folder(folder: Path) -> dict[str, str]:
    """Text of each file of a target by its name, with those in its folders."""
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {
        file.relative_to(folder).as_posix(): file.read_text(encoding="utf-8")
        for file in files
        if "__pycache__" not in file.parts
    }


def describe_for_readme(source: BundleSource) -> dict[str, str]:
    """What every README says of its model, by the words of the template."""
    manifest = source.manifest
    return {
        "name": manifest.name,
        "model": manifest.model_name,
        "target": manifest.target,
        "size": f"{len(source.model) / 1000:,.1f}",
        "rows": str(len(json.loads(source.golden)["kinds"])),
    }


def find_label_kind(manifest: Manifest) -> Literal["number", "text", "integer"]:
    """What a typed answer holds as its label."""
    if manifest.labels is None or isinstance(manifest.labels[0], float):
        return "number"
    return "text" if isinstance(manifest.labels[0], str) else "integer"


def pick_example_row(source: BundleSource) -> dict[str, Any]:
    """The first row of the training table among the golden rows, as JSON has its cells."""
    golden = json.loads(source.golden)
    place = golden["kinds"].index("table") if "table" in golden["kinds"] else 0
    return {each.name: golden["inputs"][each.name][place] for each in source.manifest.inputs}


def refuse_worded_dates(manifest: Manifest) -> None:
    """Raise a DataError for a date format that has no grammar, as only Python reads it."""
    if found := find_worded_date(manifest.feed):
        name, form = found
        raise DataError(
            f"column {name!r}: dates are written as {form}, expected year, month and day in digits",
            hint="Bundle it --for python, or train with such dates",
        )
