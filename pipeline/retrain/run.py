"""Runs a retraining: a new model is promoted only if it is proven and no worse."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipeline.config.retrain_config import Gate, RetrainOutcome
from pipeline.system.progress import Progress

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig
    from pipeline.retrain.context import RetrainContext
    from pipeline.retrain.recorder import RunRecorder
    from pipeline.retrain.run_options import RunOptions

logger = logging.getLogger(__name__)


def retrain(
    config: TrainConfig, options: RunOptions, recorder: RunRecorder, progress: Progress
) -> None:
    """Train on new data, hold the model against the champion, and promote it or leave it.

    Whatever is raised, the champion is the one from before.

    Args:
        config: what to train and, under gate and drift, what is demanded of it.
        options: how this run goes about it.
        recorder: told everything that the summary says.
        progress: told of every stage.

    Raises:
        LockedError: another run for this model is busy.
        DataError: the table cannot be used, or is too far from the champion's.
        GateError: the challenger is proven, but not good enough.
        PipelineError: a stage of the training refused.
    """
    from pipeline.data.dataset import dataset_name
    from pipeline.retrain.lock import model_lock
    from pipeline.runtime import signature

    config = config.model_copy(update={"gate": config.gate or Gate(), "register": True})
    name = dataset_name(config)
    recorder.summary.model = name
    signature.check_keys()
    with model_lock(name):
        progress.stage("champion", name)
        from pipeline.retrain.context import open_context

        with open_context(name, config, options, recorder) as context:
            if _is_known(context, recorder):
                return
            _compete(context, recorder, recorder.watch(progress))


def _is_known(context: RetrainContext, recorder: RunRecorder) -> bool:
    """Whether there is nothing to train, since a version was made of the very same."""
    from pipeline.retrain.unchanged import find_earlier

    summary = recorder.summary
    summary.fingerprint = context.fingerprint
    if context.options.force:
        return False
    found = find_earlier(context)
    if found is None:
        return False
    summary.outcome, summary.reason = found.outcome, found.reason
    summary.champion_after = found.champion
    logger.info("%s: %s", found.outcome, found.reason)
    return True


def _compete(context: RetrainContext, recorder: RunRecorder, progress: Progress) -> None:
    """Data checks, training, gate, promotion; all of it in one MLflow run."""
    from pipeline.registry.model_names import check_model_name
    from pipeline.retrain import outcome
    from pipeline.retrain.new_data import check_data
    from pipeline.train.stages import TrainingHooks, train_on

    if context.options.dry_run:
        found = check_data(context, recorder, progress)
        recorder.summary.outcome = RetrainOutcome.planned
        recorder.summary.reason = outcome.describe_plan(context, found)
        return
    if context.subject is not None:
        check_model_name(context.subject.spec)
    with outcome.open_retrain_run(context, recorder) as run:
        found = check_data(context, recorder, progress, run.run_id or "")
        judge = outcome.Judge(context, recorder, found)
        hooks = TrainingHooks(context.options.deadline, context.stages, found.drift, judge)
        result = train_on(run, found.dataset, found.plan, progress, hooks)
        if result.training.trained.nothing_learned:
            outcome.record_nothing_learned(context, recorder, result)
        else:
            decision = outcome.settle(context, recorder, result)
    result.refuse()
    decision.refuse()
