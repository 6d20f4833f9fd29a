"""The JSON twin of a graph: what goes in, what comes out, and how far to trust it.

Standard library only, so that scoring needs neither pydantic nor anything of training.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Literal

METADATA_KEY = "pipeline.manifest"
"""Key of the model's own metadata entry that holds the manifest as JSON."""

Kind = Literal["number", "text", "boolean", "date"]
Label = str | int | float

ONNX_TYPES: Mapping[Kind, str] = {
    "number": "tensor(double)",
    "text": "tensor(string)",
    "boolean": "tensor(bool)",
    "date": "tensor(int64)",
}
"""Type of the graph input that carries a column of each kind, always of shape [N, 1]."""

MISSING: Mapping[Kind, str] = {
    "number": "NaN",
    "text": "empty string",
    "boolean": "not allowed",
    "date": "-9223372036854775808 (NaT)",
}
"""How a missing value of each kind is written in the tensor."""

UNANSWERED: Mapping[str, str | int | float] = {
    "tensor(string)": "",
    "tensor(int64)": -(2**63),
    "tensor(double)": float("nan"),
}
"""The missing prediction of a row that lacks a required column, by the output's type."""


@dataclass(frozen=True)
class Input:
    """One raw column: its own name, its kind, and the tensor that carries it.

    A date is int64 nanoseconds since 1970-01-01T00:00:00, without time zone.
    """

    name: str
    kind: Kind

    @property
    def type(self) -> str:
        return ONNX_TYPES[self.kind]

    @property
    def missing(self) -> str:
        return MISSING[self.kind]


@dataclass(frozen=True)
class Output:
    """One output tensor: `prediction_label` [N] or `prediction_score` [N, K]."""

    name: str
    type: str
    shape: tuple[str | int, ...]


@dataclass(frozen=True)
class Manifest:
    """Contract and provenance of one exported model.

    Attributes:
        labels: the classes in the order of prediction_score; None for regression.
        ignored: columns of the training table that the model does not take; a file that is scored
            may still hold them.
        required: columns that must not be missing: a row without one has no prediction.
        requires: opsets beyond ai.onnx and ai.onnx.ml, by domain.
        parity: the figures of the verdict.
    """

    name: str
    task: Literal["regression", "classification"]
    target: str
    model_id: str
    model_name: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    labels: tuple[Label, ...] | None = None
    ignored: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    rules: Mapping[str, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    requires: Mapping[str, int] = field(default_factory=dict)
    minimum_onnxruntime: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    data_sha256: str = ""
    run_id: str | None = None
    verdict: Literal["pass", "fail", "unverified"] = "unverified"
    parity: Mapping[str, float | int | str] = field(default_factory=dict)

    def to_json(self, indent: int | None = 2) -> str:
        """The manifest as JSON text; each input also states its tensor type and missing value."""
        record = asdict(self)
        for entry, column in zip(record["inputs"], self.inputs, strict=True):
            entry.update(type=column.type, shape=["N", 1], missing=column.missing)
        return json.dumps(record, indent=indent, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        """Read what `to_json` wrote; fields this version does not know are ignored."""
        record: dict[str, Any] = json.loads(text)
        known = {f.name for f in fields(cls)}
        record = {key: value for key, value in record.items() if key in known}
        record["inputs"] = tuple(Input(i["name"], i["kind"]) for i in record["inputs"])
        record["outputs"] = tuple(
            Output(o["name"], o["type"], tuple(o["shape"])) for o in record["outputs"]
        )
        for key in ("labels", "ignored", "required", "notes"):
            if record.get(key) is not None:
                record[key] = tuple(record[key])
        return cls(**record)
