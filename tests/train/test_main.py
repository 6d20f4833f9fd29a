"""`python -m pipeline.train` as its user meets it: what it shows, keeps, refuses and leaves."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shlex
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import joblib
import numpy as np
import onnx
import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from benchmarks.tables import EVENTS, table
from pipeline.audit import CHECKS
from pipeline.automl import experiment
from pipeline.automl.candidate_cost import COLUMNS
from pipeline.automl.deadline import Deadline
from pipeline.errors import ConversionError, GateError
from pipeline.export import model as export
from pipeline.manifest import Manifest
from pipeline.parity import verify
from pipeline.report.chapters import CHAPTERS
from pipeline.runtime.scorer import Scorer
from pipeline.train import __main__ as train
from tests import tracked
from tests.bad_input import BAD
from tests.commands import ROOT, WholeRun, python, whole_run

if TYPE_CHECKING:
    from mlflow import MlflowClient

INSURANCE = ROOT / "datasets" / "insurance.csv"
TREE = {
    "config": {
        *("baseline.json", "dataset.toml", "report.json", "requirements.txt", "run.json"),
        "train.toml",
    },
    "onnx": {
        "checksums.json",
        "feed_cases.json",
        "golden.json",
        "graph.svg",
        "manifest.json",
        "model.onnx",
    },
    "pickle": {"README.txt", "pipeline.pkl", "pipeline.pkl.sha256"},
    "reports": {"model_card.md", "report.html", "try.html"},
    "tables": {
        *(name for chapter in CHAPTERS for name in chapter.keeps),
        *("audit.json", "leaderboard.json", "rows.parquet"),
        *("parity.json", "parity_summary.json", "worst_rows.json"),
    },
}


def invoke(*arguments: str) -> Result:
    """The command in this process, as typer runs it."""
    return CliRunner().invoke(train.app, list(arguments))


def assert_complete(folder: Path) -> None:
    """The folder holds the whole artifact tree and nothing else."""
    assert {path.name for path in folder.iterdir()} == {*TREE, "plots"}
    for name, files in TREE.items():
        assert {path.name for path in (folder / name).iterdir()} == files
        assert all(path.stat().st_size for path in (folder / name).iterdir())
    assert {path.suffix for path in (folder / "plots").iterdir()} == {".png"}


def assert_golden(folder: Path) -> None:
    """The graph gives every golden row what PyCaret gave it, within the file's own bounds."""
    golden = json.loads((folder / "onnx" / "golden.json").read_text(encoding="utf-8"))
    found = Scorer(folder / "onnx" / "model.onnx").predict(golden["inputs"])
    graph = golden["graph"]["expected"]
    assert {name: values.tolist() for name, values in found.items()} == graph
    expected = golden["expected"]
    assert len(expected["prediction_label"]) >= 64
    assert len(set(golden["kinds"])) > 5
    if "prediction_score" in expected:
        assert found["prediction_label"].tolist() == expected["prediction_label"]
        errors = np.abs(found["prediction_score"] - np.array(expected["prediction_score"]))
    else:
        label = np.array(expected["prediction_label"])
        errors = np.abs(found["prediction_label"] - label)
        errors /= np.maximum(np.abs(label), golden["scale"])
    assert errors.max() <= golden["tolerance"]


# --- a run that ends well ---------------------------------------------------------------------


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> WholeRun:
    """One training in a process of its own, from a cold store to a registered version."""
    return whole_run(tmp_path_factory.getbasetemp())


@pytest.fixture(scope="module")
def store(run: WholeRun) -> Iterator[MlflowClient]:
    """The store that the run has made."""
    from mlflow import MlflowClient

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{run.folder}/mlflow.db")
        yield MlflowClient()


@pytest.fixture(scope="module")
def logged(run: WholeRun, store: MlflowClient) -> Any:
    """The run that the last line of the output leads to."""
    found = re.search(r"/runs/(\w+)", run.process.stdout.splitlines()[-1])
    assert found is not None
    return store.get_run(found.group(1))


