"""Every command and every piece of code in README.md is run, as it stands there."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import joblib
import pandas as pd
import pytest

from tests import network, tracked
from tests.commands import ROOT, WholeRun, needed, pasted, project, whole_run
from tests.serving.http import post

README = (ROOT / "README.md").read_text(encoding="utf-8")
CI = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
INLINE = re.findall(r"`((?:[A-Z_]+=\S+ )?(?:[\w./-]*bin/|python |pip |mlflow )[^`]*)`", README)
"""Commands within the text."""
UNRUN = {
    ".venv/bin/pip install jupyterlab": "it asks a package registry; .ci/run installs the lock",
    ".venv/bin/python -m pipeline.adopt SOURCE --sample FILE --name NAME": "see tests/adopt",
}
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


def test_no_command_within_the_text_is_left_out_here() -> None:
    assert set(INLINE) == {*RUN, *UNRUN, *(c for c in INLINE if c.endswith("mlflow ui"))}


@pytest.mark.parametrize("command", [TRAIN, TEST])
def test_ci_runs_the_commands_of_the_start(command: str) -> None:
    """They install an environment and take minutes: .ci/run goes through them step by step."""
    environment_, install, last = command.split(" && ")
    assert environment_ == "python3.11 -m venv .venv"
    assert "-m venv .venv" in CI
    assert "install -q --require-hashes" in install
    assert shlex.split(install)[-1] in {"requirements.txt", "requirements-dev.txt"}
    assert f"\n{last.removeprefix('.venv/bin/')}" in CI


M = ".venv/bin/python -m pipeline"
BUNDLE = f"{M}.bundle --model models:/insurance@champion --for node --output insurance-node"
CONFORMANCE = f"{M}.conformance --model models:/insurance@champion"
RUN = {
    f"{M}.report RUN_ID": [f"{M}.report RUN_ID"],
    f"{M}.compare RUN_A RUN_B": [f"{M}.compare models:/insurance@champion out"],
    BUNDLE: [BUNDLE],
    CONFORMANCE: [f"{CONFORMANCE} --only reference"],
    f"{M}.plan": [f"{M}.plan --dataset insurance"],
    f"{M}.models list | show | promote | rollback | prune": [
        f"{M}.models list",
        f"{M}.models show insurance",
        f"{M}.models promote insurance 1 --reason again",
        f"{M}.models rollback --help",  # there is no version to go back to
        f"{M}.models prune insurance --dry-run",
    ],
    f"{M}.doctor [--fix]": [f"{M}.doctor", f"{M}.doctor --fix"],
}
"""Commands within the text, and what is run of each where it holds a choice or a word for an id."""


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WholeRun]:
    """A folder in which insurance has its champion; its own, for the commands change both."""
    found = whole_run(tmp_path_factory.mktemp("readme"))
    assert found.process.returncode == 0, found.process.stderr
    project(found.folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(found.folder)
        patch.delenv("MLFLOW_TRACKING_URI", raising=False)
        yield found


def predict_model(run: WholeRun, frame: pd.DataFrame) -> list[float]:
    """PyCaret's own answers."""
    from pycaret.regression import RegressionExperiment

    pipeline = joblib.load(run.output / "pickle" / "pipeline.pkl")
    predicted = RegressionExperiment().predict_model(pipeline, data=frame, verbose=False)
    labels: list[float] = predicted["prediction_label"].tolist()
    return labels


def in_python(code: str) -> str:
    return f".venv/bin/python -c {shlex.quote(code)}"


@pytest.mark.slow
def test_the_python_answers_like_pycaret(run: WholeRun) -> None:
    (run.folder / "model.onnx").write_bytes((run.output / "onnx" / "model.onnx").read_bytes())
    answer = eval(pasted(in_python(PYTHON), run.folder))["prediction_label"]
    # the bound of the parity contract
    assert [answer] == pytest.approx(predict_model(run, pd.DataFrame([ROW])), rel=1e-9, abs=0)


