"""Checks that the store answers within seconds, is intact, and has this MLflow's schema."""

from __future__ import annotations

import os
import socket
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote, urlsplit
from urllib.request import getproxies

from pipeline.doctor.finding import Finding, describe_error
from pipeline.errors import TrackingError
from pipeline.track import store, store_uri

_SECONDS = 5.0
_ANSWER = "5"  # seconds too, as MLflow reads its settings
_PORTS = {"http": 80, "https": 443, "postgresql": 5432, "mysql": 3306, "mssql": 1433}
_RIGHTS = "give this user the rights to write the file and its folder, on a disk with room"
_LARGE = 500_000_000  # bytes; the thorough check reads every index


def check(names: Sequence[str]) -> Iterator[Finding]:
    """Problems that make every other question to the store pointless, or one ok."""
    try:
        store.check_default_store()
    except TrackingError as err:
        yield Finding("mlruns", "problem", err.message, action=err.hint)
        return
    try:
        store_uri.check_store_uri()
    except TrackingError as err:
        yield Finding("MLFLOW_TRACKING_URI", "problem", err.message, action=err.hint)
        return
    file = store.sqlite_file()
    yield _server() if file is None else _file(file, bool(names))


def _file(file: Path, needed: bool) -> Finding:
    """What is wrong with the SQLite file, or that nothing is."""
    subject = str(file)
    if not file.exists():
        action = "start where mlflow.db lies, or set MLFLOW_TRACKING_URI"
        if needed:
            return Finding(subject, "problem", "no such file", "a store", action)
        return Finding(subject, "note", "no store yet", "one after the first run", action)
    try:
        with closing(_open(file)) as connection:
            damage = _damage(connection, file.stat().st_size)
            if damage:
                return _damaged_finding(file, damage)
            wrong = _schema(connection, file)
            if wrong is not None:
                return wrong
            connection.execute("BEGIN IMMEDIATE")
            connection.rollback()
    except sqlite3.DatabaseError as err:
        return _refused_finding(file, err)
    return _writable(file)


def _writable(file: Path) -> Finding:
    """Whether the file can be changed; SQLite begins a change of a read-only one all the same."""
    if not all(os.access(place, os.W_OK) for place in (file, file.parent)):
        return Finding(str(file), "problem", "read-only", "a file to write to", _RIGHTS)
    return Finding(str(file), "ok", "whole, of this MLflow's schema, and it can be written")


def _open(file: Path) -> sqlite3.Connection:
    """A connection that makes no file; what a killed writer left half done is taken back."""
    return sqlite3.connect(f"file:{quote(str(file))}?mode=rw", timeout=_SECONDS, uri=True)


def _damage(connection: sqlite3.Connection, size: int) -> str:
    """What SQLite finds wrong with its file; empty when nothing is."""
    pragma = "quick_check" if size > _LARGE else "integrity_check"
    lines = [str(row[0]) for row in connection.execute(f"PRAGMA {pragma}(3)")]
    return "" if lines == ["ok"] else "; ".join(lines)[:300]


def _refused_finding(file: Path, err: sqlite3.DatabaseError) -> Finding:
    """Busy, protected or damaged; SQLite raises one class for all of them."""
    code = getattr(err, "sqlite_errorname", "") or ""
    if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        action = "find the process that keeps it locked: fuser -v " + str(file)
        return Finding(str(file), "problem", f"locked for {_SECONDS:.0f} s", "", action)
    if code.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN", "SQLITE_PERM", "SQLITE_FULL")):
        return Finding(str(file), "problem", describe_error(err), "a file to write to", _RIGHTS)
    return _damaged_finding(file, describe_error(err))


def _damaged_finding(file: Path, what: str) -> Finding:
    action = (
        f"stop every run, keep a copy, and put a backup in its place; without one, "
        f"`sqlite3 {file} .recover | sqlite3 {file.with_suffix('.new')}` saves what can be read"
    )
    return Finding(str(file), "problem", f"damaged ({what})", "a whole SQLite file", action)


def _schema(connection: sqlite3.Connection, file: Path) -> Finding | None:
    """What is wrong with the tables' version."""
    # the schema of the installed MLflow, and all those before it
    import mlflow
    from alembic.script import ScriptDirectory

    script = ScriptDirectory(str(Path(mlflow.__file__).parent / "store" / "db_migrations"))
    head, known = script.get_current_head() or "", {r.revision for r in script.walk_revisions()}
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master")}
    if "alembic_version" not in tables:
        found = "an empty file" if not tables else "a SQLite file of another program"
        action = "move it away and start the next run, or set MLFLOW_TRACKING_URI"
        return Finding(str(file), "problem", found, "tables of MLflow", action)
    rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    version = str(rows[0][0]) if rows else "none"
    if version == head:
        return None
    action = "install the MLflow that made it: a newer one than this"
    if version in known:
        action = f"keep a copy of the file, then: mlflow db upgrade {store.SQLITE}{file}"
    return Finding(str(file), "problem", f"schema {version}", f"schema {head}", action)


def _server() -> Finding:
    """What is wrong with a server or a database elsewhere; asked once and in a hurry."""
    address = os.environ["MLFLOW_TRACKING_URI"]
    parts = urlsplit(address)
    subject = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"  # without the password
    action = "start the server, or check MLFLOW_TRACKING_URI and the network"
    if (silence := _silence(address)) is not None:
        return Finding(subject, "problem", silence, "a server that answers", action)
    try:
        with _hurry():
            store.connect().search_experiments(max_results=1)
    except Exception as err:  # noqa: BLE001  MLflow, requests, SQLAlchemy: no common base
        found = describe_error(err).replace(address, subject)
        return Finding(subject, "problem", found, "an answer of MLflow", action)
    return Finding(subject, "ok", "answers")


def _silence(address: str) -> str | None:
    """Why nobody listens there; MLflow asks a database ten times before it says so."""
    parts = urlsplit(address)
    scheme = parts.scheme.partition("+")[0]
    if parts.hostname is None or scheme not in _PORTS or scheme in getproxies():
        return None
    try:
        with socket.create_connection((parts.hostname, parts.port or _PORTS[scheme]), _SECONDS):
            return None
    except (OSError, ValueError) as err:
        return f"nobody answers ({describe_error(err)})"


@contextmanager
def _hurry() -> Iterator[None]:
    """Ask the server once, whatever the user's settings for patient jobs are."""
    store.configure_mlflow()
    settings = {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_HTTP_REQUEST_TIMEOUT": _ANSWER}
    before = {name: os.environ[name] for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        os.environ.update(before)
