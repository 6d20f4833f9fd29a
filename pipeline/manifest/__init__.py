"""The manifest of a graph: its inputs, its outputs, and how far to trust it.

Standard library only, so that scoring needs neither pydantic nor anything of training.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pipeline.errors import ModelError
from pipeline.manifest.columns import Described, Input, is_grammar, is_range
from pipeline.system import typed_json
from pipeline.tasks import TASKS, TaskName, Values

METADATA_KEY = "pipeline.manifest"
"""Key of the model's own metadata entry that holds the manifest as JSON."""
TENSORS_KEY = "pipeline.tensors"
"""Key of that entry of a graph that takes tensors, not columns: `pipeline.manifest.tensors`."""

Label = str | int | float

LABEL = "prediction_label"
SCORE = "prediction_score"
"""The outputs: (N,), and (N, K) where a classifier gives probabilities."""

UNANSWERED: Mapping[str, str | int | float] = {
    "tensor(string)": "",
    "tensor(int64)": -(2**63),
    "tensor(double)": float("nan"),
}
"""The missing prediction of a row that lacks a required column, by the output's type."""


@dataclass(frozen=True)
class Output:
    """One output tensor: `prediction_label` [N] or `prediction_score` [N, K]."""

    name: str
    type: str
    shape: tuple[str | int, ...]


Warned = Literal["missing", "unseen", "range"]
WORD = 31
"""Columns of one word of a mask: its sign stays free, as R has no smallest integer."""


@dataclass(frozen=True)
class Mask:
    """An output that warns of columns, [N, W]: bit k % 31 of word k // 31 of a row is inputs[k].

    Attributes:
        warns: of what; `meaning` says it in a sentence.
    """

    name: str
    warns: Warned
    meaning: str
    type: str = "tensor(int32)"
    shape: tuple[str | int, ...] = ("N", 1)


@dataclass(frozen=True)
class Manifest:
    """Contract and provenance of one exported model.

    Attributes:
        warnings: outputs beside those, which warn of what training never saw; often none.
        labels: the classes in the order of prediction_score; None where numbers are predicted.
        ignored: columns of the training table that the model does not take; a file that is scored
            may still hold them.
        required: columns that must not be missing: a row without one has no prediction.
        requires: opsets beyond ai.onnx and ai.onnx.ml, by domain.
        feed: how a program in any language builds the tensors (docs/feed.md); empty in models from
            before it was written down.
        dictionary: what training saw of each input, by its name; empty in models from before.
        parity: the figures of the verdict.
    """

    name: str
    task: TaskName
    target: str
    model_id: str
    model_name: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    warnings: tuple[Mask, ...] = ()
    labels: tuple[Label, ...] | None = None
    ignored: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    feed: Mapping[str, Any] = field(default_factory=dict)
    dictionary: Mapping[str, Described] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    requires: Mapping[str, int] = field(default_factory=dict)
    minimum_onnxruntime: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    data_sha256: str = ""
    run_id: str | None = None
    verdict: Literal["pass", "fail", "unverified"] = "unverified"
    parity: Mapping[str, float | int | str] = field(default_factory=dict)

    @property
    def predicts(self) -> Values:
        """What `prediction_label` holds."""
        return TASKS[self.task].predicts

    @property
    def personal_columns(self) -> list[str]:
        """Columns whose values, which graph and proof hold word by word, may be personal data."""
        return [column.name for column in self.inputs if column.is_personal]

    def to_json(self, indent: int | None = 2) -> str:
        """The manifest as JSON text; each input also states its tensor type and missing value."""
        record = asdict(self)
        for entry, column in zip(record["inputs"], self.inputs, strict=True):
            entry.update(type=column.type, shape=["N", 1], missing=column.missing)
        return json.dumps(record, indent=indent, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read what `to_json` wrote; fields this version does not know are ignored.

        Raises:
            ModelError: the text is something else.
        """
        try:
            manifest: Manifest = typed_json.read_dataclass(cls, text)
            _check(manifest)
        except ValueError as err:
            raise manifest_error(str(err)) from err
        return manifest


def manifest_error(found: str) -> ModelError:
    """The refusal of a model whose manifest nobody has written as it is."""
    return ModelError(
        f"the model's manifest (metadata {METADATA_KEY!r}) is damaged: {found}",
        hint="The file was changed after its export: take it again from where it was logged, or "
        "train again",
    )


def _check(manifest: Manifest) -> None:
    """Raise a ValueError for what is typed well and describes no model that could be used."""
    names = [column.name for column in manifest.inputs]
    if not names or len(set(names)) < len(names):
        raise ValueError(f"inputs: got {len(names)} of {len(set(names))} names, expected each once")
    shapes = {output.name: output.shape for output in manifest.outputs}
    labels = manifest.labels
    label, *scores = TASKS[manifest.task].outputs
    expected: dict[str, tuple[str | int, ...]] = {label: ("N",)}
    expected |= {name: ("N", len(labels or ())) for name in scores if name in shapes}
    if shapes != expected or len(manifest.outputs) != len(expected):
        raise ValueError(f"outputs: got {shapes}, expected {expected}")
    words = ("N", -(-len(names) // WORD))
    masks = [mask.warns for mask in manifest.warnings if mask.shape == words]
    if len(masks) < len(manifest.warnings) or len(set(masks)) != len(masks):
        raise ValueError(f"warnings: got {manifest.warnings}, expected each once, of {words}")
    if (labels is not None) != (manifest.predicts == "classes"):
        raise ValueError(
            f"labels: got {labels} for {manifest.task}, expected those of a classifier"
        )
    if not re.fullmatch(r"(\d+(\.\d+)*)?", least := manifest.minimum_onnxruntime):
        raise ValueError(f"minimum_onnxruntime: got {least!r}, expected numbers such as 1.23")
    if labels is not None and len(set(labels)) < max(len(labels), 1):
        raise ValueError(f"labels: got {labels}, expected each class once")
    if unknown := set(manifest.required) - {*names}:
        raise ValueError(f"required: got {sorted(unknown)}, expected names of inputs")
    if unknown := set(manifest.dictionary) - {*names}:
        raise ValueError(f"dictionary: got {sorted(unknown)}, expected names of inputs")
    for column in manifest.inputs:
        if column.cells is not None and not is_grammar(column.cells):
            raise ValueError(f"cells of {column.name!r}: got {column.cells}, expected a grammar")
        if column.known is not None and not is_range(column.known):
            raise ValueError(f"known of {column.name!r}: got a range of one end, expected two")
