"""The report of a run in MLflow, made again from what the run keeps."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pipeline.report.__main__ import app
from pipeline.track.training_result import Converted
from pipeline.train import artifacts
from tests import tracked


def test_a_run_gets_its_report_back(
    insurance: Converted, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client, folder = tracked.enter(tmp_path, monkeypatch), tmp_path / "run"
    artifacts.write_artifacts(replace(insurance, folder=folder))
    report = (folder / "reports" / "report.html").read_bytes()
    for name in ("reports", "plots"):
        shutil.rmtree(folder / name)
    run = client.create_run(client.create_experiment("small")).info
    client.log_artifacts(run.run_id, str(folder))
    done = CliRunner().invoke(app, [run.run_id])
    assert done.exit_code == 0, done.output
    assert f"{run.run_id}/artifacts/reports/report.html" in done.output
    place = Path(client.download_artifacts(run.run_id, "reports", str(tmp_path)))
    assert (place / "report.html").read_bytes() == report
    assert {item.path for item in client.list_artifacts(run.run_id, "plots")}


@pytest.mark.parametrize("known", [False, True])
def test_a_run_that_keeps_no_training_is_refused(
    known: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    run_id = "0" * 32
    if known:
        run_id = client.create_run(client.create_experiment("small")).info.run_id
    done = CliRunner().invoke(app, [run_id])
    assert done.exit_code == 2
    assert run_id in done.output + caplog.text
