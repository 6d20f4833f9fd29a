"""A run is open from the start, closed with its outcome, and holds the whole evidence."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pytest
from mlflow import MlflowClient

from pipeline.errors import ConfigError, TrackingError, UsageError
from pipeline.export import mlflow_flavor
from pipeline.runtime import integrity, signature
from pipeline.track import mlflow_run, store
from pipeline.track.record import FILE, Record
from tests import tracked
from tests.track.logged import logged


def test_a_run_holds_few_well_named_metrics(client: MlflowClient) -> None:
    run = client.get_run(logged().run_id)
    assert run.info.status == "FINISHED"
    assert run.data.metrics == {
        "cv_mae": 10.0,
        "cv_r2": 0.9,
        "cv_mape": 0.1,
        "holdout_mae": 11.0,
        "holdout_r2": 0.88,
        "parity_rows_table": 10,
        "parity_rows_hostile": 2000,
        "parity_max_error_table": 0,
        "parity_max_error_hostile": 2.5e-12,
        "parity_failures": 0,
        "parity_flips": 0,
    }


def test_a_run_holds_every_setting_and_the_winners_parameters(client: MlflowClient) -> None:
    params = client.get_run(logged(setup={"normalize": True}, seed=7).run_id).data.params
    assert params["setup.normalize"] == "true"
    assert params["seed"] == "7"
    assert params["model"] == "lr"
    assert params["model.fit_intercept"] == "True"
    assert params["rows"] == "10"
    assert not {"compare", "include", "numeric"} & params.keys()


def test_columns_in_the_settings_may_have_any_name(client: MlflowClient) -> None:
    """MLflow takes neither parentheses nor percent signs in the name of a parameter."""
    orders = {"size (cm) <b>%": ["small", "große"]}
    setup = {"ordinal_features": orders, "group_features": {"a/b?": ["x", "y"]}}
    params = client.get_run(logged(setup=setup).run_id).data.params
    assert json.loads(params["setup.ordinal_features"]) == orders
    assert json.loads(params["setup.group_features"]) == setup["group_features"]


def test_a_run_says_what_it_was_made_of(client: MlflowClient) -> None:
    run = client.get_run(logged().run_id)
    assert run.data.tags["verdict"] == "pass"
    assert run.data.tags["data_sha256"] == "ab" * 32
    assert run.data.tags["target"] == "charges"
    assert run.data.tags["task"] == "regression"
    assert run.data.tags["model_id"] == "lr"
    assert run.data.tags["trigger"] == "test"
    assert len(run.data.tags["fingerprint"]) == 64
    (dataset,) = run.inputs.dataset_inputs
    assert (dataset.dataset.name, dataset.dataset.digest) == ("small", "ab" * 6)


def test_the_description_begins_with_the_verdict(client: MlflowClient) -> None:
    note = client.get_run(logged().run_id).data.tags["mlflow.note.content"]
    assert note.startswith("**Parity passed on 10 table rows and 2,000 hostile rows: largest")
    lines = [line.replace("\N{NO-BREAK SPACE}", "") for line in note.splitlines()]
    assert "| MAE | 10.0000 | 0.5000 | 11.0000 |" in lines
    assert "| lr | Linear Regression | 0.9000±0.0100 |" in lines


def test_a_failed_verdict_is_logged_with_its_evidence_and_marked(client: MlflowClient) -> None:
    run = logged(tracked.FAILED)
    found = client.get_run(run.run_id)
    assert found.data.tags["verdict"] == "fail"
    assert found.data.tags["mlflow.note.content"].startswith("**Parity FAILED on 7 of")
    assert run.model_uri is not None
    assert client.search_registered_models() == []


def test_a_training_without_a_graph_is_logged_whole_and_has_no_model(
    client: MlflowClient,
) -> None:
    with mlflow_run.open_run("small", "train-1") as opened:
        run = tracked.log(opened, tracked.unconverted(Path("out")))
    found = client.get_run(run.run_id)
    assert run.model_uri is None
    assert client.search_logged_models([run.experiment_id]) == []
    assert found.info.status == "FINISHED"
    assert found.data.tags["verdict"] == "none"
    note = found.data.tags["mlflow.note.content"]
    assert note.startswith("**No ONNX: switched off.** Not registered.")
    assert "`pickle/pipeline.pkl`" in note
    assert found.data.metrics["cv_mae"] == 10.0
    assert not [name for name in found.data.metrics if name.startswith("parity")]
    assert mlflow_run.main(["out"]) == 0  # and it can be logged again


def test_the_description_warns_of_faults_of_pycaret(client: MlflowClient) -> None:
    warned = replace(tracked.evidence(Path("out")), warnings=("rows get lost",))
    with mlflow_run.open_run("small", "train-1") as run:
        done = tracked.log(run, warned)
    assert "Note: rows get lost" in client.get_run(done.run_id).data.tags["mlflow.note.content"]


def test_a_search_that_was_cut_short_says_so_in_tag_and_description(client: MlflowClient) -> None:
    whole = tracked.evidence(Path("out"))
    cut = replace(whole, trained=replace(whole.trained, left_out=("gbr", "[tune]")))  # type: ignore[type-var]
    with mlflow_run.open_run("small", "train-1") as run:
        done = tracked.log(run, cut)
    tags = client.get_run(done.run_id).data.tags
    assert tags["budget"] == "used up: left out: gbr, [tune]"
    assert "time budget was used up; left out: gbr" in tags["mlflow.note.content"]
    assert "budget" not in client.get_run(logged().run_id).data.tags


def test_the_link_names_experiment_and_run(client: MlflowClient) -> None:
    run = logged()
    assert run.url == (
        f"http://127.0.0.1:5000/#/experiments/{run.experiment_id}/runs/{run.run_id}"
        "?workflowType=machine_learning"
    )


def test_nothing_is_printed_to_stdout(
    client: MlflowClient, capsys: pytest.CaptureFixture[str]
) -> None:
    logged()
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("err", "status", "tag"),
    [
        (ValueError("no such column"), "FAILED", "ValueError: no such column"),
        (SystemExit(3), "FAILED", "SystemExit: 3"),
        (KeyboardInterrupt(), "KILLED", None),
        (SystemExit(143), "KILLED", None),
        (SystemExit(0), "FINISHED", None),
    ],
)
def test_a_run_is_closed_with_what_became_of_it(
    client: MlflowClient, err: BaseException, status: str, tag: str | None
) -> None:
    with pytest.raises(type(err)), mlflow_run.open_run("small", "train-1"):
        raise err
    run = tracked.only_run(client)
    assert run.info.status == status
    assert run.data.tags.get("error") == tag


WAITING = """
import sys, time
from pipeline.track import mlflow_run
with mlflow_run.open_run("small", "train-1"):
    print("open", flush=True)
    time.sleep(60)
