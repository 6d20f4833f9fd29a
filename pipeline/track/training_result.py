"""The result of a training: a graph with its proof, or the reason for its absence."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from pipeline.audit.alarm import Audit
from pipeline.automl.experiment import SearchResult
from pipeline.runtime.integrity import ONNX_SHA256

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset
    from pipeline.export.model import OnnxModel
    from pipeline.parity.verify import Parity

Verdict = Literal["pass", "fail", "none", "nothing learned"]
"""As tags write it; none: there is no graph; nothing learned: no model is worth one."""


@dataclass(frozen=True)
class TrainingResult(ABC):
    """What one training has shown, and the folder that holds its artifacts.

    Either there is a graph with its proof (`Converted`), or a reason why not (`Unconverted`).

    Attributes:
        warnings: faults of PyCaret that can touch the run, in plain words.
        audit: whether the model is right, whatever its graph.
    """

    dataset: Dataset
    config: TrainConfig
    trained: SearchResult
    folder: Path
    warnings: tuple[str, ...] = field(default=(), kw_only=True)
    audit: Audit = field(default=Audit(), kw_only=True)

    @property
    def cut(self) -> str:
        """What the budget left no time for, in one sentence; empty after a whole search."""
        left_out = ", ".join(self.trained.left_out)
        return f"The time budget was used up; left out: {left_out}" if left_out else ""

    @property
    @abstractmethod
    def verdict(self) -> Verdict:
        """The verdict in one word, as tags and the manifest write it."""

    @property
    @abstractmethod
    def text(self) -> str:
        """The verdict in one sentence."""

    @property
    @abstractmethod
    def figures(self) -> Mapping[str, float | int | str]:
        """The figures of the parity check, if there was one."""

    @property
    def hashes(self) -> Mapping[str, str]:
        """Tags that tell later whether the stored graph is still the one that was proven."""
        return {}


@dataclass(frozen=True)
class Converted(TrainingResult):
    """A training with its graph and the proof of it.

    Attributes:
        pycaret_seconds: of one row in `predict_model`; None where nobody measured it.
    """

    model: OnnxModel
    parity: Parity
    pycaret_seconds: float | None = None

    @property
    def verdict(self) -> Verdict:
        return to_verdict(self.parity)

    @property
    def text(self) -> str:
        return self.parity.text

    @property
    def figures(self) -> Mapping[str, float | int | str]:
        return self.parity.summary

    @property
    def hashes(self) -> Mapping[str, str]:
        return {ONNX_SHA256: hashlib.sha256(self.model.data).hexdigest()}


@dataclass(frozen=True)
class Unconverted(TrainingResult):
    """A training without a graph: not asked for, or refused.

    Attributes:
        reason: why there is none, a clause without a full stop.
        instead: what to do to get one; may be empty.
        error: what export or proof raised; None where no graph was asked for.
    """

    reason: str
    instead: str = ""
    error: Exception | None = None

    @property
    def verdict(self) -> Verdict:
        return "nothing learned" if self.trained.nothing_learned else "none"

    @property
    def text(self) -> str:
        return self.trained.nothing_learned or f"no ONNX: {self.reason}"

    @property
    def figures(self) -> Mapping[str, float | int | str]:
        return {}


def to_verdict(parity: Parity) -> Verdict:
    """The verdict as the manifest writes it: pass or fail."""
    return "pass" if parity.passed else "fail"
