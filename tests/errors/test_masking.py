"""No password leaves: not in errors, logs, JSON or tracebacks, whatever holds it."""

from __future__ import annotations

import http.server
import json
import logging
import re
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

from pipeline.cli import logs
from pipeline.errors import TrackingError
from pipeline.errors.masking import MASK, SHORTEST, mask_secrets
from pipeline.system.json_line import json_line
from tests.commands import ROOT, Preloaded, python

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
ODD = {
    "#": f"http://user:pa#{MARK}@127.0.0.1:{{port}}",
    "/": f"http://user:pa/{MARK}@127.0.0.1:{{port}}",
    "?": f"http://user:pa?{MARK}@127.0.0.1:{{port}}",
    "/ and a wrong scheme": f"nosuch://user:a/{MARK}@127.0.0.1/x",
    "query": f"http://127.0.0.1:{{port}}/?sig={MARK}",
}
"""Addresses with a password that no address may hold as it is, or with a token."""
ADDRESS = f"https://u:{MARK}@x/y.csv?sig={MARK}"
ASKED = {
    "train": ("--data", ADDRESS, "--target", "y"),
    "score": ("--model", ADDRESS, "--data", ADDRESS, "--output", "out.csv"),
    "report": (ADDRESS,),
    "doctor": ("--log-format", ADDRESS),
    "models": (ADDRESS,),
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
@pytest.mark.parametrize(
    "command",
    ["retrain", *(pytest.param(c, marks=pytest.mark.long) for c in ("score", "models list"))],
)
def test_a_dead_server_s_password_stays_inside(command: str, tmp_path: Path) -> None:
    assert marks(command, "dead server", tmp_path) == []


@SECRET
@pytest.mark.long
@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("command", COMMANDS)
def test_no_command_shows_a_store_s_password(
    command: str, store: str, ready: Preloaded, tmp_path: Path
) -> None:
    store = STORES[store].format(port=closed_port())
    where = {"MLFLOW_TRACKING_URI": store, "MLFLOW_TRACKING_TOKEN": MARK}
    code, said = ended(ready, tmp_path, command, COMMANDS[command], **where)
    assert code in {1, 2, 3, 7}, said
    assert "usage:" not in said.lower()
    assert left(tmp_path) == []


@SECRET
@pytest.mark.long
@pytest.mark.parametrize("address", ODD)
@pytest.mark.parametrize("command", ["retrain", "score", "report", "models list", "track"])
def test_no_command_shows_a_password_that_no_address_may_hold(
    command: str, address: str, ready: Preloaded, tmp_path: Path
) -> None:
    store = ODD[address].format(port=closed_port())
    where = {"MLFLOW_TRACKING_URI": store, "MLFLOW_TRACKING_TOKEN": f"ab!{MARK}\n"}
    code, said = ended(ready, tmp_path, command, COMMANDS[command], **where)
    assert code in {1, 2, 3, 7}, said
    assert left(tmp_path) == []


@pytest.mark.long
@pytest.mark.parametrize("command", ASKED)
def test_no_command_shows_the_password_of_an_address_that_it_is_given(
    command: str, ready: Preloaded, tmp_path: Path
) -> None:
    store = f"sqlite:///{tmp_path}/mlflow.db"
    code, said = ended(ready, tmp_path, command, ASKED[command], MLFLOW_TRACKING_URI=store)
    assert code in {2, 3, 7}, said
    assert left(tmp_path) == []


def ended(
    ready: Preloaded, folder: Path, command: str, flags: tuple[str, ...], **settings: str
) -> tuple[int, str]:
    """A command's exit code and stderr; what it said on both outputs lies in the folder."""
    module, *words = command.split()
    settings["MLFLOW_HTTP_REQUEST_MAX_RETRIES"] = "0"
    how: dict[str, Any] = {"module": f"pipeline.{module}", "json_log": False}
    running = ready.started(folder, "said", *words, *flags, **how, **settings)
    return running.end(), (folder / "said.err").read_text(encoding="utf-8")


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


secrets = st.text(st.sampled_from("abXY09!%&/:@+~,ßé"), min_size=SHORTEST, max_size=20).filter(
    lambda text: not re.fullmatch(r"[a-zA-Z]+|[0-9,+]+", text)  # words and numbers
)


@given(secrets)
def test_what_a_variable_of_that_name_holds_is_masked(secret: str) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MLFLOW_TRACKING_PASSWORD", secret)
        assert mask_secrets(f"<{secret}|{quote(secret, safe='')}>") == f"<{MASK}|{MASK}>"


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
        (f"Invalid url: http://user:pa#{MARK}@host/api", f"Invalid url: http://{MASK}@host/api"),
        (f"http://user:pa/{MARK}@host and nosuch://u:a?{MARK}@host", 2),
        (f"'https:/u:{MARK}@host/y.csv' and https:/{MARK}@host/y.csv", 2),
        ("https://host/path?a=1&api_key=abc&b=2", f"https://host/path?a=1&api_key={MASK}&b=2"),
        ("http://h/?sig=abc&key=abc&auth=abc&b=2", 3),
        ("url=http%3A%2F%2Fh%3Ftoken%3Dabc%26key%3Dabc%26b%3D2", 2),
        ("host=db user=u password=abc dbname=x", f"host=db user=u password={MASK} dbname=x"),
        ("auth=abc pwd=abc access_key=abc ssl_key=abc", 4),
        ("password='a b c' and password=\"a 'b' c\" and password: abc", 3),
        ("checksums.json.sig: got none", "checksums.json.sig: got none"),
        (
            "column 'token': got 'x', expected a number",
            "column 'token': got 'x', expected a number",
        ),
        ("{'token': 'abc', 'n': 1}", f"{{'token': '{MASK}', 'n': 1}}"),
        ("{'token': 'a long one that was cut off...", f"{{'token': '{MASK}"),
        ('{"password": "abc", "n": 1}', f'{{"password": "{MASK}", "n": 1}}'),
        ('{"body": "{\\"secret\\": \\"abc\\"}"}', f'{{"body": "{{\\"secret\\": \\"{MASK}\\"}}"}}'),
        ("AccountName=a;AccountKey=abc==;Suffix=b", f"AccountName=a;AccountKey={MASK};Suffix=b"),
        ("Authorization: Bearer abcdefgh.ijkl", f"Authorization: Bearer {MASK}"),
        ("{'Authorization': 'Basic ab!c:d'}", f"{{'Authorization': 'Basic {MASK}'}}"),
        ("Invalid header b'Bearer ab!c:defghi\\n'", 1),
    ],
)
def test_what_looks_like_a_secret(text: str, wanted: str | int) -> None:
    told = mask_secrets(text)
    if isinstance(wanted, str):
        assert told == wanted
    assert "abc" not in told
    assert MARK not in told
    assert wanted in {told, told.count(MASK)}
    assert mask_secrets(told) == told


