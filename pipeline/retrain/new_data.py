"""Loads the new table, checks it for drift, and keeps the gate's holdout back."""

from __future__ import annotations

import logging
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ConfigError, DataError

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from pipeline.config.train_config import DatasetSpec
    from pipeline.data.dataset import Dataset
    from pipeline.drift import DriftReport
    from pipeline.plan.plan import ConversionPlan
    from pipeline.retrain.context import RetrainContext
    from pipeline.retrain.recorder import RunRecorder
    from pipeline.system.progress import Progress

logger = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class CheckedData:
    """A table that may be trained on.

    Attributes:
        dataset: without the gate's holdout.
        held: the gate's holdout, with all columns.
        drift: the comparison with the champion's data; None if there is nothing to compare with.
        plan: what converts, with the settings less the models that the table is too large for.
    """

    dataset: Dataset
    held: pd.DataFrame
    drift: DriftReport | None
    plan: ConversionPlan


def check_data(
    context: RetrainContext, recorder: RunRecorder, progress: Progress, run_id: str = ""
) -> CheckedData:
    """Load the table, compare it with the champion's, and keep the gate's holdout back.

    Args:
        context: with the settings.
        recorder: told of the table's hash and of the columns that drifted.
        progress: told of the stage.
        run_id: gets the drift report where the data is refused.

    Raises:
        DataError: the table cannot be used, is too far from the champion's, or too small to split.
        ConversionError: an option that has no exact form in ONNX.
    """
    from pipeline.data.dataset import find_dataset
    from pipeline.gate.holdout import split_holdout
    from pipeline.plan.plan import plan_conversion

    config = context.config
    progress.stage("dataset", config.dataset or str(config.data or ""))
    plan = plan_conversion(config, find_dataset(config))
    plan.refuse()
    plan.announce()
    dataset = _load(context, plan.spec)
    recorder.summary.data_sha256 = dataset.sha256
    report = _detect_drift(context, recorder, dataset, run_id)
    training, held = split_holdout(dataset, context.gate.holdout, config)
    return CheckedData(training, held, report, plan.fit_to(training))


def _load(context: RetrainContext, spec: DatasetSpec) -> Dataset:
    from pipeline.data.dataset import load_dataset

    try:
        return load_dataset(spec, context.config)
    except ConfigError as err:
        if context.champion is None:
            raise
        # The spec fitted the champion's table: it is the table that has changed.
        raise DataError(err.message, hint=err.hint, **err.details) from err


def _detect_drift(
    context: RetrainContext, recorder: RunRecorder, dataset: Dataset, run_id: str
) -> DriftReport | None:
    """The comparison with the champion's data; None if there is nothing to compare with."""
    from pipeline import drift
    from pipeline.config.retrain_config import Drift

    baseline = None if context.artifacts is None else drift.Baseline.read(context.artifacts)
    if baseline is None:
        return None
    fresh = _unseen_rows(context, dataset)
    report = drift.detect_drift(baseline, dataset, context.config.drift or Drift(), fresh)
    if not report.problems:
        logger.info("data: %s", report.text)
    recorder.summary.drifted = tuple(column.name for column in report.drifted)
    if report.problems and run_id:
        _log_drift(context, run_id, report)
    report.refuse()
    return report


def _unseen_rows(context: RetrainContext, dataset: Dataset) -> NDArray[np.bool_] | None:
    """(N,) rows that the champion has not seen; None where nobody knows.

    Of a split by rows the gate's holdout is left out: the champion has not seen its old rows.
    """
    from pipeline.gate import holdout

    seen = None if context.artifacts is None else holdout.read_seen_rows(context.artifacts)
    known = None if seen is None else seen.among(dataset.frame)
    if known is None:
        return None
    if dataset.spec.validation is not None:
        return ~known
    return ~known & ~holdout.select_held_out(dataset.frame, context.gate.holdout)


def _log_drift(context: RetrainContext, run_id: str, report: DriftReport) -> None:
    """Keep the evidence in MLflow; nothing else of this run will be."""
    from pipeline import drift
    from pipeline.registry.client import translate_errors

    with tempfile.TemporaryDirectory(dir=context.folder) as name, translate_errors():
        drift.write_drift_report(Path(name), report)
        context.client.log_artifacts(run_id, name)
