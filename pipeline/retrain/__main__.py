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
from pipeline.cli import output_files
from pipeline.cli.flags import BudgetOption, RetrainFlags, with_flags
from pipeline.retrain.run import retrain

app = cli.create_application()


@app.command()
@with_flags
def main(  # noqa: PLR0913, PLR0917  one parameter per flag
    flags: RetrainFlags,
    budget: BudgetOption = None,
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
    began = time.monotonic()
    with cli.session(log_format, flags.metric) as progress:
        progress.stage("start")
        read = {"--data": flags.data, "--config": flags.config}
        output_files.keep_apart(read, {"--summary": summary})
        from pipeline.automl.deadline import Deadline
        from pipeline.notify.alert import check_alerts
        from pipeline.retrain.recorder import RunRecorder, record_outcome
        from pipeline.retrain.run_options import RunOptions

        recorder = RunRecorder()
        with record_outcome(recorder, summary):
            settings = flags.settings()
            options = RunOptions(Deadline.of(budget, began), resume, dry_run, force)
            if settings.notify is not None and not dry_run:
                check_alerts(settings.notify)
                recorder.notify = settings.notify
            retrain(settings, options, recorder, progress)


if __name__ == "__main__":
    app()
