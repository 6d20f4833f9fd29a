"""The manifest of a graph that takes tensors, not columns: a model adopted from elsewhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from pipeline.errors import ModelError
from pipeline.manifest import TENSORS_KEY
from pipeline.system import typed_json


@dataclass(frozen=True)
class Tensor:
    """One input or output.

    Attributes:
        dtype: numpy's name of it.
        shape: of each axis its size, or the name of a dynamic one; "batch" comes first.
    """

    name: str
    dtype: str
    shape: tuple[int | str, ...]


@dataclass(frozen=True)
class TensorManifest:
    """Contract and provenance of one adopted model.

    Attributes:
        framework: "pytorch", "keras", …, and its version.
        labels: classes in the order of an output's last axis; empty where none were given.
        preprocessing: what the graph does before and after the network, as it was specified.
        domains: opset version of each domain that the graph uses; "" is ai.onnx.
        tolerance: `rtol` and `atol` within which every comparison held.
    """

    name: str
    framework: str
    framework_version: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    labels: tuple[str | int, ...] = ()
    preprocessing: Mapping[str, Any] = field(default_factory=dict)
    domains: Mapping[str, int] = field(default_factory=dict)
    tolerance: Mapping[str, float] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)
    run_id: str | None = None
    verdict: Literal["pass", "fail", "unverified"] = "unverified"
    version: int = 1

    def to_json(self) -> str:
        """The manifest as JSON text."""
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> TensorManifest:
        """Read what `to_json` wrote; fields this version does not know are ignored.

        Raises:
            ModelError: the text is something else.
        """
        try:
            manifest: TensorManifest = typed_json.read_dataclass(cls, text)
            for kind, tensors in (("inputs", manifest.inputs), ("outputs", manifest.outputs)):
                names = [tensor.name for tensor in tensors]
                if not names or len(set(names)) < len(names):
                    raise ValueError(f"{kind}: got {names}, expected at least one, each once")
        except ValueError as err:
            raise ModelError(
                f"the model's manifest (metadata {TENSORS_KEY!r}) is damaged: {err}",
                hint="The file was changed after its export: take it again from where it lies",
            ) from err
        return manifest
