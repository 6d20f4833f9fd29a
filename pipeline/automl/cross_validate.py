"""Cross-validates one model with PyCaret, and keeps everything that this finds out."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.automl.failures import treat_failures_as_missing
from pipeline.errors import causes

if TYPE_CHECKING:
    import pandas as pd

NOT_SCORES = ("Model", "TT (Sec)")
"""Columns of PyCaret's leaderboard that are not metrics."""


@dataclass(frozen=True)
class CrossValidation:
    """What the cross-validation of one model left behind.

    Attributes:
        row: this model's row of PyCaret's leaderboard (1, metrics); None if the model failed.
        record: PyCaret's own record of the model: unfitted estimator, scores per fold, splitter.
        seconds: wall clock of the whole cross-validation.
        reason: why the model failed.
        fatal: the model failed and `errors="raise"` was asked for, or PyCaret refused the call.
    """

    model_id: str
    row: pd.DataFrame | None
    record: Mapping[str, Any] | None
    seconds: float
    reason: str = ""
    fatal: bool = False

    @property
    def metrics(self) -> dict[str, float]:
        """Mean over the folds by display name, rounded as PyCaret shows it; empty if failed."""
        return {} if self.row is None else read_scores(self.row.iloc[0])

    @property
    def spread(self) -> dict[str, float]:
        """Standard deviation over the folds by display name; empty without cross-validation."""
        return {} if self.record is None else read_scores(self.record["scores"].loc["Std"])

    def folds(self, column: str) -> list[float]:
        """One metric in every fold; without cross-validation the one value there is."""
        if self.record is None:
            return [self.metrics[column]]
        values = self.record["scores"][column].drop(["Mean", "Std"])
        return [float(value) for value in values]


def cross_validate(experiment: Any, model_id: str, arguments: Mapping[str, Any]) -> CrossValidation:
    """Cross-validate one model with PyCaret's own `compare_models`, and keep what it forgets.

    The experiment's containers are left as they were.
    """
    known = len(experiment._master_model_container)
    started = time.perf_counter()
    row, fatal = None, False
    with treat_failures_as_missing() as folds, _last_error(experiment.logger) as error:
        try:
            # n_select=0: the winner is fitted once, later, when it is known
            experiment.compare_models(include=[model_id], n_select=0, verbose=False, **arguments)
            row = experiment.pull(pop=True)
        except Exception as err:  # noqa: BLE001  whatever a model or PyCaret's checks raise
            lacking = any(map(causes.is_memory, causes.iterate_causes(err)))
            error.append(f"MemoryError: {err}" if lacking else str(err))
            fatal = True
    records = experiment._master_model_container[known:]
    del experiment._master_model_container[known:]
    if row is None or row.empty or _is_missing(row):
        reason = (folds or error or ["PyCaret gave no reason"])[-1]
        reason = "every score is zero or missing" if reason == "AssertionError" else reason
        return CrossValidation(model_id, None, None, time.perf_counter() - started, reason, fatal)
    seconds = time.perf_counter() - started
    return CrossValidation(model_id, row, records[-1] if records else None, seconds)


def _is_missing(row: pd.DataFrame) -> bool:
    """Whether nothing is known of the model: a fold of it could not be fitted."""
    return bool(row.drop(columns=list(NOT_SCORES), errors="ignore").isna().all(axis=None))


def read_scores(row: pd.Series[Any]) -> dict[str, float]:
    """The metrics of one row of a PyCaret table, by display name."""
    return {str(key): float(value) for key, value in row.items() if key not in NOT_SCORES}


@contextmanager
def record_cross_validations(experiment: Any) -> Iterator[list[Mapping[str, Any]]]:
    """What PyCaret writes down about each model that it cross-validates in the block.

    The experiment forgets it: a search for a threshold leaves dozens of fitted models behind.
    """
    container, found = experiment._master_model_container, list[Mapping[str, Any]]()
    known = len(container)
    try:
        yield found
    finally:
        found += ({**record, "scores": _validation(record)} for record in container[known:])
        del container[known:]


def _validation(record: Mapping[str, Any]) -> pd.DataFrame:
    """Scores by fold, Mean and Std, without those on the rows that were fitted."""
    scores: pd.DataFrame = record["scores"]
    if scores.index.nlevels > 1:
        return scores[scores.index.get_level_values("Split") == "CV-Val"].droplevel("Split")
    return scores


@contextmanager
def _last_error(source: logging.Logger) -> Iterator[list[str]]:
    """Collect the last line of every traceback that PyCaret logs instead of raising it."""
    lines: list[str] = []

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            text = record.getMessage().strip()
            if text.startswith("Traceback"):
                lines.append(text.splitlines()[-1].strip())

    collector = Collector(logging.WARNING)
    source.addHandler(collector)
    try:
        yield lines
    finally:
        source.removeHandler(collector)
