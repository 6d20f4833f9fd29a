"""Logs a retraining, judges its model, and carries out the decision."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.config.retrain_config import RetrainOutcome
from pipeline.errors import GateError, PipelineError, TrackingError
from pipeline.gate.challenge import Challenge, Ruling
from pipeline.retrain.unchanged import BY

if TYPE_CHECKING:
    from pipeline.gate.decision import Decision
    from pipeline.retrain.context import RetrainContext
    from pipeline.retrain.new_data import CheckedData
    from pipeline.retrain.recorder import RunRecorder
    from pipeline.track.mlflow_run import Run
    from pipeline.track.training_result import Converted
    from pipeline.train.result import RunResult

logger = logging.getLogger(__name__)

DECISION, REASON = "decision", "reason"
"""Tags of a run; a table of runs in MLflow shows them as columns."""
NOTE = "mlflow.note.content"
_FINAL = (RetrainOutcome.promoted, RetrainOutcome.refused)
"""Decisions that a run's name shows."""


@contextmanager
def open_retrain_run(context: RetrainContext, recorder: RunRecorder) -> Iterator[Run]:
    """An open MLflow run that says how the block ended, and why.

    Raises:
        TrackingError: no store answers.
    """
    from pipeline.track import mlflow_run

    experiment = context.config.experiment or context.name
    name = f"{context.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    tags = {"dataset": context.name, "kind": "retraining"}
    with mlflow_run.open_run(experiment, name, tags) as run:
        if run.run_id is None:
            raise TrackingError(
                f"got no MLflow run ({run.offline}), expected a tracking store that answers",
                hint="Check MLFLOW_TRACKING_URI; the champion stays",
            )
        recorder.summary.run_id, recorder.summary.run_url = run.run_id, run.url
        try:
            yield run
        except BaseException as err:
            ended = recorder.summarize(err)
            _tag_run(context, run.run_id, {DECISION: ended.outcome, REASON: ended.reason})
            raise


class Judge:
    """The gate for one training, which notes what it has found."""

    def __init__(self, context: RetrainContext, recorder: RunRecorder, data: CheckedData) -> None:
        self._context, self._summary = context, recorder.summary
        # the champion is fetched before the training, as it may not be there
        self._challenge = Challenge(context.champion, context.contender, data.held, context.gate)

    def __call__(self, evidence: Converted) -> Ruling:
        """Decide; the version stays the challenger: it is promoted when the run knows why.

        Raises:
            DataError: the holdout has a class that the challenger was not trained on.
        """
        from pipeline.selection.metric import build_metrics

        found = tuple(build_metrics(evidence))
        decision = self._challenge.decide(evidence, found)
        summary = self._summary
        summary.parity, summary.left_out = evidence.verdict, evidence.trained.left_out
        summary.metric = found[0].name
        summary.challenger_metric = decision.figures.get("challenger")
        summary.champion_metric = decision.figures.get("champion")
        tags = {**self._challenge.tags(decision), **_identity(self._context)}
        return Ruling(tags, decision=decision)


def _identity(context: RetrainContext) -> dict[str, str]:
    """The fingerprint by which a later run knows that there is nothing to do."""
    return {} if context.fingerprint is None else {"fingerprint": context.fingerprint}


def settle(context: RetrainContext, recorder: RunRecorder, result: RunResult) -> Decision:
    """Promote the version, or leave it as the challenger; either way the run says why.

    Raises:
        PipelineError: there is no version to decide on.
        GateError: somebody has moved the champion meanwhile.
        TrackingError: the registry does not answer.
    """
    from pipeline.registry import promotion
    from pipeline.registry.alias_history import shorten_reason

    decision, version, summary = result.ruling.decision, result.version, recorder.summary
    if decision is None or version is None:
        raise PipelineError("got a training without a version, expected one to decide on")
    summary.challenger, summary.outcome = version.version, RetrainOutcome.refused
    summary.reason = decision.text
    if decision.passed:
        _require_same(context)
        reason = shorten_reason(decision.text)
        promotion.promote_version(context.client, context.name, version.version, reason, by=BY)
        summary.outcome, summary.champion_after = RetrainOutcome.promoted, version.version
    logger.info("version %s %s: %s", version.version, summary.outcome, decision.text)
    if result.run.run_id is not None:
        tags = {DECISION: summary.outcome, REASON: decision.text, **_identity(context)}
        _tag_run(context, result.run.run_id, tags, decision)
    return decision


def record_nothing_learned(
    context: RetrainContext, recorder: RunRecorder, result: RunResult
) -> None:
    """Say of the run that it has no challenger, since no model is better than the dummy."""
    reason = result.training.trained.nothing_learned
    recorder.summary.outcome, recorder.summary.reason = RetrainOutcome.refused, reason
    logger.info("%s: %s", RetrainOutcome.refused, reason)
    if result.run.run_id is not None:
        _tag_run(context, result.run.run_id, {DECISION: RetrainOutcome.refused, REASON: reason})


def _require_same(context: RetrainContext) -> None:
    """Refuse to replace a champion that nobody has compared with."""
    from pipeline.gate.champion import find_champion

    before, now = context.champion, find_champion(context.client, context.name)
    if (before and before.version) != (now and now.version):
        raise GateError(
            f"got version {now and now.version} as the champion, expected "
            f"{before and before.version}, which the challenger was held against",
            hint="somebody has promoted or rolled back meanwhile: run again",
        )


def describe_plan(context: RetrainContext, data: CheckedData) -> str:
    """What a run without --dry-run would do."""
    against = "there is no champion, so only its own limits count"
    if context.champion is not None:
        against = f"version {context.champion.version} is the champion to beat"
    rows, others = len(data.dataset.frame), len(data.held)
    return f"would train on {rows:,} rows and decide on {others:,} others; {against}"


def _tag_run(
    context: RetrainContext, run_id: str, tags: Mapping[str, str], decision: Decision | None = None
) -> None:
    """Tell the run, the gate's verdict ahead of its description.

    A failure to log it changes nothing of what was decided.
    """
    from pipeline.track.description import RUN_LIMIT

    try:
        for name, value in tags.items():
            context.client.set_tag(run_id, name, value[:RUN_LIMIT])
        run = context.client.get_run(run_id)
        if tags[DECISION] in _FINAL:  # the list of runs shows names, and tags only when asked to
            name = f"{run.info.run_name} ({tags[DECISION]})"
            context.client.update_run(run_id, name=name)
        if decision is None:
            return
        note = f"{decision.note()}\n\n{run.data.tags.get(NOTE, '')}"
        context.client.set_tag(run_id, NOTE, note[:RUN_LIMIT])
        for name, figure in decision.figures.items():
            context.client.log_metric(run_id, f"gate_{name}", figure)
    except Exception as err:  # noqa: BLE001  MLflow, requests, SQLAlchemy: no common base
        logger.warning("run %s could not be told the decision: %s", run_id, err)
