"""One of the two models, and what its ONNX file predicts for given rows."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.errors import DataError, ModelError, PipelineError
from pipeline.gate import holdout as rows
from pipeline.gate.holdout import SeenRows
from pipeline.rendering.tables import FOLDER
from pipeline.runtime.frames import score_rows
from pipeline.runtime.predictions import Predictions
from pipeline.runtime.scorer import Scorer
from pipeline.track.training_result import Converted

MODEL = Path("onnx", "model.onnx")

log = logging.getLogger(__name__)


class BrokenError(Exception):
    """A model cannot be used at all, whatever the rows; the message says why."""


@dataclass(frozen=True, eq=False)
class Contender:
    """One model as its training left it.

    Attributes:
        model: the ONNX file, or its bytes.
        holdout: what PyCaret kept from the model while it was chosen, with the predictions for
            it; None where that is not known.
        seen: the rows that it was trained on; None where nobody knows.
    """

    model: Path | bytes
    holdout: pd.DataFrame | None = None
    seen: SeenRows | None = None

    @classmethod
    def of(cls, folder: Path, model: Path | bytes | None = None) -> Contender:
        """From an artifact folder, such as one that was fetched from a run.

        Args:
            folder: with onnx/ and tables/; what is missing or damaged in tables/ is not known.
            model: the ONNX file that is in use, where that is another copy.
        """
        return cls(model or folder / MODEL, _read_held_out(folder), rows.read_seen_rows(folder))

    @classmethod
    def of_evidence(cls, evidence: Converted) -> Contender:
        """From a training that is still in memory."""
        seen = SeenRows.of(evidence.dataset.frame)
        return cls(evidence.model.data, evidence.trained.holdout_predictions, seen)

    @property
    def data(self) -> bytes:
        """The bytes of the ONNX file."""
        return self.model if isinstance(self.model, bytes) else self.model.read_bytes()

    def unseen(self, frame: pd.DataFrame) -> NDArray[np.bool_]:
        """(N,) rows that it was not trained on; none where nobody knows."""
        known = None if self.seen is None else self.seen.among(frame)
        return np.zeros(len(frame), dtype=bool) if known is None else ~known


@dataclass(frozen=True, eq=False)
class ContenderAnswers:
    """What a model answers to n rows.

    Attributes:
        predictions: labels (n,) as numbers or text, and scores.
        answered: (n,) rows that have every value without which it has no prediction.
    """

    predictions: Predictions
    answered: NDArray[np.bool_]


def open_contender(contender: Contender) -> Scorer:
    """The model, ready to predict.

    Raises:
        BrokenError: there is no file, or it is damaged.
    """
    try:
        return Scorer(contender.data)
    except MemoryError:
        raise
    except Exception as err:  # a damaged file fails anywhere: in onnxruntime, JSON, the manifest
        raise BrokenError(_reason(err)) from err


def predict_rows(scorer: Scorer, frame: pd.DataFrame) -> ContenderAnswers:
    """Predictions for raw rows.

    Raises:
        DataError: the rows lack a column that the model takes, or hold values of another kind.
        BrokenError: the graph fails, or predicts what is no number.
    """
    names = [column.name for column in scorer.manifest.inputs]
    if missing := [name for name in names if name not in frame]:
        raise DataError(f"it takes {', '.join(map(repr, missing))}, which the rows lack")
    try:
        found = score_rows(scorer, frame[names])
    except ModelError as err:
        raise BrokenError(_reason(err)) from err
    except (DataError, MemoryError):
        raise
    except Exception as err:
        raise BrokenError(_reason(err)) from err
    answered = ~scorer.unanswered(found.labels)
    if odd := _not_numbers(found, answered):
        raise BrokenError(f"it predicts what is no finite number for {odd:,} rows")
    text = found.labels.astype(str) if scorer.manifest.predicts == "classes" else found.labels
    return ContenderAnswers(replace(found, labels=text), answered)


def _reason(err: Exception) -> str:
    """What went wrong, in one line."""
    text = err.message if isinstance(err, PipelineError) else str(err) or type(err).__name__
    return " ".join(text.split())


def _not_numbers(found: Predictions, answered: NDArray[np.bool_]) -> int:
    values = found.scores if found.scores is not None else found.labels.reshape(-1, 1)
    if values.dtype.kind != "f":
        return 0
    return int((~np.isfinite(values).all(axis=1) & answered).sum())


def _read_held_out(folder: Path) -> pd.DataFrame | None:
    from pipeline.report.holdout import FILE

    try:
        return pd.read_parquet(folder / FOLDER / FILE, page_checksum_verification=True)
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as err:  # pyarrow's own errors are among these
        log.warning("%s: cannot be read: %s", folder / FOLDER / FILE, err)
        return None
