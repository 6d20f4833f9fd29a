"""Train, export, prove, log and register: `python -m pipeline.train --dataset insurance`.

What can refuse a run at once comes first; the stages after that are in `pipeline.training`.
"""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline import cli, options
from pipeline.errors import UsageError
from pipeline.estimate import FOLDS, work
from pipeline.progress import Progress, Silent, Work

if TYPE_CHECKING:
    from pipeline.config import TrainConfig
    from pipeline.cost import Cost
    from pipeline.dataset import Dataset
    from pipeline.deadline import Deadline
    from pipeline.register import Claim
    from pipeline.tracking.evidence import Training
    from pipeline.training import Result

app = cli.application()


def train(
    config: TrainConfig,
    progress: Progress | None = None,
    deadline: Deadline | None = None,
    promote: str | None = None,
) -> Result:
    """The whole way from a table to a registered, proven ONNX model.

    Args:
        config: what to train on, and how.
        progress: told of every stage.
        deadline: ends the search early.
        promote: why the new version is the champion whatever the one in use is; without it the
            gate of `pipeline.retrain` decides, if there is a champion.

    Where no model is better than the dummy everything is logged and nothing proven or registered:
    `Result.refuse` says so.

    Raises:
        PipelineError: its subclass says which stage refused; the run is closed accordingly and
            nothing is registered. What was trained until then is kept.
    """
    from pipeline import artifacts, challenge, plan, signature, track
    from pipeline.candidates import facts, within_limits
    from pipeline.convert.refusals import refuse
    from pipeline.dataset import find, load
    from pipeline.search.quiet import import_pycaret
    from pipeline.search.split import split
    from pipeline.training import Terms, train_on

    progress = progress or Silent()
    claim = _claim(config, promote)
    progress.expect(work(config, deadline))
    progress.stage("dataset", config.dataset or str(config.data or ""))
    if config.onnx:
        refuse(config.setup)
        signature.check()
    artifacts.check_writable(config.output)
    spec = find(config)
    plan.announce(config, spec)
    dataset = load(spec, config)
    experiment, name = config.experiment or dataset.spec.name, _run_name(dataset)
    tags = {"dataset": dataset.spec.name}
    progress.step("importing MLflow and PyCaret")
    with (
        artifacts.claimed(config.output),
        challenge.prepared(dataset, config, judged=claim is None) as (rows, judge),
    ):
        split(rows, config)  # what cannot be split is refused before a run is opened
        if config.onnx:
            config = within_limits(config, spec.task, facts(rows))
        terms = Terms(deadline, judge=judge, claim=claim)
        with track.open_run(experiment, name, tags, meanwhile=import_pycaret) as run:
            return train_on(run, rows, config, progress, terms)


def _claim(config: TrainConfig, promote: str | None) -> Claim | None:
    from pipeline.challenge import promoted

    if promote is None:
        return None
    if not (config.register and config.onnx):
        raise UsageError(
            "promote: got a reason, expected none for a training that registers nothing",
            hint="Leave out --promote, or --no-register and --no-onnx",
        )
    return promoted(promote)


def _run_name(dataset: Dataset) -> str:
    """Dataset, UTC time, the data's own hash, and what tells apart trainings of one second.

    The folder that keeps the artifacts has this name.
    """
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{dataset.spec.name}-{moment}-{dataset.sha256[:7]}-{secrets.token_hex(3)}"


_OWN = ("config", "promote", "budget", "log_format")
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
    output: cli.OutputOption = None,
    name: cli.NameOption = None,
    experiment: cli.ExperimentOption = None,
    register: cli.RegisterOption = None,
    onnx: cli.OnnxOption = None,
    promote: options.PromoteOption = None,
    budget: options.BudgetOption = None,
    top: options.TopOption = None,
    select: options.SelectOption = None,
    max_microseconds_per_row: options.MicrosecondsOption = None,
    max_bytes: options.BytesOption = None,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Train on a table and log one proven ONNX model to MLflow."""
    given = {k: v for k, v in locals().items() if k not in _OWN}
    began = time.monotonic()
    with cli.session(log_format, metric) as progress:
        progress.expect(Work(cli.flags(include=include).get("include", ()), fold or FOLDS))
        progress.stage("start")
        from pipeline.config import read_config
        from pipeline.deadline import Deadline

        deadline = Deadline.of(budget, began)
        settings = read_config(config, **cli.flags(**given))
        result = train(settings, progress, deadline, promote)
        _say(result)
        result.refuse()
        result.check_output()


def _say(result: Result) -> None:
    """Leaderboard and verdict; the last line is where to look."""
    from pipeline.challenge import told
    from pipeline.cost import shown
    from pipeline.display import decimals
    from pipeline.report.findings import decisive
    from pipeline.tracking import store

    training = result.training
    board = shown(training.trained.leaderboard, _costs(training))
    cli.say_leaderboard(*board, decisive(training))
    if training.trained.choice:
        cli.say_fact("Chosen", training.trained.choice)
    elif training.trained.model_id != training.trained.leaderboard.index[0]:
        cli.say_fact("Chosen", training.trained.model_id)
    holdout = ", ".join(f"{k} {decimals(v)}" for k, v in training.trained.holdout.items())
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
        for head, line in told(result.version):
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


def _costs(training: Training) -> dict[str, Cost]:
    return {c.id: c.cost for c in training.trained.candidates if c.cost is not None}


if __name__ == "__main__":
    app()
