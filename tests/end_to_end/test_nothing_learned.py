"""Where no model beats the dummy: everything is kept, nothing is registered, the code is 6."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from pipeline.train.__main__ import app
from tests import tracked


def noise(task: str) -> pd.DataFrame:
    random = np.random.default_rng(11)
    x, z, y = random.normal(size=(3, 150))
    return pd.DataFrame(
        {"x": x, "z": z, "y": y if task == "regression" else np.where(y > 0, "a", "b")}
    )


@pytest.mark.parametrize("task", ["regression", "classification"])
def test_a_target_of_noise_leaves_leaderboard_report_and_evidence(
    task: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    noise(task).to_csv("noise.csv", index=False)
    options = ("--target", "y", "--include", "lr,dt", "--fold", "3", "--output", "out")
    result = CliRunner().invoke(app, ["--data", "noise.csv", *options])
    assert result.exit_code == 6, result.stderr
    assert "error: no model has learned anything" in result.stderr
    lines = result.stdout.splitlines()
    assert lines[0] == "Leaderboard"
    assert any(line.startswith("Verdict: no model has learned anything") for line in lines)
    run = client.get_run(lines[-1].rpartition("/runs/")[2].partition("?")[0])
    assert (run.info.status, run.data.tags["verdict"]) == ("FINISHED", "nothing learned")
    assert client.search_registered_models() == []
    board: Any = json.loads(Path("out/tables/leaderboard.json").read_text())
    assert {row[0] for row in board["data"]} == {"lr", "dt"}
    report = Path("out/reports/report.html").read_text()
    assert "Nothing learned" in report
    assert not Path("out/onnx").exists()
    held = {item.path for item in client.list_artifacts(run.info.run_id, "reports")}
    assert "reports/report.html" in held
