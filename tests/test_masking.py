"""No password leaves: not in errors, logs, JSON or tracebacks, whatever holds it."""

from __future__ import annotations

import http.server
import json
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline import logs
from pipeline.errors import TrackingError
from pipeline.json_line import json_line
from pipeline.masking import MASK, masked
from tests.commands import ROOT, Preloaded, preloaded, python

MARK = "s3cr3tMARKs3cr3t"

SECRET = pytest.mark.attack(
    "a password in the store's address or token: every command, a dead server, a wrong scheme, "
    "PostgreSQL, a bucket",
    "in no output, log, alert or file",
)
COMMANDS = {
    "train": ("--dataset", "insurance", "--include", "lr", "--fold", "2"),
    "retrain": ("--dataset", "insurance", "--include", "lr", "--fold", "2"),
    "score": (
        *("--model", "models:/insurance@champion", "--output", "out.csv"),
        *("--data", str(ROOT / "datasets" / "insurance.csv")),
    ),
    "report": ("models:/insurance@champion",),
    "compare": ("models:/insurance@champion", "models:/insurance/1"),
    "models list": (),
    "models show": ("insurance",),
    "models promote": ("insurance", "1", "--reason", "better"),
    "models rollback": ("insurance", "--reason", "worse"),
    "models prune": ("insurance",),
    "doctor": (),
    "track": ("nothing-here",),
}
STORES = {
    "dead server": f"http://user:{MARK}@127.0.0.1:{{port}}",
    "wrong scheme": f"nosuch://user:{MARK}@127.0.0.1/x",
    "postgresql": f"postgresql://user:{MARK}@127.0.0.1:{{port}}/mlflow",
    "bucket": f"s3://user:{MARK}@bucket/x?token={MARK}",
}


def closed_port() -> int:
    """A port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def marks(command: str, store: str, folder: Path, *more: str, **settings: str) -> list[str]:
    """Where the mark turns up after a command: outputs, and every file that it left."""
    uri = STORES[store].format(port=closed_port())
    done = python(
        *("-m", f"pipeline.{command.split(maxsplit=1)[0]}", *command.split()[1:]),
        *(*COMMANDS[command], *more),
        folder=folder,
        MLFLOW_TRACKING_URI=uri,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES="0",
        **settings,
    )
    assert done.returncode in {1, 2, 3, 7}, (done.stdout, done.stderr)
    said = {"stdout": done.stdout, "stderr": done.stderr}
    return [f"{name}: {text}" for name, text in said.items() if MARK in text] + left(folder)


def left(folder: Path) -> list[str]:
    """The files that hold the mark."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [str(path) for path in files if MARK.encode() in path.read_bytes()]


@SECRET
@pytest.mark.parametrize("command", ["retrain", "score", "models list"])
def test_a_dead_server_s_password_stays_inside(command: str, tmp_path: Path) -> None:
    assert marks(command, "dead server", tmp_path) == []


@pytest.fixture(scope="module")
def ready(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Preloaded]:
    with preloaded(tmp_path_factory.mktemp("ready")) as process:
        yield process


@SECRET
@pytest.mark.long
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_shows_a_dead_server_s_token(command: str, tmp_path: Path) -> None:
    assert marks(command, "dead server", tmp_path, MLFLOW_TRACKING_TOKEN=MARK) == []


@SECRET
@pytest.mark.long
@pytest.mark.parametrize("store", [store for store in STORES if store != "dead server"])
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_shows_a_store_s_password(
    command: str, store: str, ready: Preloaded, tmp_path: Path
) -> None:
    module, *words = command.split()
    settings = {"MLFLOW_TRACKING_URI": STORES[store].format(port=closed_port())}
    settings |= {"MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0", "MLFLOW_TRACKING_TOKEN": MARK}
    how: dict[str, Any] = {"module": f"pipeline.{module}", "json_log": False, "pictures": False}
    running = ready.started(tmp_path, "said", *words, *COMMANDS[command], **how, **settings)
    code, said = running.end(), (tmp_path / "said.err").read_text(encoding="utf-8")
    assert code in {1, 2, 3, 7}, said
    assert "usage:" not in said.lower()
    assert left(tmp_path) == []


@SECRET
@pytest.mark.long
def test_a_json_log_holds_no_password(tmp_path: Path) -> None:
    assert marks("retrain", "dead server", tmp_path, "--log-format", "json") == []


@SECRET
def test_an_alert_holds_no_password(tmp_path: Path) -> None:
    with receiver() as (url, bodies):
        config = tmp_path / "train.toml"
        config.write_text('[notify]\nwebhook = "${HOOK}"\nattempts = 1\n', encoding="utf-8")
        hook = f"{url}/{MARK}"
        found = marks("retrain", "dead server", tmp_path, "--config", "train.toml", HOOK=hook)
    assert found == []
    (body,) = bodies
    assert json.loads(body)["exit_code"] == 7
    assert MARK.encode() not in body


@contextmanager
def receiver() -> Iterator[tuple[str, list[bytes]]]:
    """A webhook on this machine: its address, and the bodies that reach it."""
    bodies: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(204)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", bodies
        server.shutdown()


secrets = st.text(st.sampled_from("abXY09!%&/:@+~,ßé"), min_size=4, max_size=20)


@given(secrets)
def test_what_a_variable_of_that_name_holds_is_masked(secret: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_PASSWORD", secret)
        assert masked(f"<{secret}|{quote(secret, safe='')}>") == f"<{MASK}|{MASK}>"


@given(secrets)
def test_a_password_in_an_address_is_masked_wherever_it_is_told(secret: str) -> None:
    address = f"http://user:{quote(secret, safe='')}@host:1/x"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_URI", address)
        told = TrackingError(f"no answer of {address}", hint=f"got <{secret}>")
        line = json.loads(json_line({"reason": f"no answer of {address}, got <{secret}>"}))
    assert told.message == f"no answer of http://{MASK}@host:1/x"
    assert told.hint == f"got <{MASK}>"
    assert line["reason"] == f"{told.message}, got <{MASK}>"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "postgresql+psycopg2://u:p%40ss@db:5432/x failed",
            f"postgresql+psycopg2://{MASK}@db:5432/x failed",
        ),
        ("https://host/path?a=1&api_key=abc&b=2", f"https://host/path?a=1&api_key={MASK}&b=2"),
        ("host=db user=u password=abc dbname=x", f"host=db user=u password={MASK} dbname=x"),
        ("Authorization: Bearer abcdefgh.ijkl", f"Authorization: Bearer {MASK}"),
        ("models:/insurance@champion", "models:/insurance@champion"),
        ("https://host/page#a@b", "https://host/page#a@b"),
        ("mail a@b.example, 3 tokens", "mail a@b.example, 3 tokens"),
    ],
)
def test_what_looks_like_a_secret(text: str, wanted: str) -> None:
    assert masked(text) == wanted


def test_a_traceback_is_logged_without_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:{MARK}@host")
    with logs.configured(logs.stream_handler(False, sys.stderr)):
        try:
            raise ValueError(f"http://user:{MARK}@host")
        except ValueError:
            logging.getLogger("pipeline.test").exception("it failed with %s", MARK)
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert MARK not in said
