"""A team's server: the same commands with only MLFLOW_TRACKING_URI changed, and what it survives.

The client has neither a driver for PostgreSQL nor a library for S3, and no credentials.
"""

from __future__ import annotations

import importlib.util
import json
import re
import threading
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Any

import joblib
import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from pipeline.errors import DataError, TrackingError
from pipeline.registry import register
from pipeline.runtime import integrity, signature
from pipeline.score import run as score_run
from pipeline.track import mlflow_run, run_owner, store
from tests import tracked
from tests.commands import ROOT, environment, preloaded
from tests.runtime.test_integrity import with_a_node
from tests.team import stack
from tests.team.client import (
    IMPATIENT,
    TRAIN,
    Team,
    at_once,
    before_request,
    in_bucket,
    logged_and_registered,
)

pytestmark = pytest.mark.long

INSURANCE = ROOT / "datasets" / "insurance.csv"
MOMENTS = [
    *[("POST", "/runs/log-batch"), ("POST", "/logged-models")],
    *[("POST", "/model-versions/create"), ("POST", "/registered-models/alias")],
]
"""Requests of publishing and of registering."""


@pytest.fixture(scope="module")
def team(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Team]:
    folder = tmp_path_factory.mktemp("client")
    with pytest.MonkeyPatch.context() as patch, stack.running() as servers:
        patch.setenv("MLFLOW_TRACKING_URI", servers.uri)
        store.configure_mlflow()
        patch.chdir(folder)
        with preloaded(folder, MLFLOW_TRACKING_URI=servers.uri) as commands:
            yield Team(servers, folder, commands, MlflowClient(servers.uri))


@pytest.fixture(scope="module")
def trained(team: Team) -> Any:
    """The run of a first training."""
    assert "(champion)" in team.run("first", *TRAIN)
    return team.client.get_run(team.champion("insurance").run_id)


def assert_whole(team: Team, name: str) -> None:
    """No run of an experiment is left open, and the registry is whole."""
    assert {run.info.status for run in team.runs(name)} == {"FINISHED", "FAILED"}  # a candidate
    assert_registry_is_whole(team)


def assert_registry_is_whole(team: Team) -> None:
    """The newest version is the champion, no run has two, and no move is unfinished."""
    registered = team.client.get_registered_model("small")
    versions = team.client.search_model_versions("name = 'small'")
    assert int(team.champion("small").version) == max(int(found.version) for found in versions)
    assert set(registered.aliases) <= {"champion", "previous"}
    assert set(registered.tags) == {"task", "target"}
    assert len({version.run_id for version in versions}) == len(versions)


# --- the same commands ------------------------------------------------------------------------


def test_the_client_knows_neither_the_database_nor_the_bucket() -> None:
    for library in ("boto3", "botocore", "psycopg2", "moto"):
        assert importlib.util.find_spec(library) is None
    assert not [name for name in environment() if name.startswith(("AWS", "MLFLOW", "PG"))]


def test_a_training_leaves_everything_on_the_server_and_nothing_here(
    team: Team, trained: Any
) -> None:
    assert trained.info.status == "FINISHED"
    assert trained.info.artifact_uri.startswith("mlflow-artifacts:/")
    left = {path.name for path in team.folder.iterdir() if not path.name.startswith("first.")}
    assert left <= {"mlruns"}
    assert not [path for path in (team.folder / "mlruns").rglob("*") if path.is_file()]


def test_the_champion_scores_as_pycaret_does(team: Team, trained: Any, tmp_path: Path) -> None:
    from pycaret.regression import RegressionExperiment

    file = team.client.download_artifacts(trained.info.run_id, "pickle/pipeline.pkl", str(tmp_path))
    frame = pd.read_csv(INSURANCE)
    theirs = RegressionExperiment().predict_model(joblib.load(file), frame, round=17, verbose=False)
    ours = mlflow.pyfunc.load_model("models:/insurance@champion").predict(frame)
    # the contract's own bound
    np.testing.assert_allclose(ours["prediction_label"], theirs["prediction_label"], rtol=1e-9)
    arguments = ["--model", "models:/insurance@champion", "--data", str(INSURANCE)]
    team.run("score", *arguments, "--output", "scored.csv", module="pipeline.score")
    scored = pd.read_csv(team.folder / "scored.csv", float_precision="round_trip")
    np.testing.assert_array_equal(scored["prediction_label"], ours["prediction_label"])


def test_reports_are_made_again_and_runs_compared(team: Team, trained: Any) -> None:
    run_id = trained.info.run_id
    reports = [item.path for item in team.client.list_artifacts(run_id, "reports")]
    link = team.run("report", run_id, module="pipeline.report")
    assert link.startswith(f"{team.servers.uri}/#/experiments/")
    assert [item.path for item in team.client.list_artifacts(run_id, "reports")] == reports
    both = [run_id, "models:/insurance@champion", "--output", "compared"]
    assert "The settings are the same." in team.run("compare", *both, module="pipeline.compare")
    assert list((team.folder / "compared").glob("*.html"))


