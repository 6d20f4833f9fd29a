"""The rows that decide, and a model's predictions for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from pipeline.config.retrain_config import Gate
from pipeline.errors import DataError
from pipeline.gate.contender import Contender, ContenderAnswers, open_contender, predict_rows
from pipeline.manifest import Manifest
from pipeline.selection.metric import Metric


@dataclass(frozen=True, eq=False)
class ScoredModel:
    """One side with what its ONNX file says of the holdout.

    Attributes:
        answers: None where it cannot take the rows.
        unfit: why it cannot.
    """

    contender: Contender
    manifest: Manifest
    answers: ContenderAnswers | None
    unfit: str = ""


@dataclass(frozen=True, eq=False)
class Evaluation:
    """What the verdict is on.

    Attributes:
        frame: the holdout, the target included.
        actual: (n,) the target; classes as text.
        metrics: the one that decides, then those that stand in for it.
    """

    frame: pd.DataFrame
    actual: NDArray[Any]
    metrics: tuple[Metric, ...]
    settings: Gate


def score_contender(contender: Contender, frame: pd.DataFrame) -> ScoredModel:
    """A side's answers to the holdout.

    Raises:
        BrokenError: the ONNX file cannot be used, whatever the rows.
    """
    scorer = open_contender(contender)
    try:
        return ScoredModel(contender, scorer.manifest, predict_rows(scorer, frame))
    except DataError as err:
        return ScoredModel(contender, scorer.manifest, None, err.message)
