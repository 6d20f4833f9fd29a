"""The run that keeps one, the gate within it, and what follows from it."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from pipeline.config.retrain_config import Outcome
from pipeline.errors import GateError, PipelineError, TrackingError
from pipeline.gate.challenge import Challenge, Ruling
from pipeline.retrain.unchanged import BY

if TYPE_CHECKING:
    from pipeline.gate.decision import Decision
    from pipeline.retrain.context import Bench
    from pipeline.retrain.data import Checked
    from pipeline.retrain.recorder import Story
    from pipeline.tracking.track import Run
    from pipeline.tracking.training_result import Evidence
    from pipeline.train.stages import Result

logger = logging.getLogger(__name__)

DECISION, REASON = "decision", "reason"
"""Tags of a run; a table of runs in MLflow shows them as columns."""
NOTE = "mlflow.note.content"
_FINAL = (Outcome.promoted, Outcome.refused)
"""Decisions that a run's name shows."""


@contextmanager
def logged(bench: Bench, story: Story) -> Iterator[Run]:
    """An open MLflow run that says how the block ended, and why.

    Raises:
        TrackingError: no store answers.
    """
    from pipeline.tracking import track

    experiment = bench.config.experiment or bench.name
    name = f"{bench.name}-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
    tags = {"dataset": bench.name, "kind": "retraining"}
    with track.open_run(experiment, name, tags) as run:
        if run.run_id is None:
            raise TrackingError(
                f"got no MLflow run ({run.offline}), expected a tracking store that answers",
                hint="Check MLFLOW_TRACKING_URI; the champion stays",
            )
        story.add(run_id=run.run_id, run_url=run.url)
        try:
            yield run
        except BaseException as err:
            ended = story.ended(err)
            _tell(bench, run.run_id, {DECISION: ended.outcome, REASON: ended.reason})
            raise


class Judge:
    """The gate for one training; called when its artifact folder is whole.

    Attributes:
        decision: None until there is a graph to decide on.
    """

    def __init__(self, bench: Bench, story: Story, data: Checked) -> None:
        self._bench, self._story, self._data = bench, story, data
        # the champion is fetched before the training, as it may not be there
        self._challenge = Challenge(bench.champion, bench.side, data.held, bench.gate)
        self.decision: Decision | None = None

    def __call__(self, evidence: Evidence) -> Ruling:
        """Decide, put the evidence into the folder, and return tags of the version.

        The version stays the challenger: it is promoted when the run has been told why.

        Raises:
            DataError: the holdout has a class that the challenger was not trained on.
        """
        from pipeline import drift
        from pipeline.selection.metric import metrics

        if self._data.drift is not None:
            drift.write(evidence.folder, self._data.drift)
        found = tuple(metrics(evidence))
        self.decision = self._challenge.decided(evidence, found)
        self._story.add(
            parity=evidence.verdict,
            left_out=evidence.trained.left_out,
            metric=found[0].name,
            challenger_metric=self.decision.figures.get("challenger"),
            champion_metric=self.decision.figures.get("champion"),
        )
        return Ruling({**self._challenge.tags(self.decision), **_identity(self._bench)})


def _identity(bench: Bench) -> dict[str, str]:
    """The fingerprint by which a later run knows that there is nothing to do."""
    return {} if bench.fingerprint is None else {"fingerprint": bench.fingerprint}


def settled(bench: Bench, story: Story, result: Result, judge: Judge) -> Decision:
    """Promote the version, or leave it as the challenger; either way the run says why.

    Raises:
        PipelineError: there is no version to decide on.
        GateError: somebody has moved the champion meanwhile.
        TrackingError: the registry does not answer.
    """
    from pipeline.registry import promotion
    from pipeline.registry.alias_history import shortened

    decision, version = judge.decision, result.version
    if decision is None or version is None:
        raise PipelineError("got a training without a version, expected one to decide on")
    story.add(challenger=version.version, outcome=Outcome.refused, reason=decision.text)
    if decision.passed:
        _require_same(bench)
        reason = shortened(decision.text)
        promotion.promote(bench.client, bench.name, version.version, reason, by=BY)
        story.add(outcome=Outcome.promoted, champion_after=version.version)
    ended = story.ended()
    logger.info("version %s %s: %s", version.version, ended.outcome, decision.text)
    if result.run.run_id is not None:
        tags = {DECISION: ended.outcome, REASON: decision.text, **_identity(bench)}
        _tell(bench, result.run.run_id, tags, decision)
    return decision


def unlearned(bench: Bench, story: Story, result: Result) -> None:
    """Say of the run that it has no challenger, since no model is better than the dummy."""
    reason = result.training.trained.nothing_learned
    story.add(outcome=Outcome.refused, reason=reason)
    logger.info("%s: %s", Outcome.refused, reason)
    if result.run.run_id is not None:
        _tell(bench, result.run.run_id, {DECISION: Outcome.refused, REASON: reason})


def _require_same(bench: Bench) -> None:
    """Refuse to replace a champion that nobody has compared with."""
    from pipeline.gate.champion import champion

    before, now = bench.champion, champion(bench.client, bench.name)
    if (before and before.version) != (now and now.version):
        raise GateError(
            f"got version {now and now.version} as the champion, expected "
            f"{before and before.version}, which the challenger was held against",
            hint="somebody has promoted or rolled back meanwhile: run again",
        )


def planned(bench: Bench, data: Checked) -> str:
    """What a run without --dry-run would do."""
    against = "there is no champion, so only its own limits count"
    if bench.champion is not None:
        against = f"version {bench.champion.version} is the champion to beat"
    rows, others = len(data.dataset.frame), len(data.held)
    return f"would train on {rows:,} rows and decide on {others:,} others; {against}"


def _tell(
    bench: Bench, run_id: str, tags: Mapping[str, str], decision: Decision | None = None
) -> None:
    """Tell the run, the gate's verdict ahead of its description.

    A failure to log it changes nothing of what was decided.
    """
    from pipeline.tracking.description import RUN_LIMIT

    try:
        for name, value in tags.items():
            bench.client.set_tag(run_id, name, value[:RUN_LIMIT])
        run = bench.client.get_run(run_id)
        if tags[DECISION] in _FINAL:  # the list of runs shows names, and tags only when asked to
            bench.client.update_run(run_id, name=f"{run.info.run_name} ({tags[DECISION]})")
        if decision is None:
            return
        note = f"{decision.note()}\n\n{run.data.tags.get(NOTE, '')}"
        bench.client.set_tag(run_id, NOTE, note[:RUN_LIMIT])
        for name, figure in decision.figures.items():
            bench.client.log_metric(run_id, f"gate_{name}", figure)
    except Exception as err:  # noqa: BLE001  MLflow, requests, SQLAlchemy: no common base
        logger.warning("run %s could not be told the decision: %s", run_id, err)
