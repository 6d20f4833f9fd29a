"""A retraining: on new data a model that is promoted only if it is proven and no worse."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from pipeline.config.retrain_config import Gate, Outcome
from pipeline.system.progress import Progress

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig
    from pipeline.retrain.context import Bench
    from pipeline.retrain.recorder import Story
    from pipeline.retrain.run_options import Orders

logger = logging.getLogger(__name__)


def retrain(config: TrainConfig, orders: Orders, story: Story, progress: Progress) -> None:
    """Train on new data, hold the model against the champion, and promote it or leave it.

    Whatever is raised, the champion is the one from before.

    Args:
        config: what to train and, under gate and drift, what is demanded of it.
        orders: how this run goes about it.
        story: told everything that the summary says.
        progress: told of every stage.

    Raises:
        LockedError: another run for this model is busy.
        DataError: the table cannot be used, or is too far from the champion's.
        GateError: the challenger is proven, but not good enough.
        PipelineError: a stage of the training refused.
    """
    from pipeline.data.dataset import name_of
    from pipeline.retrain.lock import model_lock
    from pipeline.runtime import signature

    config = config.model_copy(update={"gate": config.gate or Gate(), "register": True})
    name = name_of(config)
    story.add(model=name)
    signature.check()
    with model_lock(name):
        progress.stage("champion", name)
        from pipeline.retrain.context import prepared

        with prepared(name, config, orders, story) as bench:
            if _is_known(bench, story):
                return
            _compete(bench, story, story.watching(progress))


def _is_known(bench: Bench, story: Story) -> bool:
    """Whether there is nothing to train, since a version was made of the very same."""
    from pipeline.retrain.unchanged import earlier

    story.add(fingerprint=bench.fingerprint)
    if bench.orders.force:
        return False
    found = earlier(bench)
    if found is None:
        return False
    story.add(outcome=found.outcome, reason=found.reason, champion_after=found.champion)
    logger.info("%s: %s", found.outcome, found.reason)
    return True


def _compete(bench: Bench, story: Story, progress: Progress) -> None:
    """Data checks, training, gate, promotion; all of it in one MLflow run."""
    from pipeline.registry.model_names import check_name
    from pipeline.retrain import data, outcome
    from pipeline.train.stages import Terms, train_on

    if bench.orders.dry_run:
        found = data.checked(bench, story, progress)
        story.add(outcome=Outcome.planned, reason=outcome.planned(bench, found))
        return
    if bench.subject is not None:
        check_name(bench.subject.spec)
    with outcome.logged(bench, story) as run:
        found = data.checked(bench, story, progress, run.run_id or "")
        judge = outcome.Judge(bench, story, found)
        terms = Terms(bench.orders.deadline, bench.stages, judge)
        result = train_on(run, found.dataset, found.plan, progress, terms)
        if result.training.trained.nothing_learned:
            outcome.unlearned(bench, story, result)
        else:
            decision = outcome.settled(bench, story, result, judge)
    result.refuse()
    decision.refuse()
