"""What keeps a store from working is said in one line, within seconds."""

from __future__ import annotations

import os
import socket
import sqlite3
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.doctor import check_store
from tests import tracked
from tests.doctor.findings import only


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