@pytest.mark.slow
def test_a_training_ends_with_0_and_shows_leaderboard_verdict_and_link(run: WholeRun) -> None:
    assert run.process.returncode == 0, run.process.stderr
    lines = run.process.stdout.splitlines()
    assert lines[0] == "Leaderboard"
    assert lines[1].split()[:3] == ["id", "Model", "MAE"]
    assert lines[2].startswith("lr  Linear Regression  ")
    assert lines[3].startswith("Holdout: MAE ")
    assert lines[4] == f"Audit:   {len(CHECKS)} checks, nothing found"
    assert lines[5].startswith("Verdict: parity passed on 1,338 table rows and 2,0")
    assert lines[6].split() == ["Model:", "models:/insurance/1", "(champion)"]
    assert lines[7].startswith("Champion: version 1") and lines[7].endswith("the first one")
    assert lines[8].split() == ["Files:", str(run.output)]
    (look,) = lines[9:-1]
    assert re.fullmatch(r"Look at it: start `DO_NOT_TRACK=true \S+/mlflow ui .*` and open", look)
    assert re.fullmatch(r"http://127\.0\.0\.1:5000/#/experiments/\d+/runs/\w{32}\?.*", lines[-1])


@pytest.mark.slow
def test_elsewhere_than_on_a_terminal_stages_steps_and_models_are_lines_with_their_time(
    run: WholeRun,
) -> None:
    found = re.findall(r"^\S+ INFO +(\d+\.\d) s  (.*)$", run.process.stderr, re.MULTILINE)
    times, said = [float(seconds) for seconds, _ in found], [message for _, message in found]
    assert times == sorted(times)
    stages = ["start", "dataset", "experiment", "select", "export", "verify", "track", "register"]
    heads = [message.partition(":")[0] for message in said if " finished " not in message]
    assert list(dict.fromkeys(heads)) == stages
    assert any(re.fullmatch(r"lr finished after \d+\.\d s, 1 of 1 models", m) for m in said)
    for step in (
        "select: lr as a graph, 1 of 1",
        "verify: 50 % of rows",
        "track: report and files",
    ):
        assert step in said


@pytest.mark.slow
def test_a_training_leaves_its_output_and_the_store_and_nothing_else(run: WholeRun) -> None:
    assert run.left == {"mlflow.db", "mlflow.db-registry.lock", "mlruns", "out"}
    assert list((run.folder / "mlruns").glob("kept/*")) == []
    assert list(run.temporary.iterdir()) == []


@pytest.mark.slow
def test_the_output_holds_the_whole_tree(run: WholeRun) -> None:
    assert_complete(run.output)


@pytest.mark.slow
def test_the_printed_leaderboard_is_the_one_that_is_kept(run: WholeRun) -> None:
    table = json.loads((run.output / "tables" / "leaderboard.json").read_text())
    printed = run.process.stdout.splitlines()[2].split()
    figures, (exact, error, flips, speed, size) = table["data"][0][2:-5], table["data"][0][-5:]
    numbers = [f"{value:.4f}" for value in figures]
    graph = [exact, f"{error:.1e}", f"{flips}", f"{speed:,.1f}", f"{size:,}"]
    assert table["columns"][:3] == ["id", "Model", "MAE"]
    assert table["columns"][-5:] == list(COLUMNS)
    assert printed == ["lr", "Linear", "Regression", *numbers, *graph]


