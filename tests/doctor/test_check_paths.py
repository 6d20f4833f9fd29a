"""A moved folder is found and mended; what only looks like one is left alone."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import mlflow.pyfunc
import pytest

from pipeline.doctor import check_paths
from pipeline.errors import LockedError
from pipeline.track import store
from tests import tracked
from tests.doctor.findings import only

if TYPE_CHECKING:
    from mlflow import MlflowClient


def moved(project: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> Path:
    """Move the project folder, as `mv` does, and go there."""
    new = project.parent / name
    project.rename(new)
    monkeypatch.chdir(new)
    return new


def loads() -> bool:
    model = mlflow.pyfunc.load_model("models:/small@champion")
    return len(model.predict(tracked.frame())) == 10


@pytest.mark.parametrize("name", ["elsewhere", "with 'quotes' and 100%", "a project 2"])
def test_a_moved_folder_scores_again_after_the_repair(
    project: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    assert only(check_paths.check([])).status == "ok"
    before = (project / "mlflow.db").read_bytes()
    new = moved(project, monkeypatch, name)
    with pytest.raises(Exception, match="No such"):
        loads()
    finding = only(check_paths.check([]))
    assert (finding.status, finding.subject) == ("problem", str(project))
    assert finding.repair is not None
    finding.repair()
    assert only(check_paths.check([])).status == "ok"
    assert loads()
    assert str(project) + "/" not in " ".join(map(str, check_paths._list_paths(new / "mlflow.db")))
    with closing(sqlite3.connect(new / "mlflow.db.before-fix-1")) as copy:
        assert copy.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        (old,) = copy.execute("SELECT artifact_uri FROM runs LIMIT 1").fetchone()
    assert old.startswith(str(project))
    assert len(before) == (new / "mlflow.db.before-fix-1").stat().st_size


def test_a_folder_that_was_copied_is_a_note(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(project, project.parent / "copy")
    monkeypatch.chdir(project.parent / "copy")
    finding = only(check_paths.check([]))
    assert (finding.status, finding.fixable) == ("note", False)
    assert str(project) in finding.found


def test_artifacts_that_are_gone_altogether_are_no_move(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as those on a share that is not mounted: nothing may point elsewhere then."""
    moved(project, monkeypatch, "elsewhere")
    shutil.rmtree("mlruns")
    assert only(check_paths.check([])).status == "ok"


def test_a_link_to_the_old_place_is_no_move(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    new = moved(project, monkeypatch, "elsewhere")
    project.symlink_to(new)
    assert only(check_paths.check([])).status == "ok"


def test_file_addresses_are_moved_too(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(sqlite3.connect("mlflow.db")) as connection, connection:
        for table, column in check_paths.COLUMNS[:3]:
            rows = connection.execute(f"SELECT DISTINCT {column} FROM {table}").fetchall()
            for (value,) in rows:
                update = f"UPDATE {table} SET {column} = ? WHERE {column} = ?"
                connection.execute(update, (Path(value).as_uri(), value))
    new = moved(project, monkeypatch, "else where")
    finding = only(check_paths.check([]))
    assert finding.repair is not None
    finding.repair()
    assert loads()
    with closing(sqlite3.connect("mlflow.db")) as connection:
        (value,) = connection.execute("SELECT artifact_uri FROM runs LIMIT 1").fetchone()
    assert value.startswith(new.as_uri())


def test_a_repair_that_fails_changes_nothing(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = moved(project, monkeypatch, "elsewhere")
    content = check_paths._list_paths(new / "mlflow.db")
    monkeypatch.setattr(check_paths, "COLUMNS", (*check_paths.COLUMNS, ("no_such_table", "x")))
    with pytest.raises(sqlite3.OperationalError):
        check_paths.rewrite_paths(new / "mlflow.db", {project: new})
    monkeypatch.undo()
    assert check_paths._list_paths(new / "mlflow.db") == content


def test_a_repair_waits_for_the_registry(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = store.lock_store
    monkeypatch.setattr(store, "lock_store", lambda purpose: original(purpose, timeout=0.05))
    with original("registry"), pytest.raises(LockedError):
        check_paths.rewrite_paths(project / "mlflow.db", {project: project})


def test_a_server_knows_where_its_artifacts_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:1")
    assert only(check_paths.check([])).status == "ok"
