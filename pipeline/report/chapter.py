"""A chapter of the report: what it measures of a run, and what it draws."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.rendering.drawing import Drawing, ReportContext, Tables
from pipeline.track.training_result import TrainingResult


def _measure_nothing(_: TrainingResult) -> Mapping[str, pd.DataFrame]:
    return {}


@dataclass(frozen=True)
class Chapter:
    """A part of the report: what it keeps of a run, and what it draws from what was kept.

    Attributes:
        drawings: pictures of kept tables; nothing but files of the folder is at hand then.
        measure: tables by file name, taken while the trained model is at hand. *.json is a table
            that MLflow shows, *.parquet one too large for that.
    """

    drawings: Callable[[ReportContext, Tables], Iterator[Drawing]]
    measure: Callable[[TrainingResult], Mapping[str, pd.DataFrame]] = _measure_nothing
