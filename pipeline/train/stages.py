"""The stages of a training inside an open MLflow run: the table of contents.

Each is one function in the module of its name. `pipeline.train` and `pipeline.retrain` go this way.
"""

from __future__ import annotations

import logging
import math
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import PipelineError
from pipeline.errors.masking import mask_secrets
from pipeline.system.progress import Progress
from pipeline.system.signals import is_interrupt, postpone_signals
from pipeline.train.checkpoint import Stages, run_once
from pipeline.train.result import RunResult

if TYPE_CHECKING:
    from pipeline.automl.deadline import Deadline
    from pipeline.automl.experiment import SearchResult
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset
    from pipeline.drift import DriftReport
    from pipeline.export.model import OnnxModel
    from pipeline.gate.challenge import Judge, Ruling
    from pipeline.parity.verify import Parity
    from pipeline.plan.plan import ConversionPlan
    from pipeline.registry.register import Claim, Version
    from pipeline.track.mlflow_run import Run
    from pipeline.track.training_result import TrainingResult, Unconverted

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TrainingHooks:
    """What a retraining, or the command line, adds to a training.

    Attributes:
        deadline: ends the search early.
        stages: what an interrupted training had finished; kept until this one is registered.
        drift: of the data since the champion's, kept beside the graph; None: nobody has looked.
        judge: decides on a proven graph whose artifact folder is whole.
        claim: why the version is to be the champion where there is no judge; None: it is if there
            is no champion yet.
    """

    deadline: Deadline | None = None
    stages: Stages = field(default_factory=Stages)
    drift: DriftReport | None = None
    judge: Judge | None = None
    claim: Claim | None = None


def train_on(
    run: Run,
    dataset: Dataset,
    plan: ConversionPlan,
    progress: Progress,
    hooks: TrainingHooks | None = None,
) -> RunResult:
    """The stages that take time, inside an open MLflow run.

    Args:
        run: as `track.open_run` gave it.
        dataset: the table.
        plan: what of it converts, with the settings that fit it.
        progress: told of every stage.
        hooks: what a retraining, or the command line, adds.
    """
    from pipeline.automl.experiment import run_experiment
    from pipeline.report.mlflow_description import compose_description
    from pipeline.report.page import CARD
    from pipeline.system.cores import usable_cores
    from pipeline.track import mlflow_run, resources
    from pipeline.track.training_result import Unconverted
    from pipeline.train import artifacts

    hooks = hooks or TrainingHooks()
    stages, deadline, config = hooks.stages, hooks.deadline, plan.config
    for text in (
        *plan.warnings,
        *resources.find_shortages(config.output, dataset.frame, usable_cores()),
    ):
        logger.warning("%s", text)
    progress.expect(plan.work(deadline, len(dataset.frame)))
    progress.stage("experiment", f"{len(dataset.frame):,} rows")
    check = _check(dataset, config.onnx)
    trained = stages.load("select") or run_once(
        stages, "experiment", run_experiment, dataset, config, progress, deadline, check
    )
    with _artifact_folder(config.output, run.name) as folder:
        plain = Unconverted(
            *(dataset, config, trained, folder, plan.reason, plan.instead), warnings=plan.warnings
        )
        training = _convert(plain, run, progress, stages)
        training = _look_forward(training, progress)
        training = _audit(training)
        progress.stage("track", run.experiment)
        progress.step("report and files")
        training = artifacts.write_with_fallback(training, run.name)
        ruling = _judge(training, hooks, progress)
        card = (training.folder / CARD).read_text(encoding="utf-8")
        logged = mlflow_run.log_training(run, training, compose_description(training), progress)
    if isinstance(training, Unconverted) and training.error is not None:
        stages.clear()  # the same again would end the same
        raise _with_place(training.error, training, logged)
    version = _register(training, logged, card, progress, ruling)
    stages.clear()
    return RunResult(training, logged, ruling, version)


def _check(dataset: Dataset, is_wanted: bool) -> Callable[[object], None] | None:
    """What refuses PyCaret's preprocessing before a model is trained, where a graph is wanted."""
    if not is_wanted:
        return None
    with postpone_signals():
        from pipeline.convert.lowering import refuse_steps

    return partial(refuse_steps, frame=dataset.frame)


def _judge(training: TrainingResult, hooks: TrainingHooks, progress: Progress) -> Ruling:
    """What the gate says of a proven graph, or what holds where there is no gate."""
    from pipeline import drift
    from pipeline.gate.challenge import Ruling
    from pipeline.registry.register import FIRST
    from pipeline.track.training_result import Converted

    if hooks.judge is None or not isinstance(training, Converted) or not training.parity.passed:
        return Ruling({}, hooks.claim or FIRST)
    progress.stage("gate", training.trained.model_name)
    if hooks.drift is not None:
        drift.write_drift_report(training.folder, hooks.drift)
    ruling = hooks.judge(training)
    if ruling.decision is not None:
        ruling.decision.write(training.folder)
    return ruling


