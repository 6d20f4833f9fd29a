"""One retraining per model: the lock is refused at once, and free when its holder is dead."""

from __future__ import annotations

import errno
import json
import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import LockedError, TrackingError
from pipeline.retrain import lock
from tests import commands

HOLD = """
    import os, sys, time
    from pipeline.retrain.lock import model_lock
    with model_lock("m"):
        print("held", flush=True)
        sys.stdin.read()
"""
FORK = """
    import multiprocessing, os, time
    from pipeline.retrain.lock import model_lock
    with model_lock("m"):
        start = multiprocessing.get_context("fork").Process(target=time.sleep, args=(60,))
        start.start()
        plain = os.fork() or time.sleep(60)
        executed = os.posix_spawn("/bin/sleep", ["sleep", "60"], os.environ)
        print(start.pid, plain, executed, flush=True)
        time.sleep(60)
"""
REFUSED = """
    import sys
    from pipeline.cli import app as cli
    from pipeline.retrain.lock import model_lock
    with cli.session(cli.LogFormat.json), model_lock("m"):
        pass
"""


@pytest.fixture(autouse=True)
def _in_a_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


@contextmanager
def process(code: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that runs `code`, and the first line that it wrote."""
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=commands.environment(),
    ) as running:
        assert running.stdout is not None
        try:
            yield running, running.stdout.readline()
        finally:
            running.kill()


def test_a_second_run_of_the_model_is_refused_at_once_and_told_who_holds_it() -> None:
    with process(HOLD) as (running, _):
        with pytest.raises(LockedError) as raised, lock.model_lock("m"):
            pass
        with lock.model_lock("another"):
            pass
        assert raised.value.exit_code == 75
        assert f"process {running.pid} on {socket.gethostname()} since " in raised.value.message
        assert lock.is_held("m")
        assert lock.read_holder("m") is not None


def test_the_same_process_cannot_take_it_twice() -> None:
    with lock.model_lock("m"), pytest.raises(LockedError), lock.model_lock("m"):
        pass


def test_a_refusal_leaves_the_holder_and_its_name_alone() -> None:
    with lock.model_lock("m"):
        before = lock.read_holder("m")
        for _ in range(2):
            with pytest.raises(LockedError), lock.model_lock("m"):
                pass
        assert lock.read_holder("m") == before
        assert before is not None
        assert before.pid == os.getpid()


@pytest.mark.parametrize("error", [None, ZeroDivisionError, KeyboardInterrupt, SystemExit])
def test_it_is_free_after_the_block_however_that_ends(error: type[BaseException] | None) -> None:
    with suppress(error or ()), lock.model_lock("m") as path:
        assert json.loads(path.read_text())["pid"] == os.getpid()
        if error is not None:
            raise error
    assert path.read_bytes() == b""
    assert not lock.is_held("m")
    assert lock.read_holder("m") is None


def test_kill_9_frees_it_and_the_next_holder_writes_over_the_dead_one() -> None:
    with process(HOLD) as (running, _):
        running.kill()
        running.wait()
        left = lock.read_holder("m")
        assert left is not None
        assert left.pid == running.pid
        assert not lock.is_held("m")
    with lock.model_lock("m"):
        now = lock.read_holder("m")
        assert now is not None
        assert now.pid == os.getpid()


def test_children_do_not_keep_it_when_their_parent_is_killed() -> None:
    with process(FORK) as (running, line):
        children = [int(word) for word in line.split()]
        assert len(children) == 3
        assert lock.is_held("m")
        running.kill()
        running.wait()
        try:
            for child in children:
                os.kill(child, 0)
            with lock.model_lock("m"):
                pass
        finally:
            for child in children:
                os.kill(child, signal.SIGKILL)


def test_a_forked_child_that_unwinds_neither_frees_it_nor_closes_what_is_not_its_own() -> None:
    code = """
        import os, sys
        from pipeline.retrain import lock
        with lock.model_lock("m"):
            if (child := os.fork()) == 0:
                other = os.open("other", os.O_CREAT | os.O_RDWR)  # takes the closed one's number
            else:
                _, status = os.waitpid(child, 0)
                ours = lock.read_holder("m").pid == os.getpid()
                print(status, lock.is_held("m"), ours, flush=True)
                sys.exit()
        os.write(other, b"still open")
    """
    with process(code) as (_, line):
        assert line == "0 True True\n"
    assert Path("other").read_bytes() == b"still open"


def test_who_looks_never_makes_a_start_fail() -> None:
    looking = """
        from pipeline.retrain import lock
        print(flush=True)
        while True:
            lock.is_held("m")
    """
    Path("mlflow.db-retrain-m.lock").touch()
    with process(looking), process(looking):
        for _ in range(20):
            with lock.model_lock("m"):
                time.sleep(0.002)


def test_the_refusal_is_a_whole_process_without_heavy_imports() -> None:
    heavy = ["mlflow", "numpy", "onnx", "onnxruntime", "pandas", "pycaret", "sklearn"]
    with process(HOLD):
        code = textwrap.dedent(REFUSED) + f"\nassert not set({heavy}) & set(sys.modules)\n"
        shown = "import atexit, sys\natexit.register(lambda: print(*sys.modules))\n" + code
        done = commands.python("-c", shown, folder=Path.cwd())
    assert done.returncode == 75, done.stderr
    assert not set(heavy) & set(done.stdout.split())
    event = json.loads(done.stderr)
    assert (event["exit_code"], event["level"]) == (75, "error")
    assert "no need to delete" in event["hint"]


@given(name=st.text(min_size=1), other=st.text(min_size=1))
def test_every_name_has_a_file_of_its_own_beside_the_store(name: str, other: str) -> None:
    path = lock.lock_path(name)
    assert path.parent == Path.cwd()
    assert path.name.isascii()
    assert len(path.name) < 150
    assert (path.name.lower() == lock.lock_path(other).name.lower()) == (name == other)


@pytest.mark.parametrize("name", ["a b", "é" * 300, "../x", "a/b", ".", "\udcff", "a\nb", "A" * 90])
def test_odd_names_can_be_locked(name: str) -> None:
    with lock.model_lock(name) as path:
        assert path.parent == Path.cwd()
        assert lock.is_held(name)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"7", b'{"x": 1}', b"\xff\x00", b"x" * 9999, b"[" * 9999, b"9" * 9999],
)
def test_a_damaged_file_is_no_hindrance(content: bytes) -> None:
    lock.lock_path("m").write_bytes(content)
    assert lock.read_holder("m") is None
    with lock.model_lock("m") as path:
        path.write_bytes(content)
        with pytest.raises(LockedError, match="another process"), lock.model_lock("m"):
            pass


def test_the_folder_of_a_new_store_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///new/folder/runs.db")
    with lock.model_lock("m") as path:
        assert path == Path.cwd() / "new" / "folder" / "runs.db-retrain-m.lock"


def test_a_store_with_two_names_has_one_lock(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("mlflow.db").touch()
    Path("link").mkdir()
    Path("link", "other.db").symlink_to("../mlflow.db")
    with lock.model_lock("m"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///link/other.db")
        assert lock.is_held("m")


def test_a_server_has_one_lock_per_machine_whatever_the_password(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    files = set()
    for uri in ("https://h:1/x", "https://h:1/x/", "https://me:secret@h:1/x"):
        monkeypatch.setenv("MLFLOW_TRACKING_URI", uri)
        files.add(lock.lock_path("m"))
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "https://h:2/x")
    assert lock.lock_path("m") not in files
    (path,) = files
    assert path.parent == tmp_path


def test_a_strangers_link_in_a_shared_folder_is_not_followed(tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.write_text("mine")
    lock.lock_path("m").symlink_to(target)
    with pytest.raises(TrackingError), lock.model_lock("m"):
        pass
    assert target.read_text() == "mine"


def test_a_folder_that_cannot_be_written_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("file").touch()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///file/mlflow.db")
    with (
        pytest.raises(TrackingError, match=r"mlflow\.db-retrain-m\.lock.*can be written") as raised,
        lock.model_lock("m"),
    ):
        pass
    assert raised.value.exit_code == 7


@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS, errno.EIO])
def test_a_file_system_without_locks_is_a_clear_error(
    number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(descriptor: int, operation: int) -> None:
        if operation & 2:  # LOCK_EX
            raise OSError(number, os.strerror(number))

    monkeypatch.setattr("fcntl.flock", refuse)
    with pytest.raises(TrackingError, match="can be written and locked"), lock.model_lock("m"):
        pass


def test_a_full_disk_costs_the_name_of_the_holder_not_the_lock(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.pwrite", full)
    refused = pytest.raises(LockedError, match="another process")
    with lock.model_lock("m"), refused, lock.model_lock("m"):
        pass