def test_a_retraining_promotes_on_the_server_and_knows_the_data_the_next_time(
    team: Team, trained: Any
) -> None:
    before = team.champion("insurance").version
    done = [  # trained on these rows by hand, so nothing to do, but for --force
        team.run(f"retrain-{k}", *TRAIN, *flags, module="pipeline.retrain")
        for k, flags in enumerate((["--force"], []), 1)
    ]
    first, second = map(json.loads, done)
    assert (first["outcome"], second["outcome"]) == ("promoted", "unchanged")
    assert team.champion("insurance").version == first["champion_after"] != before
    order = ["rollback", "insurance", "--reason", "a test"]
    team.run("rollback", *order, module="pipeline.models")
    assert team.champion("insurance").version == before
    team.run("doctor", module="pipeline.doctor")


def test_four_processes_that_meet_an_empty_server_share_it(team: Team, tmp_path: Path) -> None:
    assert sorted(at_once(4, "together", tmp_path)) == ["1", "2", "3", "4"]
    assert_whole(team, "together")
    aliases = team.client.get_registered_model("small").aliases
    assert {name: str(number) for name, number in aliases.items()} == {
        "champion": "4",
        "previous": "3",
    }


# --- an object of the bucket is changed past MLflow -------------------------------------------


CHANGED = pytest.mark.attack(
    "an object of a team's bucket, changed or taken away past MLflow and PostgreSQL",
    "refused with 3 by score and compare, a problem for the doctor",
)
PROBLEM = re.compile(r"^problem .*\binsurance \d+ \(champion\)", re.MULTILINE)
"""How the doctor begins a line about the model in use."""


def artifacts_of(team: Team, name: str) -> tuple[str, str]:
    """Where the champion's logged model and its run's files are, as MLflow names them."""
    version = team.client.get_model_version_by_alias(name, "champion")
    model = team.client.get_logged_model(version.source.removeprefix("models:/"))
    run = team.client.get_run(version.run_id)
    return model.artifact_location, f"{run.info.artifact_uri}/onnx"


def ended(team: Team, code: int, name: str, *arguments: str) -> str:
    """What a command says that ends with this code."""
    running = team.start(name, *arguments, module=f"pipeline.{name}")
    assert running.end() == code, running.events()[-1:]
    streams = (team.folder / f"{name}.{stream}" for stream in ("out", "err"))
    return "".join(stream.read_text(encoding="utf-8") for stream in streams)


@CHANGED
@pytest.mark.parametrize("file", ["model.onnx", "MLmodel", "checksums.json"])
@pytest.mark.parametrize("gone", [False, True])
def test_a_changed_object_of_the_model_is_refused_by_score_and_seen_by_the_doctor(
    team: Team, trained: Any, file: str, gone: bool
) -> None:
    model, _ = artifacts_of(team, "insurance")
    asked = ("--model", "models:/insurance@champion", "--data", str(INSURANCE))
    with in_bucket(team.servers, f"{model}/{file}", None if gone else b"other"):
        said = ended(team, 3, "score", *asked, "--output", "refused.csv")
        assert ("0 ONNX files" if gone and file == "model.onnx" else file) in said
        assert PROBLEM.search(ended(team, 1, "doctor"))
    assert not (team.folder / "refused.csv").exists()
    ended(team, 0, "score", *asked, "--output", "whole.csv")


@CHANGED
@pytest.mark.parametrize("file", ["model.onnx", "golden.json", "checksums.json"])
def test_a_changed_object_of_the_run_is_refused_by_compare_and_seen_by_the_doctor(
    team: Team, trained: Any, file: str
) -> None:
    _, files = artifacts_of(team, "insurance")
    both = (trained.info.run_id, "models:/insurance@champion", "--output", "refused")
    with in_bucket(team.servers, f"{files}/{file}", b"other"):
        assert file in ended(team, 3, "compare", *both)
        assert PROBLEM.search(ended(team, 1, "doctor"))


