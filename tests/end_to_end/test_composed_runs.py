"""Composed models from a configuration file to a registered version."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from typer.testing import CliRunner

from pipeline.config.ensemble_rules import list_ensemble_steps
from pipeline.config.sections import STEPS
from pipeline.config.train_config import read_config
from pipeline.train import __main__ as train
from tests import tracked

SHALLOW: dict[str, Any] = {"calibrate_fold": 2}

LINEAR = {"dataset": "insurance", "include": ["lr", "dt"]}

RUNS: dict[str, dict[str, Any]] = {
    "tune(lr)": {**LINEAR, "tune": {"n_iter": 2, "choose_better": False}},
    "bagging(lr)": {**LINEAR, "ensemble": {"n_estimators": 3}},
    "blend(lr+dt)": {**LINEAR, "blend": {"models": ["lr", "dt"]}},
    "stack(lr+dt)": {**LINEAR, "stack": {"models": ["lr", "dt"]}},
    "threshold(calibrate(nb))": {
        "dataset": "juice",
        "include": ["nb"],
        "calibrate": SHALLOW,
        "threshold": {"probability_threshold": 0.4},
    },
}


@pytest.mark.long
@pytest.mark.parametrize("model", RUNS)
def test_a_config_file_leads_to_a_registered_composed_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: str
) -> None:
    settings, name = RUNS[model], RUNS[model]["dataset"]
    client, output = tracked.enter(tmp_path, monkeypatch), tmp_path / "output"
    Path("run.toml").write_text(tomli_w.dumps({"fold": 2, **settings}))
    done = CliRunner().invoke(train.app, ["--config", "run.toml", "--output", str(output)])
    assert done.exit_code == 0, done.output
    assert "Verdict: parity passed" in done.stdout
    board = json.loads((output / "tables" / "leaderboard.json").read_text())
    column = "R2" if name == "insurance" else "Accuracy"
    rows = {row[0]: dict(zip(board["columns"], row, strict=True)) for row in board["data"]}
    assert rows.keys() >= {*settings["include"], model}
    (version,) = client.search_model_versions(f"name = '{name}'")
    logged = client.get_run(version.run_id).data
    assert (version.tags["model_id"], logged.tags["model_id"]) == (model, model)
    assert logged.metrics[f"cv_{column.lower()}"] == rows[model][column]
    assert f"<td>{model}</td>" in (output / "reports" / "report.html").read_text()
    again = read_config(output / "config" / "train.toml")
    for section in list_ensemble_steps(again):
        assert getattr(again, section) == settings[section]
    assert list_ensemble_steps(again) == tuple(section for section in STEPS if section in settings)
