"""The default store is made once, whole or not at all, whoever else is making it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.errors import LockedError, TrackingError
from pipeline.track import mlflow_run, store
from tests.readonly import read_only


@pytest.fixture
def cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    return tmp_path


COLD_RUN = """
from pipeline.track import mlflow_run
waited = []
with mlflow_run.open_run("small", "cold", meanwhile=lambda: waited.append(1)) as run:
    assert not run.offline, run.offline
assert waited == [1]
with mlflow_run.open_run("small", "warm", meanwhile=lambda: waited.append(2)):
    assert waited == [1]
"""


@pytest.mark.long
def test_four_processes_on_a_cold_store_each_log_a_run(cold: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(store.__file__).parents[2])}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COLD_RUN], cwd=cold, env=environment, stderr=subprocess.PIPE
        )
        for _ in range(4)
    ]
    errors = [process.communicate()[1] for process in processes]
    assert [process.returncode for process in processes] == [0] * 4, errors
    from mlflow import MlflowClient

    client = MlflowClient()
    experiment = client.get_experiment_by_name("small")
    runs = client.search_runs([experiment.experiment_id])
    assert [run.info.status for run in runs] == ["FINISHED"] * 8
    assert integrity(cold / "mlflow.db") == "ok"
    assert sorted(path.name for path in cold.iterdir()) == ["mlflow.db"]


def test_what_is_done_meanwhile_fails_as_itself(cold: Path) -> None:
    def broken() -> None:
        raise ImportError("half an installation")

    with (
        pytest.raises(ImportError, match="half an installation"),
        mlflow_run.open_run("small", "cold", meanwhile=broken),
    ):
        pytest.fail("a run was opened without a store")


def integrity(file: Path) -> str:
    with sqlite3.connect(file) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


@pytest.mark.long
def test_a_preparation_that_is_killed_leaves_no_broken_store(cold: Path) -> None:
    killed = store.prepare_store()
    assert killed.process is not None
    killed.process.kill()
    with pytest.raises(TrackingError, match="no MLflow store"):
        killed.wait()
    assert list(cold.iterdir()) == []
    store.prepare_store().wait()
    assert integrity(cold / "mlflow.db") == "ok"


@pytest.mark.long
def test_no_link_that_was_planted_for_this_process_is_followed(cold: Path) -> None:
    victim = cold / "victim.db"
    victim.touch()
    (cold / f"mlflow.db-{os.getpid()}").symlink_to(victim)
    store.prepare_store().wait()
    assert victim.read_bytes() == b""
    assert integrity(cold / "mlflow.db") == "ok"


@pytest.mark.long
def test_the_first_store_in_place_stays(cold: Path) -> None:
    preparation = store.prepare_store()
    (cold / "mlflow.db").write_bytes(b"of another process")
    preparation.wait()
    assert (cold / "mlflow.db").read_bytes() == b"of another process"


def test_a_store_that_exists_needs_no_preparation(cold: Path) -> None:
    (cold / "mlflow.db").touch()
    assert store.prepare_store() == store.StorePreparation()


@pytest.mark.parametrize("uri", ["http://127.0.0.1:1", "postgresql://host/base", "sqlite://"])
def test_only_an_sqlite_file_is_prepared(
    cold: Path, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    assert store.prepare_store() == store.StorePreparation()


@pytest.mark.long
def test_another_sqlite_file_is_made_with_its_folder(
    cold: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///a folder/100%.db")
    store.prepare_store().wait()
    assert integrity(cold / "a folder" / "100%.db") == "ok"


def test_runs_of_the_retired_file_store_are_refused_with_the_way_out(cold: Path) -> None:
    (cold / "mlruns" / "0").mkdir(parents=True)
    (cold / "mlruns" / "0" / "meta.yaml").touch()
    with pytest.raises(TrackingError, match="migrate-filestore"):
        store.check_default_store()


def test_artifacts_of_the_default_store_are_no_trap(cold: Path) -> None:
    (cold / "mlruns" / "1" / "a" / "artifacts").mkdir(parents=True)
    store.check_default_store()


@pytest.mark.parametrize("name", ["closed/mlflow.db", "closed/new/folder/mlflow.db"])
def test_a_store_that_cannot_be_opened_or_made_is_said_so_without_asking_mlflow(
    cold: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    (cold / "closed").mkdir()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{name}")
    for ask in (store.prepare_store, store.connect):
        with read_only(cold / "closed"), pytest.raises(TrackingError, match="expected a folder"):
            ask()
    assert not [*(cold / "closed").iterdir()]
    (cold / "closed" / "mlflow.db").touch()
    monkeypatch.setattr(os, "access", lambda *_: False)  # root may read everything
    with pytest.raises(TrackingError, match="permission denied"):
        store.connect()


def test_a_lock_that_stays_held_is_an_error_with_exit_code_75(cold: Path) -> None:
    with (
        store.lock_store("registry"),
        pytest.raises(LockedError) as raised,
        store.lock_store("registry", timeout=0.1),
    ):
        pass
    assert raised.value.exit_code == 75


@pytest.mark.parametrize(
    ("uri", "page", "where"),
    [
        ("", "http://127.0.0.1:5000", "sqlite:///mlflow.db"),
        ("sqlite:///a b.db", "http://127.0.0.1:5000", "'sqlite:///a b.db'"),
        (
            "postgresql://me:secret@host/runs",
            "http://127.0.0.1:5000",
            '"$MLFLOW_TRACKING_URI"',
        ),
        ("https://me:secret@host:8443/mlflow/", "https://host:8443/mlflow", None),
    ],
)
def test_a_link_leads_to_the_server_and_keeps_passwords_out(
    monkeypatch: pytest.MonkeyPatch, uri: str, page: str, where: str | None
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
    expected = f"{page}/#/models/a%20b/versions/1?workflowType=machine_learning"
    assert store.ui_url("models", "a b", "versions", "1") == expected
    command = store.ui_command()
    if where is None:
        assert command is None
    else:
        assert command is not None
        assert command.startswith("DO_NOT_TRACK=true ")
        assert command.endswith(f"/mlflow ui --backend-store-uri {where}")
