"""What follows from a verdict: a promotion or none, and a run that says why."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.config.retrain_config import RetrainOutcome
from pipeline.errors import GateError, PipelineError, TrackingError
from pipeline.gate.challenge import Ruling
from pipeline.gate.decision import Decision, GateCheck
from pipeline.registry import promotion
from pipeline.retrain import outcome
from pipeline.retrain.outcome import DECISION, NOTE, REASON, describe_plan, settle
from pipeline.retrain.recorder import RunRecorder
from pipeline.track import mlflow_run
from tests.retrain.stand_in import Client, Context, with_champion

GOOD = Decision.of((GateCheck("minimum", 0.9, 0.5, True, "R2 0.9"),), {"challenger": 0.9})
BAD = Decision.of((GateCheck("minimum", 0.1, 0.5, False, "R2 0.1, too low"),), {"challenger": 0.1})


@pytest.fixture
def promoted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    calls: list[str] = []
    monkeypatch.setattr(
        promotion, "promote_version", lambda client, name, number, reason, by: calls.append(number)
    )
    return calls


def result(decision: Decision | None, version: str | None = "2") -> Any:
    return SimpleNamespace(
        ruling=Ruling({}, decision=decision),
        version=version and SimpleNamespace(version=version),
        run=SimpleNamespace(run_id="run"),
    )


def test_what_passed_is_promoted_and_the_run_says_so_first(promoted: list[str]) -> None:
    context, recorder = with_champion("1", v1={}), RunRecorder()
    context.client.tags[NOTE] = "the model"
    assert settle(context, recorder, result(GOOD)) is GOOD  # type: ignore[arg-type]
    assert promoted == ["2"]
    summary = recorder.summary
    assert (summary.outcome, summary.champion_after) == (RetrainOutcome.promoted, "2")
    assert context.client.tags[DECISION] == "promoted"
    assert context.client.tags[REASON] == GOOD.text
    assert context.client.tags[NOTE].startswith("**Gate: passed.**")
    assert context.client.tags[NOTE].endswith("the model")
    assert context.client.metrics == {"gate_challenger": 0.9}
    assert context.client.name == "shop-1 (promoted)"


def test_what_did_not_pass_stays_the_challenger(promoted: list[str]) -> None:
    context, recorder = with_champion("1", v1={}), RunRecorder()
    settle(context, recorder, result(BAD))  # type: ignore[arg-type]
    assert not promoted
    assert recorder.summary.outcome == RetrainOutcome.refused
    assert recorder.summary.challenger == "2"
    assert context.client.name == "shop-1 (refused)"


@pytest.mark.parametrize("now", ["3", None])
def test_a_champion_that_was_moved_meanwhile_is_not_replaced(
    promoted: list[str], now: str | None
) -> None:
    context = with_champion("1", v1={}, v3={})
    context.client.champion = now
    with pytest.raises(GateError, match="expected 1"):
        settle(context, RunRecorder(), result(GOOD))  # type: ignore[arg-type]
    assert not promoted


@pytest.mark.parametrize(("decision", "version"), [(None, "2"), (GOOD, None)])
def test_without_a_version_there_is_nothing_to_decide(decision: Any, version: Any) -> None:
    with pytest.raises(PipelineError, match="without a version"):
        settle(Context(), RunRecorder(), result(decision, version))  # type: ignore[arg-type]


def test_a_run_that_cannot_be_told_changes_nothing_of_what_was_decided(
    promoted: list[str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def gone(*_: str) -> None:
        raise ConnectionError("gone")

    monkeypatch.setattr(Client, "set_tag", gone)
    recorder = RunRecorder()
    settle(with_champion("1", v1={}), recorder, result(GOOD))  # type: ignore[arg-type]
    assert (promoted, recorder.summary.outcome) == (["2"], RetrainOutcome.promoted)
    assert "gone" in caplog.text


def test_nothing_learned_is_a_refusal_with_its_reason() -> None:
    context, recorder, found = Context(), RunRecorder(), result(None, None)
    found.training = SimpleNamespace(trained=SimpleNamespace(nothing_learned="like the dummy"))
    outcome.record_nothing_learned(context, recorder, found)  # type: ignore[arg-type]
    assert (recorder.summary.outcome, recorder.summary.reason) == ("refused", "like the dummy")
    assert context.client.tags == {DECISION: "refused", REASON: "like the dummy"}


def test_an_open_run_says_how_it_ended_and_one_that_is_none_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = SimpleNamespace(run_id="run", url="http://run", offline="")
    monkeypatch.setattr(mlflow_run, "open_run", lambda *_: nullcontext(run))
    context, recorder = Context(), RunRecorder()
    with (
        pytest.raises(GateError),
        outcome.open_retrain_run(context, recorder) as opened,  # type: ignore[arg-type]
    ):
        assert opened is run
        raise GateError("too slow")
    assert (recorder.summary.run_id, recorder.summary.run_url) == ("run", "http://run")
    assert context.client.tags == {DECISION: "refused", REASON: "too slow"}
    run.run_id, run.offline = None, "no answer"
    with (
        pytest.raises(TrackingError, match="no answer"),
        outcome.open_retrain_run(context, recorder),  # type: ignore[arg-type]
    ):
        pytest.fail("opened without a store")


def test_a_dry_run_says_on_what_it_would_decide() -> None:
    data: Any = SimpleNamespace(dataset=SimpleNamespace(frame=range(1000)), held=range(20))
    without, against = (describe_plan(c, data) for c in (Context(), with_champion("7")))  # type: ignore[arg-type]
    assert "train on 1,000 rows and decide on 20 others" in without
    assert "no champion" in without
    assert "version 7 is the champion to beat" in against