@pytest.mark.parametrize(
    "text",
    [
        "models:/insurance@champion",
        "https://host/page#a@b",
        "http://127.0.0.1:5000/#/models/insurance@champion",
        "mail a@b.example, 3 tokens",
        '{"tokens": 12, "signature": null, "author": "abcdefgh", "key": "value"}',
        "TfidfVectorizer(token_pattern='abc', tokenizer=None)",
        "key=value bypass=all",
    ],
)
def test_what_only_resembles_a_secret_stays(text: str) -> None:
    assert mask_secrets(text) == text


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("MLFLOW_TRACKING_TOKEN", f"ab!{MARK}\n", f"got b'Bearer ab!{MARK}\\n'"),
        ("MLFLOW_TRACKING_TOKEN", f"a\\{MARK}", repr(f"a\\{MARK}")),
        ("DB_PASSWORD", f"größe{MARK}", ascii(f"größe{MARK}")),
        ("DB_PASSWORD", f"größe{MARK}", str(f"größe{MARK}".encode())),
        ("DB_PASSWORD", f'a"b{MARK}', json.dumps(f'a"b{MARK}')),
        ("MLFLOW_TRACKING_URI", f"http://user:pa?{MARK}@host", f"no /?{MARK}@host:1/api"),
        ("MLFLOW_TRACKING_URI", f"http://user:a@b/{MARK}@host", f"no /{MARK}@host"),
        ("MLFLOW_TRACKING_URI", f"http://{MARK}@host", f"user {MARK}"),
        ("MLFLOW_TRACKING_URI", f"http://host/?sig={MARK}", f"signed by {MARK}"),
        ("CHAT_HOOK", f"https://chat.example/services/{MARK}", f"url: /services/{MARK}"),
        ("SLACK_WEBHOOK_URL", f"https://chat.example/{MARK}", f"url: /{MARK}"),
        ("AZURE_STORAGE_CONNECTION_STRING", f"AccountName=a;AccountKey={MARK}", f"key {MARK}"),
        *(
            (name, MARK, f"got {MARK}")
            for name in (
                *("MYSQL_PWD", "PGPASSWORD", "REDISCLI_AUTH", "AZURE_STORAGE_KEY", "AWS_TOKEN"),
                *("AWS_SECRET_ACCESS_KEY", "SLACK_WEBHOOK", "OPENAI_API_KEY", "client_secret"),
            )
        ),
    ],
)
def test_what_a_variable_holds_is_masked_in_every_spelling(
    name: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    assert MARK not in mask_secrets(said)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("TOKENIZERS_PARALLELISM", "true"),
        ("USE_TOKEN", "false"),
        ("DB_PASSWORD", "insurance"),
        ("MAX_TOKENS", "4096"),
        ("MLFLOW_TRACKING_URI", "postgresql://mlflow:mlflow@db/mlflow"),
        ("GIT_AUTHOR_NAME", "insurance-2.5e6"),
        ("PWD", "/srv/insurance"),
        ("GOOGLE_APPLICATION_CREDENTIALS", str(ROOT / "README.md")),
    ],
)
def test_a_word_a_number_and_a_path_are_no_secrets(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, value)
    for said in (
        f"sqlite:///mlflow.db {value.rpartition('@')[2]}",
        "true.csv false 4096 insurance",
    ):
        assert mask_secrets(said) == said


def test_a_variable_that_is_no_utf_8_is_masked_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DB_PASSWORD", f"{MARK}\udcff")
    assert MARK not in mask_secrets(f"got {MARK}\udcff")


def test_a_traceback_is_logged_without_the_password(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    import sys

    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://user:{MARK}@host")
    with logs.configure_logging(logs.create_stream_handler(False, sys.stderr)):
        try:
            raise ValueError(f"http://user:{MARK}@host")
        except ValueError:
            logging.getLogger("pipeline.test").exception("it failed with %s", MARK)
    said = capsys.readouterr().err
    assert "ValueError" in said
    assert MARK not in said
