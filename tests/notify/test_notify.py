"""What goes wrong in telling changes nothing that is told."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.config.retrain_config import Notify, RetrainOutcome
from pipeline.notify.notify import notify_outcome
from tests.notify.summaries import summary


def test_summary_health_file_and_command_hear_of_it(tmp_path: Path) -> None:
    told = summary(RetrainOutcome.failed, 1)
    copy = ("sh", "-c", f"cat >'{tmp_path}/told'")
    notify_outcome(
        told, Notify(command=copy, health=tmp_path / "a.prom"), tmp_path / "summary.json"
    )
    assert json.loads((tmp_path / "summary.json").read_text()) == json.loads(told.to_json())
    assert (tmp_path / "told").read_text() == f"{told.to_json()}\n"
    assert 'retrain_exit_code{model="insurance"} 1.0' in (tmp_path / "a.prom").read_text()


def test_each_failure_is_one_warning_and_none_stops_the_next(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    gone = tmp_path / "gone"
    settings = Notify(command=[str(gone / "x")], health=gone / "a.prom")
    notify_outcome(summary(RetrainOutcome.failed, 1), settings, gone / "summary.json")
    assert [record.getMessage().split(":")[0] for record in caplog.records] == [
        "summary not written",
        "health file not written",
        "alert not sent",
    ]


def test_without_settings_nobody_is_told(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    notify_outcome(summary(RetrainOutcome.failed, 1), Notify())
    assert not caplog.records
    assert not list(tmp_path.iterdir())
