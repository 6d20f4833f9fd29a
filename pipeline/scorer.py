"""The address of `Scorer` for users of the package."""

from pipeline.runtime.scorer import Scorer

__all__ = ["Scorer"]