def _convert(plain: Unconverted, run: Run, progress: Progress, stages: Stages) -> TrainingResult:
    """The training with its graph and the proof; without them, and why, if that fails."""
    if plain.trained.nothing_learned:
        return replace(plain, reason=plain.trained.nothing_learned, instead="")
    if not plain.config.onnx:
        return plain
    from pipeline.export.seal import seal_model
    from pipeline.selection.candidate_trial import try_candidates
    from pipeline.selection.choice import select_candidate
    from pipeline.selection.latency import time_predict_model
    from pipeline.track.training_result import Converted

    dataset, config, trained = plain.dataset, plain.config, plain.trained
    try:
        progress.stage("select", f"the first {config.top} as graphs, by {config.select}")
        if not trained.is_measured:
            trained = try_candidates(trained, dataset, config, plain.warnings, progress)
            plain = replace(plain, trained=trained)
            trained = select_candidate(trained, dataset, config)
            plain = replace(plain, trained=trained)
            stages.save("select", trained)
        model, parity = run_once(
            stages, "verify", _export_and_verify, trained, dataset, config, progress
        )
    except Exception as err:  # noqa: BLE001  the training is paid for, whatever fails after it
        reason = (
            f"refused: {err.message}"
            if isinstance(err, PipelineError)
            else f"failed: {mask_secrets(repr(err))}"
        )
        return replace(plain, reason=reason, instead=getattr(err, "hint", ""), error=err)
    model = seal_model(model, parity, run.run_id, plain.warnings)
    seconds, warnings = time_predict_model(trained, dataset), plain.warnings
    return Converted(
        dataset, config, trained, plain.folder, model, parity, seconds, warnings=warnings
    )


def _look_forward(training: TrainingResult, progress: Progress) -> TrainingResult:
    """The training with the winner's figures for the newest rows, where the table has a date."""
    from pipeline.automl.out_of_time import list_date_features, validate_out_of_time

    dataset = training.dataset
    if dataset.spec.validation is not None or not list_date_features(dataset):
        return training
    progress.stage("forward", "the winner on older rows, asked for the newest")
    return replace(
        training, trained=validate_out_of_time(training.trained, dataset, training.config)
    )


def _export_and_verify(
    trained: SearchResult, dataset: Dataset, config: TrainConfig, progress: Progress
) -> tuple[OnnxModel, Parity]:
    """The graph of the chosen model, and how it compares with `predict_model`."""
    from pipeline.export.model import export_model
    from pipeline.parity.verify import verify

    progress.stage("export", trained.model_name)
    model = export_model(trained, dataset, warns=config.warnings)
    progress.stage("verify", "table rows and hostile rows, against predict_model")
    return model, verify(model, trained, dataset, progress)


def _audit(training: TrainingResult) -> TrainingResult:
    """The training with what speaks against its model, graph or not."""
    from pipeline.audit import audit_training

    found = audit_training(
        training.dataset, training.config, training.trained, training.trained.metric.column
    )
    for alarm in found.alarms:
        logger.warning("audit, %s: %s: %s", alarm.level, alarm.check, alarm.text)
    return replace(training, audit=found)


def _with_place(err: Exception, training: TrainingResult, logged: Run) -> Exception:
    """The same error, which also says where the trained pipeline is."""
    folder = training.folder if training.folder.exists() else None
    place = f"{folder}/pickle/pipeline.pkl" if folder else f"pickle/pipeline.pkl of {logged.url}"
    if not isinstance(err, PipelineError):
        logger.error("no ONNX; the trained pipeline is kept: %s", place)
        return err
    return type(err)(
        f"{err.message}; the trained pipeline is kept: {place}", hint=err.hint, **err.details
    )


def _register(
    training: TrainingResult,
    logged: Run,
    card: str,
    progress: Progress,
    ruling: Ruling,
) -> Version | None:
    """The new version; None if none was asked for or there is no graph."""
    from pipeline.gate.challenge import AUDIT
    from pipeline.registry.register import register_version
    from pipeline.track.record import fingerprint_training
    from pipeline.track.training_result import Converted

    if not isinstance(training, Converted):
        return None
    if training.parity.passed and not training.config.register:
        return None
    progress.stage("register", training.dataset.spec.name)
    metric = training.trained.metric.column
    tags = {
        "fingerprint": fingerprint_training(training.dataset, training.config),
        "metric": metric,
    }
    if training.cut:
        tags["complete"] = "false"
    if math.isfinite(value := training.trained.holdout.get(metric, math.nan)):
        tags["holdout"] = str(value)
    if training.audit.checks:
        tags[AUDIT] = training.audit.level
    tags |= ruling.tags
    return register_version(
        *(logged, training.model.manifest, training.parity, card, tags), claim=ruling.claim
    )


@contextmanager
def _artifact_folder(output: Path | None, name: str) -> Iterator[Path]:
    """The --output folder, or one that only stays if MLflow could not take it."""
    from pipeline.train.artifacts import KEPT

    if output is not None:
        yield output.resolve()
        return
    folder = (KEPT / name).resolve()
    try:
        yield folder
    except BaseException as err:
        if is_interrupt(err):  # no message names a folder that stays
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder, ignore_errors=True)  # it may be kept elsewhere
