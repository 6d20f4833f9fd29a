"""Retrain, and promote only what is proven and no worse: `python -m pipeline.retrain --dataset X`.

Made for a scheduler: one run for each model at a time, nothing to do for data that is known, the
champion stays whatever happens, and one JSON line on stdout says how it ended.
"""

from __future__ import annotations

import logging
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline import cli, options, outputs
from pipeline.policy import Gate, Outcome
from pipeline.progress import Progress

if TYPE_CHECKING:
    from pipeline.config import TrainConfig
    from pipeline.retraining.bench import Bench
    from pipeline.retraining.orders import Orders
    from pipeline.retraining.story import Story

app = cli.application()
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
    from pipeline import signature
    from pipeline.dataset import name_of
    from pipeline.lock import model_lock

    config = config.model_copy(update={"gate": config.gate or Gate(), "register": True})
    name = name_of(config)
    story.add(model=name)
    signature.check()
    with model_lock(name):
        progress.stage("champion", name)
        from pipeline.retraining.bench import prepared

        with prepared(name, config, orders, story) as bench:
            if _is_known(bench, story):
                return
            _compete(bench, story, story.watching(progress))


def _is_known(bench: Bench, story: Story) -> bool:
    """Whether there is nothing to train, since a version was made of the very same."""
    from pipeline.retraining.known import earlier

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
    from pipeline.retraining import data, decisions
    from pipeline.tracking.named import check_name
    from pipeline.training import Terms, train_on

    if bench.orders.dry_run:
        found = data.checked(bench, story, progress)
        story.add(outcome=Outcome.planned, reason=decisions.planned(bench, found))
        return
    if bench.subject is not None:
        check_name(bench.subject.spec)
    with decisions.logged(bench, story) as run:
        found = data.checked(bench, story, progress, run.run_id or "")
        judge = decisions.Judge(bench, story, found)
        terms = Terms(bench.orders.deadline, bench.stages, judge)
        result = train_on(run, found.dataset, found.config, progress, terms)
        if result.training.trained.nothing_learned:
            decisions.unlearned(bench, story, result)
        else:
            decision = decisions.settled(bench, story, result, judge)
    result.refuse()
    decision.refuse()


_OWN = ("config", "budget", "resume", "dry_run", "force", "summary", "log_format")
"""Parameters that are not settings of a training."""


@app.command()
def main(  # noqa: PLR0913, PLR0917  one parameter per flag
    dataset: cli.DatasetOption = None,
    data: cli.DataOption = None,
    target: cli.TargetOption = None,
    task: cli.TaskOption = None,
    ignore: options.IgnoreOption = None,
    numeric: options.NumericOption = None,
    categorical: options.CategoricalOption = None,
    date: options.DateOption = None,
    boolean: options.BooleanOption = None,
    drop_missing_target: options.DropOption = None,
    config: cli.ConfigOption = None,
    include: cli.IncludeOption = None,
    exclude: cli.ExcludeOption = None,
    metric: cli.MetricOption = None,
    fold: cli.FoldOption = None,
    seed: cli.SeedOption = None,
    name: cli.NameOption = None,
    experiment: cli.ExperimentOption = None,
    budget: options.BudgetOption = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on after the last finished stage of a run that died."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Check the data and say what would happen.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Train although nothing has changed.")
    ] = False,
    summary: Annotated[
        Path | None, typer.Option(help="File for the JSON summary, beside stdout.")
    ] = None,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Train on new data; promote the model only if it is proven and no worse than the champion."""
    given = {k: v for k, v in locals().items() if k not in _OWN}
    began = time.monotonic()
    with cli.session(log_format, metric) as progress:
        progress.stage("start")
        outputs.keep_apart({"--data": data, "--config": config}, {"--summary": summary})
        from pipeline.config import read_config
        from pipeline.deadline import Deadline
        from pipeline.notify.alert import check
        from pipeline.retraining.orders import Orders
        from pipeline.retraining.story import Story, told

        story = Story()
        with told(story, summary):
            settings = read_config(config, **cli.flags(**given))
            orders = Orders(Deadline.of(budget, began), resume, dry_run, force)
            if settings.notify is not None and not dry_run:
                check(settings.notify)
                story.notify = settings.notify
            retrain(settings, orders, story, progress)


if __name__ == "__main__":
    app()
