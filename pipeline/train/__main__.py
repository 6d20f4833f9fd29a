"""Train, export, prove, log and register: `python -m pipeline.train --dataset insurance`.

What can refuse a run at once comes first; the stages after that are in `pipeline.train.stages`.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.cli import app as cli
from pipeline.cli.estimate import FOLDS
from pipeline.cli.flags import BudgetOption, TrainFlags, with_flags
from pipeline.system.progress import Work
from pipeline.train.run import train

if TYPE_CHECKING:
    from pipeline.automl.candidate_cost import Cost
    from pipeline.track.training_result import TrainingResult
    from pipeline.train.result import RunResult

app = cli.create_application()


@app.command()
@with_flags
def main(
    flags: TrainFlags,
    promote: Annotated[
        str | None,
        typer.Option(
            help="Why the new version is the champion, whatever the gate would say.",
            metavar="REASON",
            show_default=False,
        ),
    ] = None,
    budget: BudgetOption = None,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Train on a table and log one proven ONNX model to MLflow."""
    began = time.monotonic()
    with cli.session(log_format, flags.metric) as progress:
        progress.expect(Work(flags.given().get("include", ()), flags.fold or FOLDS))
        progress.stage("start")
        from pipeline.automl.deadline import Deadline

        deadline = Deadline.of(budget, began)
        result = train(flags.settings(), progress, deadline, promote)
        _say(result)
        result.refuse()
        result.check_output()


def _say(result: RunResult) -> None:
    """Leaderboard and verdict; the last line is where to look."""
    from pipeline.automl.candidate_cost import format_leaderboard
    from pipeline.cli.display import format_decimals
    from pipeline.gate.challenge import describe_champion_fate
    from pipeline.track import store

    training = result.training
    board = format_leaderboard(training.trained.leaderboard, _costs(training))
    cli.say_leaderboard(*board, training.trained.metric.column)
    if training.trained.choice:
        cli.say_fact("Chosen", training.trained.choice)
    elif training.trained.model_id != training.trained.leaderboard.index[0]:
        cli.say_fact("Chosen", training.trained.model_id)
    holdout = ", ".join(f"{k} {format_decimals(v)}" for k, v in training.trained.holdout.items())
    cli.say_fact("Holdout", holdout)
    if training.trained.held_out:
        cli.say_fact("", training.trained.held_out)
    if training.trained.forward is not None and not training.trained.forward.level:
        cli.say_fact("Forward", training.trained.forward.text)
    for warning in (*training.warnings, training.cut):
        if warning:
            cli.say_fact("Note", warning)
    for line in training.audit.lines:  # a proven graph may still be of a wrong model
        cli.say_fact("Audit", line)
    cli.say_fact("Verdict", training.text)
    if result.version is not None:
        aliases = ", ".join(result.version.aliases)
        cli.say_fact("Model", f"{result.version.uri} ({aliases})")
        for head, line in describe_champion_fate(result.version):
            cli.say_fact(head, line)
    elif training.verdict in ("none", "nothing learned"):
        cli.say_fact(
            "Model", "not registered; the trained pipeline is pickle/pipeline.pkl of the run"
        )
    if training.folder.exists():
        cli.say_fact("Files", str(training.folder))
    if command := store.ui_command():
        cli.say(f"Look at it: start `{command}` and open")
    cli.say(result.run.url)


def _costs(training: TrainingResult) -> dict[str, Cost]:
    return {c.id: c.cost for c in training.trained.candidates if c.cost is not None}


if __name__ == "__main__":
    app()
