"""Train, export, prove, log and register: `python -m pipeline.train --dataset insurance`.

This file is the table of contents; each stage is one function in the module of its name.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline import cli
from pipeline.progress import Progress, Silent

if TYPE_CHECKING:
    from pipeline.config import TrainConfig
    from pipeline.dataset import Dataset
    from pipeline.register import Version
    from pipeline.track import Run
    from pipeline.tracking.record import Evidence

app = cli.application()


@dataclass(frozen=True)
class Result:
    """What one training has produced."""

    evidence: Evidence
    run: Run
    version: Version | None


def train(config: TrainConfig, progress: Progress | None = None) -> Result:
    """The whole way from a table to a registered, proven ONNX model.

    Raises:
        PipelineError: its subclass says which stage refused; the run is closed accordingly and
            nothing is registered.
    """
    from pipeline import artifacts
    from pipeline.convert.refusals import refuse
    from pipeline.dataset import find, load

    progress = progress or Silent()
    progress.stage("dataset", config.dataset or str(config.data or ""))
    refuse(config.setup)
    artifacts.check_writable(config.output)
    dataset = load(find(config), config)
    return _tracked(dataset, config, progress)


def _tracked(dataset: Dataset, config: TrainConfig, progress: Progress) -> Result:
    """The stages that take time, inside an open MLflow run."""
    from pipeline import artifacts, track
    from pipeline.experiment import run_experiment
    from pipeline.export import export, seal
    from pipeline.register import register
    from pipeline.tracking.record import Evidence, fingerprint
    from pipeline.verify import verify

    experiment, name = config.experiment or dataset.spec.name, _run_name(dataset)
    with track.open_run(experiment, name, {"dataset": dataset.spec.name}) as run:
        progress.stage("experiment", f"{len(dataset.frame):,} rows")
        trained = run_experiment(dataset, config, progress)
        progress.stage("export", trained.model_name)
        model = export(trained, dataset)
        progress.stage("verify", "table rows and hostile rows, against predict_model")
        parity = verify(model, trained, dataset)
        model = seal(model, parity, run.run_id)
        progress.stage("track", experiment)
        with _artifact_folder(config, name) as folder:
            evidence = Evidence(dataset, config, trained, model, parity, folder)
            artifacts.write(evidence)
            logged = track.log(run, evidence)
        version = None
        if config.register or not parity.passed:
            progress.stage("register", dataset.spec.name)
            tags = {"fingerprint": fingerprint(dataset, config)}
            version = register(logged, model.manifest, parity, tags)
    return Result(evidence, logged, version)


def _run_name(dataset: Dataset) -> str:
    """Unique enough to find again: dataset, UTC time, and the data's own hash."""
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{dataset.spec.name}-{moment}-{dataset.sha256[:7]}"


@contextmanager
def _artifact_folder(config: TrainConfig, name: str) -> Iterator[Path]:
    """The --output folder, or one that only stays if MLflow could not take it."""
    from pipeline.artifacts import KEPT
    from pipeline.interrupts import is_interrupt

    if config.output is not None:
        yield config.output.resolve()
        return
    folder = (KEPT / name).resolve()
    try:
        yield folder
    except BaseException as err:
        if is_interrupt(err):  # nobody is told about a folder that stays
            shutil.rmtree(folder, ignore_errors=True)
        raise
    shutil.rmtree(folder)


@app.command()
def main(  # noqa: PLR0913, PLR0917  one parameter per flag
    dataset: cli.DatasetOption = None,
    data: cli.DataOption = None,
    target: cli.TargetOption = None,
    task: cli.TaskOption = None,
    config: cli.ConfigOption = None,
    include: cli.IncludeOption = None,
    exclude: cli.ExcludeOption = None,
    metric: cli.MetricOption = None,
    fold: cli.FoldOption = None,
    seed: cli.SeedOption = None,
    output: cli.OutputOption = None,
    experiment: cli.ExperimentOption = None,
    register: cli.RegisterOption = None,
    log_format: cli.LogFormatOption = cli.LogFormat.auto,
) -> None:
    """Train on a table and log one proven ONNX model to MLflow."""
    given = {k: v for k, v in locals().items() if k not in ("config", "log_format")}
    with cli.session(log_format, metric) as progress:
        from pipeline.config import read_config

        settings = read_config(config, **cli.flags(**given))
        result = train(settings, progress)
    _say(result)


def _say(result: Result) -> None:
    """Leaderboard and verdict; the last line is where to look."""
    from pipeline.tracking import store

    evidence = result.evidence
    board = evidence.trained.leaderboard.reset_index(names="id")
    cli.say_table("Leaderboard", list(board.columns), board.to_numpy().tolist())
    holdout = ", ".join(f"{k} {v:.4f}" for k, v in evidence.trained.holdout.items())
    cli.say(f"Holdout: {holdout}")
    cli.say(f"Verdict: {evidence.parity.text}")
    if result.version is not None:
        aliases = ", ".join(result.version.aliases)
        cli.say(f"Model:   {result.version.uri} ({aliases})")
    if evidence.folder.exists():
        cli.say(f"Files:   {evidence.folder}")
    if command := store.ui_command():
        cli.say(f"Look at it: start `{command}` and open")
    cli.say(result.run.url)


if __name__ == "__main__":
    app()
