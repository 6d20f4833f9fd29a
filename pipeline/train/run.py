"""Runs a training from the table to the registry: refusals first, then the stages."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.errors import UsageError
from pipeline.system.progress import Progress, Silent

if TYPE_CHECKING:
    from pipeline.automl.deadline import Deadline
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset
    from pipeline.registry.register import Claim
    from pipeline.train.result import RunResult


def train(
    config: TrainConfig,
    progress: Progress | None = None,
    deadline: Deadline | None = None,
    promote: str | None = None,
) -> RunResult:
    """The whole way from a table to a registered, proven ONNX model.

    Args:
        config: what to train on, and how.
        progress: told of every stage.
        deadline: ends the search early.
        promote: why the new version is the champion whatever the one in use is; without it the
            gate of `pipeline.retrain` decides, if there is a champion.

    Where no model is better than the dummy everything is logged and nothing proven or registered:
    `RunResult.refuse` says so.

    Raises:
        PipelineError: its subclass says which stage refused; the run is closed accordingly and
            nothing is registered. What was trained until then is kept.
    """
    from pipeline.automl.pycaret_isolation import import_pycaret
    from pipeline.automl.split import make_split
    from pipeline.data.dataset import find_dataset, load_dataset
    from pipeline.gate import challenge
    from pipeline.plan.plan import plan_conversion
    from pipeline.runtime import signature
    from pipeline.track import mlflow_run
    from pipeline.train import artifacts
    from pipeline.train.stages import TrainingHooks, train_on

    progress = progress or Silent()
    claim = _claim(config, promote)
    progress.stage("dataset", config.dataset or str(config.data or ""))
    plan = plan_conversion(config, find_dataset(config))
    progress.expect(plan.work(deadline))
    if config.onnx:
        plan.refuse()
        signature.check_keys()
    artifacts.check_writable(config.output)
    plan.announce()
    dataset = load_dataset(plan.spec, config)
    experiment, name = config.experiment or dataset.spec.name, _run_name(dataset)
    tags = {"dataset": dataset.spec.name}
    progress.step("importing MLflow and PyCaret")
    with (
        artifacts.claim_output(config.output),
        challenge.prepare_challenge(dataset, config, judged=claim is None) as (rows, judge),
    ):
        plan = plan.fit_to(rows)
        make_split(rows, config)  # what cannot be split is refused before a run is opened
        hooks = TrainingHooks(deadline, judge=judge, claim=claim)
        with mlflow_run.open_run(experiment, name, tags, meanwhile=import_pycaret) as run:
            return train_on(run, rows, plan, progress, hooks)


def _claim(config: TrainConfig, promote: str | None) -> Claim | None:
    from pipeline.gate.challenge import claim_promotion

    if promote is None:
        return None
    if not (config.register and config.onnx):
        raise UsageError(
            "promote: got a reason, expected none for a training that registers nothing",
            hint="Leave out --promote, or --no-register and --no-onnx",
        )
    return claim_promotion(promote)


def _run_name(dataset: Dataset) -> str:
    """Dataset, UTC time, the data's own hash, and what tells apart trainings of one second.

    The folder that keeps the artifacts has this name.
    """
    moment = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    return f"{dataset.spec.name}-{moment}-{dataset.sha256[:7]}-{secrets.token_hex(3)}"
