"""Versions, store, disk and paths: what keeps every run from working is said in one line."""

from __future__ import annotations

import os
import shutil
import socket
import sqlite3
import tempfile
import threading
import time
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import mlflow.pyfunc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.doctor import check_disk, check_paths, check_store, check_versions
from pipeline.doctor.finding import Finding
from pipeline.errors import LockedError
from pipeline.track import store
from tests import tracked

if TYPE_CHECKING:
    from mlflow import MlflowClient


def only(found: Iterator[Finding]) -> Finding:
    (finding,) = found
    return finding


# --- versions ----------------------------------------------------------------------------------


def installed(monkeypatch: pytest.MonkeyPatch, package: str, version: str | None) -> None:
    """Pretend that a package has another version, or is not there."""
    original = metadata.version

    def of(name: str) -> str:
        if name != package:
            return original(name)
        if version is None:
            raise metadata.PackageNotFoundError(name)
        return version

    monkeypatch.setattr(metadata, "version", of)


def test_the_environment_of_the_tests_is_as_tested() -> None:
    assert only(check_versions.check([])).status == "ok"


@pytest.mark.parametrize(
    ("package", "version", "status"),
    [
        ("pycaret", "3.3.1", "note"),
        ("pycaret", None, "problem"),
        ("pydantic", "1.10", "problem"),
        ("onnxruntime", "1.20.1", "problem"),
        ("onnxruntime", "1.29.0", "problem"),
        ("onnxruntime", "1.31.0", "note"),
    ],
)
def test_a_package_of_another_version_is_named_with_both(
    monkeypatch: pytest.MonkeyPatch, package: str, version: str | None, status: str
) -> None:
    installed(monkeypatch, package, version)
    found = list(check_versions.check([]))
    assert {f.subject for f in found} == {package}
    assert status in {f.status for f in found}
    assert all(f.found == (version or "not installed") and f.expected for f in found)


def test_another_python_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_versions.platform, "python_version", lambda: "3.12.1")
    finding = only(check_versions.check([]))
    assert (finding.subject, finding.status, finding.found) == ("Python", "problem", "3.12.1")
    assert ">=3.11" in finding.expected


# --- store -------------------------------------------------------------------------------------


@pytest.mark.usefixtures("project")
def test_a_whole_store_is_said_to_be_so() -> None:
    assert only(check_store.check([])).status == "ok"


def test_a_store_that_is_not_there_is_a_note_unless_a_model_is_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    assert only(check_store.check([])).status == "note"
    assert only(check_store.check(["insurance"])).status == "problem"
    assert list(tmp_path.iterdir()) == []


def test_the_retired_file_store_is_a_problem(project: Path) -> None:
    (project / "mlruns" / "0").mkdir()
    (project / "mlruns" / "0" / "meta.yaml").touch()
    finding = only(check_store.check([]))
    assert finding.status == "problem"
    assert "migrate-filestore" in finding.action


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.99])
def test_a_truncated_store_is_a_problem_that_says_how_to_save_it(
    project: Path, share: float
) -> None:
    file = project / "mlflow.db"
    os.truncate(file, int(file.stat().st_size * share))
    finding = only(check_store.check([]))
    assert finding.status == "problem"
    assert ".recover" in finding.action or share == 0


@given(st.binary(min_size=1, max_size=5000))
def test_no_file_content_ends_the_check_itself(content: bytes) -> None:
    file = Path(tempfile.gettempdir(), f"hostile-{os.getpid()}.db")
    file.write_bytes(content)
    try:
        assert check_store._file(file, needed=False).status == "problem"
    finally:
        file.unlink()


def test_overwritten_pages_are_found(project: Path) -> None:
    file = project / "mlflow.db"
    content = bytearray(file.read_bytes())
    content[len(content) // 2 : len(content) // 2 + 8192] = os.urandom(8192)
    file.write_bytes(content)
    assert only(check_store.check([])).status == "problem"


@pytest.mark.parametrize(
    ("version", "action"), [("0123456789ab", "newer"), ("451aebb31d03", "mlflow db upgrade")]
)
def test_tables_of_another_mlflow_are_a_problem(project: Path, version: str, action: str) -> None:
    with closing(sqlite3.connect(project / "mlflow.db")) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = ?", (version,))
    finding = only(check_store.check([]))
    assert finding.status == "problem"
    assert version in finding.found
    assert action in finding.action


def test_a_store_that_stays_locked_is_a_problem(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check_store, "_SECONDS", 0.1)
    with closing(sqlite3.connect(project / "mlflow.db", isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        finding = only(check_store.check([]))
    assert finding.status == "problem"
    assert "locked" in finding.found


@pytest.mark.parametrize("scheme", ["http", "https", "postgresql", "mysql+pymysql"])
def test_a_dead_server_is_a_problem_within_seconds_and_no_password_is_shown(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    address = f"127.0.0.1:{tracked.free_port()}"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"{scheme}://me:secret@{address}/mlflow")
    began = time.monotonic()
    finding = only(check_store.check([]))
    assert time.monotonic() - began < 30
    assert finding.status == "problem"
    assert finding.subject == f"{scheme}://{address}"
    assert "secret" not in repr(finding)


@contextmanager
def silent() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_server_that_takes_the_connection_and_is_silent_is_a_problem(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_TIMEOUT", "1")
    monkeypatch.setattr(check_store, "_ANSWER", "1")
    with silent() as port:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{port}")
        finding = only(check_store.check([]))
    assert finding.status == "problem"
    assert os.environ["MLFLOW_HTTP_REQUEST_TIMEOUT"] == "1"


def test_a_server_of_something_else_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{listener.getsockname()[1]}")

        def answer() -> None:
            for _ in range(2):  # the knock, then the question
                connection, _ = listener.accept()
                with connection:
                    connection.recv(10_000)
                    connection.sendall(b"HTTP/1.0 404 Not Found\r\n\r\nnothing here")

        thread = threading.Thread(target=answer)
        thread.start()
        finding = only(check_store.check([]))
        thread.join()
    assert finding.status == "problem"


# --- disk --------------------------------------------------------------------------------------


Usage = namedtuple("Usage", "total used free")


@pytest.mark.parametrize(("free", "status"), [(10**12, "ok"), (10**9, "note"), (10**7, "problem")])
@pytest.mark.usefixtures("project")
def test_a_disk_that_fills_up_is_said_in_time(
    monkeypatch: pytest.MonkeyPatch, free: int, status: str
) -> None:
    monkeypatch.setattr(check_disk.shutil, "disk_usage", lambda _: Usage(10**12, 0, free))
    assert {finding.status for finding in check_disk.check([])} == {status}


def test_a_folder_that_cannot_be_written_is_a_problem(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    original: Any = check_disk.tempfile.TemporaryFile

    def refusing(*, dir: Path) -> Any:
        if dir == project / "mlruns":
            raise PermissionError(13, "Permission denied")
        return original(dir=dir)

    monkeypatch.setattr(check_disk.tempfile, "TemporaryFile", refusing)
    finding = only(check_disk.check([]))
    assert (finding.status, finding.subject) == ("problem", str(project / "mlruns"))


# --- paths -------------------------------------------------------------------------------------


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
