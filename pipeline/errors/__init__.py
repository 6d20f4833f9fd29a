"""Errors that a person can act on: one class per exit code, each with a hint."""

from __future__ import annotations

from typing import Any, ClassVar

from pipeline.errors.masking import mask_secrets


class PipelineError(Exception):
    """A failure that a person can act on; passwords in what it says are masked.

    Attributes:
        message: what was found and what was expected.
        hint: what to do about it; empty when the message says it all.
        details: the values behind the message, for logs and reports.
        exit_code: the process exit code of this class of failure.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, message: str, *, hint: str = "", **details: Any) -> None:
        message = mask_secrets(message)
        super().__init__(message)
        self.message = message
        self.hint = mask_secrets(hint)
        self.details = details

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message


class UsageError(PipelineError):
    """The command line does not make sense."""

    exit_code = 2


class DataError(PipelineError):
    """The table cannot be used as it is."""

    exit_code = 3


class ModelError(DataError):
    """A model's file is damaged, or is none of this project; no table is at fault."""


class ConfigError(PipelineError):
    """The configuration or the dataset's spec cannot be used as it is."""

    exit_code = 3


class ConversionError(PipelineError):
    """A fitted step or estimator has no exact form in ONNX."""

    exit_code = 4

    def __init__(
        self,
        message: str,
        *,
        hint: str = "choose another option or model, or train without a graph: --no-onnx",
        **details: Any,
    ) -> None:
        super().__init__(message, hint=hint, **details)


class ParityError(PipelineError):
    """The graph does not predict what PyCaret predicts."""

    exit_code = 5


class GateError(PipelineError):
    """The candidate is proven but not good enough."""

    exit_code = 6


class TrackingError(PipelineError):
    """The tracking server is out of reach; artifacts stay where they are."""

    exit_code = 7


class ResourceError(PipelineError):
    """The machine has too little memory, or too little room on a disk."""


class LockedError(PipelineError):
    """Another run holds the lock."""

    exit_code = 75
