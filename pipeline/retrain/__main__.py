"""Retrain, and promote only what is proven and no worse: `python -m pipeline.retrain --dataset X`.

Made for a scheduler: one run for each model at a time, nothing to do for data that is known, the
champion stays whatever happens, and one JSON line on stdout says how it ended.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from pipeline.cli import app as cli
from pipeline.cli import output_files, selection_options
from pipeline.retrain.run import retrain

app = cli.application()


_OWN = ("config", "budget", "resume", "dry_run", "force", "summary", "log_format")
"""Parameters that are not settings of a training."""


@app.command()
def main(  # noqa: PLR0913, PLR0917  one parameter per flag
    dataset: cli.DatasetOption = None,
    data: cli.DataOption = None,
    target: cli.TargetOption = None,
    task: cli.TaskOption = None,
    ignore: selection_options.IgnoreOption = None,
    numeric: selection_options.NumericOption = None,
    categorical: selection_options.CategoricalOption = None,
    date: selection_options.DateOption = None,
    boolean: selection_options.BooleanOption = None,
    drop_missing_target: selection_options.DropOption = None,
    config: cli.ConfigOption = None,
    include: cli.IncludeOption = None,
    exclude: cli.ExcludeOption = None,
    metric: cli.MetricOption = None,
    fold: cli.FoldOption = None,
    seed: cli.SeedOption = None,
    name: cli.NameOption = None,
    experiment: cli.ExperimentOption = None,
    budget: selection_options.BudgetOption = None,
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
        output_files.keep_apart({"--data": data, "--config": config}, {"--summary": summary})
        from pipeline.automl.deadline import Deadline
        from pipeline.config.train_config import read_config
        from pipeline.notify.alert import check
        from pipeline.retrain.recorder import Story, told
        from pipeline.retrain.run_options import Orders

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