@pytest.mark.slow
def test_the_pickle_has_its_hash_and_predicts_what_the_graph_predicts(
    run: WholeRun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYCARET_CUSTOM_LOGGING_PATH", os.devnull)
    from pycaret.regression import RegressionExperiment

    file = run.output / "pickle" / "pipeline.pkl"
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert file.with_suffix(".pkl.sha256").read_text() == f"{digest}  pipeline.pkl\n"
    frame = pd.read_csv(INSURANCE)
    theirs = RegressionExperiment().predict_model(joblib.load(file), frame, round=17, verbose=False)
    ours = Scorer(run.output / "onnx" / "model.onnx").score_frame(frame)
    # the contract's own bound, far below what a wrong coefficient would give
    np.testing.assert_allclose(ours["prediction_label"], theirs["prediction_label"], rtol=1e-9)


@pytest.mark.slow
def test_the_manifest_says_what_the_model_says(run: WholeRun, logged: Any) -> None:
    manifest = Manifest.from_json((run.output / "onnx" / "manifest.json").read_text())
    scorer = Scorer(run.output / "onnx" / "model.onnx")
    assert scorer.manifest == manifest
    assert manifest.verdict == "pass"
    assert manifest.run_id == logged.info.run_id
    assert manifest.data_sha256 == hashlib.sha256(INSURANCE.read_bytes()).hexdigest()
    header = pd.read_csv(INSURANCE, nrows=0)
    assert [column.name for column in manifest.inputs] == [c for c in header if c != "charges"]


@pytest.mark.slow
def test_the_golden_rows_get_what_they_must_get(run: WholeRun) -> None:
    assert_golden(run.output)


@pytest.mark.slow
def test_the_run_is_finished_with_its_candidate_metrics_and_tags(
    run: WholeRun, store: MlflowClient, logged: Any
) -> None:
    table = json.loads((run.output / "tables" / "leaderboard.json").read_text())
    row = dict(zip(table["columns"], table["data"][0], strict=True))
    assert logged.info.status == "FINISHED"
    assert logged.data.metrics["cv_mae"] == row["MAE"]
    assert f"Holdout: MAE {logged.data.metrics['holdout_mae']:.4f}," in run.process.stdout
    assert logged.data.metrics["parity_failures"] == 0
    assert logged.data.tags["verdict"] == "pass"
    assert logged.data.tags["data_sha256"] == hashlib.sha256(INSURANCE.read_bytes()).hexdigest()
    if (ROOT / ".git").exists():
        assert re.fullmatch(r"[0-9a-f]{40}", logged.data.tags["mlflow.source.git.commit"])
    children = store.search_runs(
        [logged.info.experiment_id], f"tags.mlflow.parentRunId = '{logged.info.run_id}'"
    )
    assert [(c.info.status, c.data.params["model"]) for c in children] == [("FINISHED", "lr")]
    assert children[0].data.metrics["cv_mae"] == row["MAE"]
    assert children[0].data.metrics["onnx_bytes"] == row["Bytes"]
    assert children[0].data.tags["convertible"] == row["Convertible"] == "yes"


@pytest.mark.slow
def test_the_runs_artifacts_are_the_output(run: WholeRun, logged: Any) -> None:
    artifacts = Path(logged.info.artifact_uri.removeprefix("file://"))
    assert_complete(artifacts)
    for file in (path for path in run.output.rglob("*") if path.is_file()):
        assert (artifacts / file.relative_to(run.output)).read_bytes() == file.read_bytes()


@pytest.mark.slow
def test_the_registered_version_is_champion_and_loads_both_ways(
    run: WholeRun, store: MlflowClient, logged: Any
) -> None:
    import mlflow.onnx
    import mlflow.pyfunc

    version = store.get_model_version_by_alias("insurance", "champion")
    assert (str(version.version), version.run_id) == ("1", logged.info.run_id)
    assert version.tags["fingerprint"] == logged.data.tags["fingerprint"]
    frame = pd.read_csv(INSURANCE).drop(columns="charges").sample(frac=1, random_state=3)
    scorer = Scorer(run.output / "onnx" / "model.onnx")
    expected = scorer.score_frame(frame)["prediction_label"]
    served = mlflow.pyfunc.load_model("models:/insurance@champion").predict(frame)
    pd.testing.assert_series_equal(served["prediction_label"], expected, check_exact=True)
    graph = mlflow.onnx.load_model("models:/insurance@champion")
    onnx.checker.check_model(graph, full_check=True)
    assert Scorer(graph.SerializeToString()).manifest == scorer.manifest


# --- input that cannot be trained on ----------------------------------------------------------


@pytest.fixture
def empty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a regular file and a folder of somebody else, but no store."""
    folder = tmp_path / "work"
    (folder / "foreign").mkdir(parents=True)
    (folder / "foreign" / "thesis.txt").write_text("precious")
    (folder / "file").touch()
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(folder)
    return folder


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_refused_before_a_run_is_opened(
    name: str, empty: Path, tmp_path: Path
) -> None:
    bad, before = BAD[name], contents(empty)
    result = invoke(*bad.command(tmp_path))
    *_, error, hint = result.stderr.splitlines()
    assert result.exit_code == bad.code
    assert error.startswith("error: ")
    assert bad.says in error
    assert hint.startswith("hint: ")
    assert bad.to_do in hint
    assert result.stdout == ""
    # no store, so no run and no registered model
    assert contents(empty) == before
    assert Path("foreign", "thesis.txt").read_text() == "precious"


@pytest.mark.parametrize("name", ["infinity", "no such dataset"])
def test_bad_input_is_refused_before_pycaret_and_mlflow_are_imported(
    name: str, empty: Path, tmp_path: Path
) -> None:
    command = BAD[name].command(tmp_path)
    done = python("-X", "importtime", "-m", "pipeline.train", *command, folder=empty)
    assert done.returncode == 3
    assert imported(done.stderr).isdisjoint({"pycaret", "mlflow", "onnxruntime"})


def imported(stderr: str) -> set[str]:
    """The packages that `-X importtime` has reported."""
    lines = [line for line in stderr.splitlines() if line.startswith("import time:")]
    assert lines
    return {line.rpartition("|")[2].strip().partition(".")[0] for line in lines}


# --- runs that do not end well ----------------------------------------------------------------


def test_a_budget_that_is_no_duration_ends_with_2_before_anything_is_done(empty: Path) -> None:
    before = contents(empty)
    result = invoke("--dataset", "penguins", "--budget", "soon")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "expected a duration such as" in result.stderr
    assert contents(empty) == before


def test_the_budget_counts_from_the_command_s_start(monkeypatch: pytest.MonkeyPatch) -> None:
    given, began = [], time.monotonic()

    def watched(config: Any, progress: Any, deadline: Deadline | None, promote: str | None) -> None:
        given.append(deadline)
        raise GateError("enough")

    monkeypatch.setattr(train, "train", watched)
    for flags in ((), ("--budget", "10m")):
        assert invoke("--dataset", "penguins", *flags).exit_code == GateError.exit_code
    assert given[0] is None
    assert given[1].seconds == 600
    assert began <= given[1].started <= time.monotonic()


@pytest.mark.long
def test_a_search_that_a_budget_ends_is_proven_and_says_what_is_left_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    result = invoke(
        "--dataset", "penguins", "--include", "lr,dt,rf", "--fold", "2", "--budget", "1"
    )
    assert result.exit_code == 0, result.stderr
    (note,) = [line for line in result.stdout.splitlines() if line.startswith("Note:")]
    assert "left out: " in note
    assert "parity passed" in result.stdout
    (version,) = client.search_model_versions()
    assert version.tags["complete"] == "false"


@pytest.mark.slow
def test_no_model_within_the_budget_ends_with_6_keeps_the_figures_and_registers_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    flags = ("--max-bytes", "100", "--max-microseconds-per-row", "1e9", "--output", "out")
    result = invoke("--dataset", "penguins", "--include", "lr,dt", "--fold", "2", *flags)
    assert result.exit_code == 6
    error, hint = result.stderr.splitlines()[-2:]
    assert "none of the first 2 models is within the budget of" in error
    assert re.search(r"lr: Accuracy 0\.\d{4}, [\d.]+ µs per row and [\d,]+ bytes", error)
    assert "raise" in hint
    assert "max_bytes to" in hint
    table = json.loads((tmp_path / "out" / "tables" / "leaderboard.json").read_text())
    assert [row[table["columns"].index("Convertible")] for row in table["data"]] == ["yes"] * 2
    assert client.search_registered_models() == []


@pytest.mark.slow
def test_a_failed_parity_is_logged_with_its_evidence_and_not_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, client = verify.verify, tracked.enter(tmp_path, monkeypatch)

    def failing(*stages: Any) -> verify.Parity:
        return replace(real(*stages), passed=False, text="parity FAILED on 7 rows")

    monkeypatch.setattr(verify, "verify", failing)
    result = invoke("--dataset", "penguins", "--include", "lr", "--fold", "2")
    assert result.exit_code == 5
    error, hint = result.stderr.splitlines()[-2:]
    assert "parity FAILED on 7 rows" in error
    assert "tables/parity.json" in hint
    assert result.stdout == ""
    experiment = client.get_experiment_by_name("penguins")
    assert experiment is not None
    (logged,) = client.search_runs([experiment.experiment_id], "tags.verdict = 'fail'")
    assert logged.info.status == "FAILED"
    assert logged.data.tags["error"].startswith("ParityError: ")
    folder = Path(logged.info.artifact_uri.removeprefix("file://"))
    assert_complete(folder)
    assert Scorer(folder / "onnx" / "model.onnx").manifest.verdict == "fail"
    assert "parity FAILED" in (folder / "reports" / "report.html").read_text()
    assert client.search_registered_models() == []
    assert list(Path("mlruns").glob("kept/*")) == []


@pytest.mark.long
def test_without_a_server_the_artifacts_are_kept_and_the_printed_command_logs_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{tracked.free_port()}")
        result = invoke("--dataset", "juice", "--include", "lr", "--fold", "2")
    assert result.exit_code == 7
    error, hint = result.stderr.splitlines()[-2:]
    assert "does not answer" in error
    (kept,) = Path("mlruns", "kept").iterdir()
    assert str(kept) in error
    assert_complete(kept)
    assert_golden(kept)
    command = shlex.split(hint.partition("with: ")[2])
    assert command[:3] == ["python", "-m", "pipeline.track"]
    done = python(*command[1:], folder=tmp_path)
    assert done.returncode == 0, done.stderr
    found = re.search(r"/runs/(\w+)", done.stdout.splitlines()[-1])
    assert found is not None
    logged = client.get_run(found.group(1))
    assert (logged.info.status, logged.data.tags["verdict"]) == ("FINISHED", "pass")
    assert_complete(Path(logged.info.artifact_uri.removeprefix("file://")))
    assert client.search_registered_models() == []


# --- a training without a graph ---------------------------------------------------------------


def assert_without_graph(folder: Path) -> None:
    """The folder holds all of the tree that needs no graph, and nothing else."""
    expected = {name: set(files) for name, files in TREE.items() if name != "onnx"}
    proof = ("dependence", "importance", "parity", "parity_summary", "worst_rows")
    expected["tables"] -= {f"{name}.json" for name in proof}
    expected["reports"] -= {"try.html"}
    assert {path.name for path in folder.iterdir()} == {*expected, "plots"}
    for name, files in expected.items():
        assert {path.name for path in (folder / name).iterdir()} == files
    report = (folder / "reports" / "report.html").read_text()
    assert "No ONNX file" in report
    assert "there is no ONNX file" in report


@pytest.mark.slow
def test_without_onnx_a_refused_option_trains_and_says_that_nothing_is_registered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    Path("train.toml").write_text(
        'onnx = false\n[setup]\nmax_encoding_ohe = 0\nencoding_method = "HashingEncoder"\n'
    )
    options = ("--include", "lr", "--fold", "2", "--config", "train.toml", "--output", "out")
    result = invoke("--dataset", "insurance", *options)
    assert result.exit_code == 0, result.stderr
    *_, verdict, model, files, _, url = result.stdout.splitlines()
    assert verdict.startswith("Verdict: no ONNX: refused because of encoding_method = HashingEnc")
    assert (
        model == "Model:   not registered; the trained pipeline is pickle/pipeline.pkl of the run"
    )
    assert files.endswith("out")
    assert_without_graph(Path("out"))
    rows = pd.read_csv(INSURANCE).drop(columns="charges")
    assert len(joblib.load("out/pickle/pipeline.pkl").predict(rows)) == 1338
    logged = client.get_run(re.search(r"/runs/(\w+)", url).group(1))  # type: ignore[union-attr]
    assert (logged.info.status, logged.data.tags["verdict"]) == ("FINISHED", "none")
    assert client.search_registered_models() == []
    again = invoke("--dataset", "insurance", *options, "--onnx")
    assert again.exit_code == 4  # before any training


@pytest.mark.slow
def test_a_preprocessing_without_a_graph_is_refused_before_a_model_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    events = table(EVENTS).frame.head(120).drop(columns="note")
    events.to_csv("events.csv", index=False)
    settings = 'date = ["opened"]\n[setup]\nimputation_type = "iterative"\n'
    Path("train.toml").write_text(settings + "iterative_imputation_iters = 1\n")

    def searched(*_: Any) -> None:
        raise AssertionError("a model was trained")

    monkeypatch.setattr(experiment, "search_models", searched)
    options = ("--data", "events.csv", "--target", "cost", "--config", "train.toml")
    result = invoke(*options)
    assert result.exit_code == 4
    assert "takes the categories of 'place' for numbers" in result.stderr
    assert "put date columns last in the table" in result.stderr
    assert "--no-onnx" in result.stderr
    (found,) = client.search_experiments(filter_string="name != 'Default'")
    (logged,) = client.search_runs([found.experiment_id])
    assert logged.info.status == "FAILED"
    assert client.search_registered_models() == []


@pytest.mark.slow
def test_a_name_that_is_taken_is_refused_before_a_model_is_trained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    client.create_registered_model("insurance", {"task": "regression", "target": "age"})

    def set_up(*_: Any, **__: Any) -> None:
        raise AssertionError("an experiment was set up")

    monkeypatch.setattr(experiment, "run_experiment", set_up)
    result = invoke("--dataset", "insurance")
    assert result.exit_code == 3
    assert "the registered model 'insurance' predicts something else" in result.stderr
    assert "--no-register" in result.stderr
    assert client.get_experiment_by_name("insurance") is None


@pytest.mark.slow
@pytest.mark.parametrize(
    ("err", "code"),
    [
        (ConversionError("step 'x': no", hint="leave x out"), 4),
        pytest.param(OSError("x"), 1, marks=pytest.mark.long),
    ],
)
def test_a_graph_that_fails_after_the_training_does_not_cost_the_trained_pipeline(
    err: Exception, code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)

    def failing(*_: Any, **__: Any) -> None:
        raise err

    monkeypatch.setattr(export, "export_model", failing)
    result = invoke("--dataset", "penguins", "--include", "lr", "--fold", "2")
    assert result.exit_code == code
    assert result.stdout == ""
    assert re.search(r"pipeline is kept: pickle/pipeline.pkl of http://\S+/runs/\w+", result.stderr)
    experiment = client.get_experiment_by_name("penguins")
    assert experiment is not None
    (logged,) = client.search_runs([experiment.experiment_id], "tags.verdict = 'none'")
    assert logged.info.status == "FAILED"
    assert_without_graph(Path(logged.info.artifact_uri.removeprefix("file://")))
    assert client.search_registered_models() == []


# --- help -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "option"),
    [("train", "--dataset"), ("plan", "--dataset"), ("score", "--model"), ("track", "folder")],
)
def test_help_answers_without_the_libraries(module: str, option: str, tmp_path: Path) -> None:
    done = python("-X", "importtime", "-m", f"pipeline.{module}", "--help", folder=tmp_path)
    assert done.returncode == 0
    assert option in done.stdout
    heavy = {"mlflow", "numpy", "onnx", "onnxruntime", "pandas", "pycaret", "sklearn", "skl2onnx"}
    if module == "score":  # its Scorer is numpy all over
        heavy -= {"numpy"}
    assert imported(done.stderr).isdisjoint(heavy)