@CHANGED
def test_who_may_write_both_the_bucket_and_the_registry_is_stopped_by_a_signature(
    team: Team, keys: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version = logged_and_registered("signed", tmp_path / "run")
    client, name = team.client, "models:/small@champion"
    version_tags = client.get_model_version("small", version.version).tags
    assert score_run.load_model(name).manifest.name == "small"
    model, _ = artifacts_of(team, "small")
    folder = Path(mlflow.artifacts.download_artifacts(name, dst_path=str(tmp_path / "copy")))
    monkeypatch.setenv(signature.SIGNING_KEY, str(keys / "others.pem"))
    changed = with_a_node((folder / "model.onnx").read_bytes())
    (folder / "model.onnx").write_bytes(changed)
    tags = {
        integrity.CHECKSUMS_SHA256: integrity.write_checksums(folder),
        integrity.ONNX_SHA256: sha256(changed).hexdigest(),
    }
    tag = partial(client.set_model_version_tag, "small", version.version)
    with ExitStack() as stack_:
        for key, value in tags.items():
            stack_.callback(tag, key, version_tags[key])
            tag(key, value)
        for file in ("model.onnx", integrity.FILE, integrity.SIGNATURE):
            content = (folder / file).read_bytes()
            stack_.enter_context(in_bucket(team.servers, f"{model}/{file}", content))
        with pytest.raises(DataError, match="signature of another key"):
            score_run.load_model(name)
        monkeypatch.delenv(signature.PUBLIC_KEY)
        assert score_run.load_model(name).manifest.name == "small"  # nothing else could tell


# --- faults -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "path"), MOMENTS)
def test_a_restart_of_postgresql_is_outlasted(
    team: Team, tmp_path: Path, method: str, path: str
) -> None:
    started: list[Any] = []
    restart = lambda: started.append(team.servers.database.restart(pause=0.5))  # noqa: E731
    with before_request(method, path, restart):
        version = logged_and_registered("restarted", tmp_path)
    (thread,) = started
    thread.join()
    assert version.aliases == ("champion",)
    assert_whole(team, "restarted")


def test_a_restart_of_postgresql_in_the_middle_of_a_training(team: Team, trained: Any) -> None:
    running = team.start("during", *TRAIN, "--experiment", "during", "--promote", "a restart")
    running.until("stage", "experiment")
    team.servers.database.restart(pause=0.5).join()
    assert running.end() == 0
    assert {run.info.status for run in team.runs("during")} == {"FINISHED"}
    parents = {run.info.run_id for run in team.runs("during")}
    assert team.champion("insurance").run_id in parents


def test_an_outage_of_the_bucket_is_outlasted(team: Team, tmp_path: Path) -> None:
    def outage() -> None:
        team.servers.close_storage()
        threading.Timer(1, team.servers.open_storage).start()

    with before_request("PUT", "/mlflow-artifacts/", outage):
        logged_and_registered("outage", tmp_path)
    assert_whole(team, "outage")


def test_a_bucket_that_stays_away_costs_no_artifacts(
    team: Team, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = team.champion("small").version
    with monkeypatch.context() as patch:
        for name, value in IMPATIENT.items():
            patch.setenv(name, value)
        with (
            before_request("PUT", "/mlflow-artifacts/", team.servers.close_storage),
            pytest.raises(TrackingError, match="answers 500") as raised,
        ):
            logged_and_registered("bucket", tmp_path)
    assert raised.value.hint == f"log them later with: python -m pipeline.track {tmp_path}"
    team.servers.open_storage()
    assert team.champion("small").version == before
    assert mlflow_run.main([str(tmp_path)]) == 0
    assert logged_and_registered("bucket", tmp_path / "next").aliases == ("champion",)
    assert_whole(team, "bucket")


def test_a_killed_server_costs_nothing(
    team: Team, trained: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = team.champion("insurance").version
    with mlflow_run.open_run("killed", "half") as run:
        evidence = tracked.evidence(tmp_path / "half", count=2)
        half = tracked.log(run, evidence)
    running = team.start("killed", *TRAIN, "--experiment", "killed", **IMPATIENT)
    running.until("stage", "experiment")
    with monkeypatch.context() as patch:
        for name, value in IMPATIENT.items():
            patch.setenv(name, value)
        kill = before_request("POST", "/registered-models/alias", team.servers.mlflow.stop)
        with kill, pytest.raises(TrackingError):
            register.register_version(half, evidence.model.manifest, evidence.parity, "# Card")
    assert running.end() == TrackingError.exit_code
    *_, folder = running.events()[-1]["hint"].split()
    with mlflow_run.open_run("killed", "late") as run:
        assert run.offline
        team.servers.mlflow.start()
        assert tracked.log(run, tracked.evidence(tmp_path / "late", count=2)).run_id is not None
    assert mlflow_run.main([folder]) == 0
    assert team.champion("insurance").version == before
    assert team.champion("small").run_id != half.run_id
    assert logged_and_registered("killed", tmp_path / "next").aliases == ("champion",)
    assert_registry_is_whole(team)
    (lost,) = team.runs("killed", "attributes.status = 'RUNNING'")
    assert [item.run_id for item in run_owner.close_abandoned(team.client, ["killed"])] == [
        lost.info.run_id
    ]
    assert team.runs("killed", "attributes.status = 'RUNNING'") == []


def test_the_next_training_succeeds(team: Team, trained: Any) -> None:
    assert "(champion)" in team.run("next", *TRAIN, "--promote", "a test")
    version = team.champion("insurance")
    aliases = team.client.get_registered_model("insurance").aliases
    assert set(aliases) == {"champion", "previous"}
    assert version.run_id != trained.info.run_id
