"""Every command and every piece of code in README.md is run, as it stands there."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import joblib
import pandas as pd
import pytest

from tests import tracked
from tests.commands import ROOT, WholeRun, environment, whole_run

README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(\w+)\n(.*?)\n```$", README, flags=re.MULTILINE | re.DOTALL)
ROW = {"age": 19, "sex": "female", "bmi": 27.9, "children": 0, "smoker": "yes", "region": None}


def block(kind: str, word: str) -> str:
    """The one block of a language that holds a word."""
    (found,) = [text for language, text in BLOCKS if language == kind and word in text]
    return str(found)


TRAIN = block("sh", "pipeline.train --dataset")
TEST = block("sh", "pytest")
OWN = block("sh", "houses.csv")
SCORE = block("sh", "pipeline.score")
SERVE = block("sh", "models serve")
RETRAIN = block("sh", "pipeline.retrain")
PYTHON = block("python", "Scorer")
CONFIG = block("toml", "[setup]")


def test_no_block_is_left_out_here() -> None:
    known = {TRAIN, TEST, OWN, SCORE, SERVE, RETRAIN, PYTHON, CONFIG}
    assert [text for _, text in BLOCKS if text not in known] == []


@pytest.mark.parametrize("command", [TRAIN, TEST])
def test_ci_runs_the_commands_of_the_start(command: str) -> None:
    """They install an environment and take minutes: .ci/run goes through them step by step."""
    environment_, install, last = command.split(" && ")
    assert environment_ == "python3.11 -m venv .venv"
    assert "-m venv .venv" in CI
    assert "install -q --require-hashes" in install
    assert shlex.split(install)[-1] in {"requirements.txt", "requirements-dev.txt"}
    assert f"\n{last.removeprefix('.venv/bin/')}" in CI


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeRun]:
    """A folder in which insurance has its champion; its own, for the commands leave files in it."""
    found = whole_run(tmp_path_factory.mktemp("readme"))
    assert found.process.returncode == 0, found.process.stderr
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(found.folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield found


def shell(command: str, folder: Path) -> str:
    """What a command of .venv/bin prints that must succeed."""
    place = folder / ".venv"
    if not place.exists():
        place.symlink_to(sys.prefix)
    done = subprocess.run(
        ["bash", "-ec", command],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def predict_model(run: WholeRun, frame: pd.DataFrame) -> list[float]:
    """PyCaret's own answers."""
    from pycaret.regression import RegressionExperiment

    pipeline = joblib.load(run.output / "pickle" / "pipeline.pkl")
    predicted = RegressionExperiment().predict_model(pipeline, data=frame, verbose=False)
    labels: list[float] = predicted["prediction_label"].tolist()
    return labels


@pytest.mark.slow
def test_the_python_answers_like_pycaret(
    run: WholeRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    (tmp_path / "model.onnx").write_bytes((run.output / "onnx" / "model.onnx").read_bytes())
    monkeypatch.chdir(tmp_path)
    exec(PYTHON, {})
    answer = eval(capsys.readouterr().out)["prediction_label"]
    # the bound of the parity contract
    assert [answer] == pytest.approx(predict_model(run, pd.DataFrame([ROW])), rel=1e-9, abs=0)


@pytest.mark.slow
def test_the_command_that_scores_answers_like_pycaret(run: WholeRun) -> None:
    features = pd.read_csv(ROOT / "datasets" / "insurance.csv").drop(columns="charges")
    features.to_csv(run.folder / "new.csv", index=False)
    shell(SCORE, run.folder)
    scored = pd.read_csv(run.folder / "scored.csv", float_precision="round_trip")
    expected = pytest.approx(predict_model(run, features), rel=1e-9, abs=0)
    assert scored["prediction_label"].tolist() == expected


@pytest.mark.long
def test_the_command_that_retrains_ends_with_a_verdict(run: WholeRun) -> None:
    table = pd.read_csv(ROOT / "datasets" / "insurance.csv")
    table.head(1000).to_csv(run.folder / "new.csv", index=False)
    (run.folder / "FILE.toml").write_text('include = ["lr", "dt"]\nfold = 2\n', encoding="utf-8")
    summary = json.loads(shell(f"{RETRAIN} --config FILE.toml || test $? = 6", run.folder))
    assert summary["outcome"] in {"promoted", "refused"}
    assert summary["parity"] == "pass"


@pytest.mark.slow
def test_mlflow_loads_the_model_by_the_name_that_stands_there(run: WholeRun) -> None:
    import mlflow.pyfunc

    (code,) = re.findall(r"`(mlflow\.pyfunc\.load_model\(.*?\))`", README)
    model = eval(code, {"mlflow": mlflow})
    frame = pd.DataFrame([ROW])
    scored = model.predict(frame)["prediction_label"].tolist()
    assert scored == pytest.approx(predict_model(run, frame), rel=1e-9, abs=0)


@pytest.mark.long
def test_the_service_starts(run: WholeRun) -> None:
    words = shlex.split(SERVE.removeprefix(".venv/bin/"))
    words[-1] = str(tracked.free_port())  # the printed port may be taken on this machine
    with tracked.server(words, f"http://127.0.0.1:{words[-1]}/health"):
        pass  # tests/serving/test_serve.py asks it


def houses() -> pd.DataFrame:
    """A small table with a price."""
    table = pd.read_csv(ROOT / "datasets" / "insurance.csv").head(120)
    return table.rename(columns={"charges": "price"})


@pytest.mark.long
def test_the_command_for_ones_own_data_with_the_example_file_leads_to_a_proven_model(
    tmp_path: Path,
) -> None:
    houses().to_csv(tmp_path / "houses.csv", index=False)
    (tmp_path / "FILE.toml").write_text(CONFIG, encoding="utf-8")
    (option,) = re.findall(r"`(--config FILE\.toml)`", README)
    assert "parity passed" in shell(f"{OWN} {option}", tmp_path)


@pytest.mark.slow
def test_the_plan_says_that_the_example_converts(tmp_path: Path) -> None:
    houses().to_csv(tmp_path / "houses.csv", index=False)
    (tmp_path / "FILE.toml").write_text(CONFIG, encoding="utf-8")
    (command,) = re.findall(r"`(python -m pipeline\.plan)`", README)
    options = "--data houses.csv --target price --config FILE.toml"
    said = shell(f".venv/bin/{command} {options}", tmp_path)
    assert "Verdict: exact" in said
