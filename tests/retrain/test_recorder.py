"""How a retraining ended, by what ended it."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.cli.display import LoggedProgress
from pipeline.config.retrain_config import RetrainOutcome
from pipeline.errors import ConfigError, DataError, GateError, LockedError, PipelineError
from pipeline.retrain.recorder import RunRecorder, record_outcome
from pipeline.system.signals import Terminated


@pytest.mark.parametrize(
    ("kind", "outcome"),
    [
        (ConfigError, RetrainOutcome.failed),
        (DataError, RetrainOutcome.refused),
        (GateError, RetrainOutcome.refused),
        (LockedError, RetrainOutcome.locked),
    ],
)
def test_an_error_of_ours_says_outcome_code_reason_and_stage(
    kind: type[PipelineError], outcome: RetrainOutcome
) -> None:
    recorder = RunRecorder()
    recorder.watch(LoggedProgress()).stage("export")
    found = recorder.summarize(kind("got x", hint="Use y"))
    assert (found.outcome, found.exit_code, found.stage) == (outcome, kind.exit_code, "export")
    assert (found.reason, found.hint) == ("got x", "Use y")


@pytest.mark.parametrize(
    ("err", "outcome", "code"),
    [
        (KeyboardInterrupt(), RetrainOutcome.killed, 130),
        (Terminated(15), RetrainOutcome.killed, 143),
        (ZeroDivisionError("x"), RetrainOutcome.failed, 1),
    ],
)
def test_so_does_what_is_not_ours(err: BaseException, outcome: RetrainOutcome, code: int) -> None:
    found = RunRecorder().summarize(err)
    assert (found.outcome, found.exit_code) == (outcome, code)


def test_who_ends_well_names_no_stage(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    recorder, file = RunRecorder(), tmp_path / "summary.json"
    with record_outcome(recorder, file):
        recorder.watch(LoggedProgress()).stage("register")
        recorder.summary.outcome = RetrainOutcome.promoted
    assert recorder.summarize().stage is None
    assert capsys.readouterr().out == file.read_text()
    assert '"outcome": "promoted"' in file.read_text()


def test_a_summary_that_was_asked_for_stays_as_it_was() -> None:
    recorder = RunRecorder()
    before = recorder.summarize()
    recorder.summary.reason = "what was learned since"
    assert before.reason == ""
    assert recorder.summarize().reason == "what was learned since"
