"""The public address of `Scorer`."""

from pipeline.runtime.scorer import Scorer

__all__ = ["Scorer"]
