"""Every composed model from a configuration to a graph, within the parity contract."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from typer.testing import CliRunner

from pipeline import train
from pipeline.composition import steps
from pipeline.config import TrainConfig, read_config
from pipeline.experiment import run_experiment
from pipeline.export import export
from pipeline.sections import STEPS
from pipeline.verify import verify
from tests import tables, tracked

SHALLOW: dict[str, Any] = {"calibrate_fold": 2}

CASES: dict[str, tuple[str, tuple[str, ...], dict[str, Any]]] = {
    "tuned": ("insurance", ("gbr", "lr"), {"tune": {"n_iter": 3}}),
    "bagging": ("insurance", ("dt", "lr"), {"ensemble": {"n_estimators": 4}}),
    "boosting": ("juice", ("dt",), {"ensemble": {"method": "Boosting", "n_estimators": 4}}),
    "blend": ("insurance", ("lr", "lightgbm", "knn"), {"blend": {"weights": [1, 2, 0.5]}}),
    "soft blend": ("penguins", ("lr", "dt", "nb"), {"blend": {}}),
    "hard blend": ("penguins", ("ridge", "dt", "lr"), {"blend": {"method": "hard"}}),
    "stack": ("insurance", ("lr", "dt"), {"stack": {"models": ["lr", "dt"], "meta": "ridge"}}),
    "restack": ("juice", ("lr", "lightgbm"), {"stack": {"top": 2, "restack": True}}),
    "blend under stack": ("juice", ("lr", "dt"), {"blend": {"top": 2}, "stack": {"top": 1}}),
    "sigmoid": ("titanic", ("dt", "lr"), {"calibrate": SHALLOW}),
    "isotonic": ("juice", ("ridge",), {"calibrate": {**SHALLOW, "method": "isotonic"}}),
    "threshold": ("juice", ("lr",), {"threshold": {"probability_threshold": 0.3}}),
    "search": ("juice", ("nb",), {"threshold": {"n": 2, "options": {"maxiter": 1}}}),
    "everything": (
        "juice",
        ("lr", "dt", "nb"),
        {
            "tune": {"n_iter": 2},
            "ensemble": {"n_estimators": 3},
            "blend": {"top": 2},
            "stack": {"top": 2, "meta_model_fold": 2},
            "calibrate": SHALLOW,
            "threshold": {"probability_threshold": 0.6},
        },
    ),
}


@pytest.mark.long
@pytest.mark.parametrize("case", CASES)
def test_every_composed_model_predicts_what_pycaret_predicts(case: str) -> None:
    name, include, sections = CASES[case]
    config = TrainConfig(include=include, fold=2, **sections)
    trained, table = run_experiment(tables.dataset(name), config), tables.dataset(name)
    exported = export(trained, table)
    parity = verify(exported, trained, table)
    assert parity.passed, (trained.model_id, parity.text, parity.worst)
    assert not parity.summary["flips"]
    assert exported.manifest.model_id == trained.model_id


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
    for section in steps(again):
        assert getattr(again, section) == settings[section]
    assert steps(again) == tuple(section for section in STEPS if section in settings)