"""


@pytest.mark.long
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_process_that_is_told_to_end_closes_its_run_as_killed(
    client: MlflowClient, signum: signal.Signals
) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(mlflow_run.__file__).parents[2])}
    with subprocess.Popen(
        [sys.executable, "-c", WAITING],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        process.send_signal(signum)
    # Python itself ends by SIGINT when a KeyboardInterrupt is left over.
    assert process.returncode == {signal.SIGTERM: 143, signal.SIGINT: -signal.SIGINT}[signum]
    assert tracked.only_run(client).info.status == "KILLED"
    assert client.get_run(logged().run_id).info.status == "FINISHED"


def test_a_forked_worker_that_fails_inside_closes_nothing(client: MlflowClient) -> None:
    owner = os.getpid()
    try:
        with mlflow_run.open_run("small", "train-1"):
            if (worker := os.fork()) == 0:
                raise SystemExit(9)
            os.waitpid(worker, 0)
            assert tracked.only_run(client).info.status == "RUNNING"
    finally:
        if os.getpid() != owner:
            os._exit(0)  # the worker ends here, not in pytest
    assert tracked.only_run(client).info.status == "FINISHED"


def test_a_dead_server_lets_the_training_end_and_then_says_how_to_log_it(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{tracked.free_port()}")
        with pytest.raises(TrackingError) as raised:
            logged()
    assert "does not answer; training goes on" in caplog.text
    assert re.search(r"http://127\.0\.0\.1:\d+ does not answer", raised.value.message)
    assert raised.value.exit_code == 7
    assert raised.value.hint == "log them later with: python -m pipeline.track out"
    assert (Path("out") / "onnx" / "model.onnx").is_file()
    assert mlflow_run.main(["out"]) == 0
    run = tracked.only_run(client)
    assert run.info.run_name == "train-1"
    assert run.data.metrics["cv_mae"] == 10.0
    assert len(client.search_logged_models([run.info.experiment_id])) == 1


def test_a_store_that_is_back_before_the_end_gets_the_whole_run(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{tracked.free_port()}")
        with mlflow_run.open_run("small", "train-1") as run:
            assert run.offline
            patch.delenv("MLFLOW_TRACKING_URI")
            done = tracked.log(run, tracked.evidence(Path("out")))
    found = tracked.only_run(client)
    assert (found.info.run_id, found.info.status) == (done.run_id, "FINISHED")
    assert found.data.tags["verdict"] == "pass"


def test_a_pushed_folder_is_logged_as_the_training_would_have(
    client: MlflowClient, capsys: pytest.CaptureFixture[str]
) -> None:
    first = client.get_run(logged().run_id)
    assert mlflow_run.main(["out"]) == 0
    *_, url = capsys.readouterr().out.splitlines()
    runs = client.search_runs([first.info.experiment_id], "params.rows = '10'")
    second = next(run for run in runs if run.info.run_id != first.info.run_id)
    assert second.info.run_id in url
    assert second.data.metrics == first.data.metrics
    assert second.data.params == first.data.params
    notes = [run.data.tags["mlflow.note.content"] for run in (first, second)]
    ids = re.compile(r"runs/\w+|models/m-\w+")  # each links to its own artifacts
    assert ids.sub("", notes[0]) == ids.sub("", notes[1])
    assert set(ids.findall(notes[0])).isdisjoint(ids.findall(notes[1]))


def test_a_failure_in_the_middle_keeps_the_folder_and_marks_the_run(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("mlflow.models.Model.log", refuse)
    with pytest.raises(TrackingError, match="disk full"):
        logged()
    assert tracked.only_run(client).info.status == "FAILED"
    assert Record.read(Path("out")).run_name == "train-1"


@pytest.mark.parametrize("writer", [integrity, mlflow_flavor], ids=["of the run", "of the model"])
def test_a_key_that_is_lost_meanwhile_costs_no_artifacts(
    client: MlflowClient, keys: Path, monkeypatch: pytest.MonkeyPatch, writer: Any
) -> None:
    key = keys / "ours.pem"
    signature.check_keys()
    name = "write_checksums" if writer is integrity else "save_model"
    plain = getattr(writer, name)

    def without_key(*arguments: Any, **options: Any) -> Any:
        key.rename(keys / "away.pem")
        try:
            return plain(*arguments, **options)
        finally:
            (keys / "away.pem").rename(key)

    with monkeypatch.context() as patch:
        patch.setattr(writer, name, without_key)
        with pytest.raises(ConfigError) as raised:
            logged()
    assert "the artifacts are kept at out" in raised.value.message
    assert raised.value.hint.endswith("python -m pipeline.track out")
    done = mlflow_run.push_folder(Path("out"))
    integrity.verify_folder(Path("out", "onnx"))
    place = Path(
        client.get_logged_model(str(done.model_uri).removeprefix("models:/")).artifact_location
    )
    integrity.verify_folder(place)


def test_a_folder_without_a_record_is_a_usage_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert mlflow_run.main([str(tmp_path)]) == UsageError.exit_code
    assert str(FILE) in capsys.readouterr().err


def test_a_deleted_experiment_is_named_with_the_command_that_restores_it(
    client: MlflowClient,
) -> None:
    client.delete_experiment(client.create_experiment("small"))
    with mlflow_run.open_run("small", "train-1") as run:
        assert "deleted experiment 'small'" in run.offline


def test_an_unwritable_folder_is_an_offline_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/file/mlflow.db")
    with mlflow_run.open_run("small", "train-1") as run:
        assert run.offline


def test_metrics_that_are_not_finite_are_left_out(
    client: MlflowClient,
) -> None:
    evidence = tracked.evidence(Path("out"))
    trained = replace(evidence.trained, holdout={"MAE": float("nan"), "R2": float("inf")})
    with mlflow_run.open_run("small", "train-1") as run:
        done = tracked.log(run, replace(evidence, trained=trained))
    names = client.get_run(done.run_id).data.metrics
    assert "holdout_mae" not in names
    json.loads((Path("out") / FILE).read_text())


@pytest.mark.long
def test_a_real_server_that_dies_meanwhile_costs_no_artifacts(
    client: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = tracked.free_port()
    command = ["mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    command += ["--backend-store-uri", f"sqlite:///{tmp_path}/server.db"]
    command += ["--artifacts-destination", str(tmp_path / "stored")]
    with (
        tracked.server(command, f"http://127.0.0.1:{port}/health") as server,
        monkeypatch.context() as patch,
    ):
        patch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
        patch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")  # or it would wait for a restart
        run = logged()
        assert run.url.startswith(f"http://127.0.0.1:{port}/#/experiments/")
        assert len(mlflow.pyfunc.load_model(str(run.model_uri)).predict(tracked.frame())) == 10
        assert store.ui_command() is None
        with pytest.raises(TrackingError), mlflow_run.open_run("small", "train-2") as run:
            tracked.stop(server)
            tracked.log(run, tracked.evidence(Path("later")))
    assert mlflow_run.push_folder(Path("later")).run_id is not None
    assert tracked.only_run(client).info.run_name == "train-2"