@pytest.mark.long
@pytest.mark.parametrize("command", [line for lines in RUN.values() for line in lines])
def test_the_commands_within_the_text_work_as_printed(run: WholeRun, command: str) -> None:
    (run_id,) = re.findall(r"/runs/(\w+)", run.process.stdout)
    assert pasted(command.replace("RUN_ID", run_id), run.folder)


@pytest.mark.slow
def test_the_command_that_scores_answers_like_pycaret(run: WholeRun) -> None:
    features = pd.read_csv(ROOT / "datasets" / "insurance.csv").drop(columns="charges")
    features.to_csv(run.folder / "new.csv", index=False)
    pasted(SCORE, run.folder)
    scored = pd.read_csv(run.folder / "scored.csv", float_precision="round_trip")
    expected = pytest.approx(predict_model(run, features), rel=1e-9, abs=0)
    assert scored["prediction_label"].tolist() == expected


@pytest.mark.slow
def test_mlflow_loads_the_model_by_the_name_that_stands_there(run: WholeRun) -> None:
    import mlflow.pyfunc

    (code,) = re.findall(r"`(mlflow\.pyfunc\.load_model\(.*?\))`", README)
    model = eval(code, {"mlflow": mlflow})
    frame = pd.DataFrame([ROW])
    scored = model.predict(frame)["prediction_label"].tolist()
    assert scored == pytest.approx(predict_model(run, frame), rel=1e-9, abs=0)


@pytest.mark.long
def test_the_service_starts_and_answers_like_pycaret(run: WholeRun) -> None:
    line, _, printed = SERVE.rpartition(" ")
    assert printed == "5001"
    port = tracked.free_port()  # the printed one may be taken on this machine
    with tracked.pasted_server(f"{line} {port}", run.folder, f"http://127.0.0.1:{port}/health"):
        body = {"dataframe_records": [ROW]}
        status, answer = post(f"http://127.0.0.1:{port}/invocations", body)
    assert status == 200, answer
    labels = [row["prediction_label"] for row in answer["predictions"]]
    assert labels == pytest.approx(predict_model(run, pd.DataFrame([ROW])), rel=1e-9, abs=0)


@pytest.mark.long
def test_the_pages_of_mlflow_are_there_and_ask_nobody_where_they_must_not(run: WholeRun) -> None:
    shim = network.shim(run.folder)
    needed(shim and str(shim), "C compiler, so nobody can watch what a process looks up,")
    assert shim is not None
    for place, command in enumerate(c for c in INLINE if c.endswith("mlflow ui")):
        port, log = tracked.free_port(), run.folder / f"{place}.log"
        watch = "".join(f"export {k}={v}\n" for k, v in network.watched(shim, log).items())
        address = f"http://127.0.0.1:{port}/health"
        with tracked.pasted_server(f"{watch}{command} --port {port}", run.folder, address):
            assert bool(network.attempts(log)) != ("DO_NOT_TRACK" in command)


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
    assert "parity passed" in pasted(f"{OWN} {option}", project(tmp_path))


@pytest.mark.slow
def test_the_plan_says_that_the_example_converts(tmp_path: Path) -> None:
    houses().to_csv(tmp_path / "houses.csv", index=False)
    (tmp_path / "FILE.toml").write_text(CONFIG, encoding="utf-8")
    (command,) = [c for c in INLINE if c.endswith("pipeline.plan")]
    options = "--data houses.csv --target price --config FILE.toml"
    said = pasted(f"{command} {options}", project(tmp_path))
    assert "Verdict: exact" in said


@pytest.mark.long
def test_the_command_that_retrains_ends_with_a_verdict(run: WholeRun) -> None:
    """The last one here: it may give the name another champion."""
    table = pd.read_csv(ROOT / "datasets" / "insurance.csv")
    table.head(1000).to_csv(run.folder / "new.csv", index=False)
    (run.folder / "FILE.toml").write_text('include = ["lr", "dt"]\nfold = 2\n', encoding="utf-8")
    summary = json.loads(pasted(f"{RETRAIN} --config FILE.toml || test $? = 6", run.folder))
    assert summary["outcome"] in {"promoted", "refused"}
    assert summary["parity"] == "pass"
