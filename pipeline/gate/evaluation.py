"""What the verdict is on, and a model's answers to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pandas as pd
from numpy.typing import NDArray

from pipeline.config.retrain_config import Gate
from pipeline.errors import DataError
from pipeline.gate.contender import Answers, Side, answers, opened
from pipeline.manifest import Manifest
from pipeline.selection.metric import Metric


@dataclass(frozen=True, eq=False)
class Model:
    """One side with what its ONNX file says of the holdout.

    Attributes:
        answers: None where it cannot take the rows.
        unfit: why it cannot.
    """

    side: Side
    manifest: Manifest
    answers: Answers | None
    unfit: str = ""


@dataclass(frozen=True, eq=False)
class Case:
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


def model(side: Side, frame: pd.DataFrame) -> Model:
    """A side's answers to the holdout.

    Raises:
        BrokenError: the ONNX file cannot be used, whatever the rows.
    """
    scorer = opened(side)
    try:
        return Model(side, scorer.manifest, answers(scorer, frame))
    except DataError as err:
        return Model(side, scorer.manifest, None, err.message)
