"""A process is known so that no other is mistaken for it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.system import process_identity
from pipeline.system.process_identity import Owner


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    """A process that does nothing until it is ended."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as found:
        yield found
        found.kill()


def owner_of(pid: int) -> Owner:
    started = process_identity._start_time(pid)
    assert started is not None
    return replace(Owner.here(), pid=pid, started=started)


def test_this_process_is_alive_and_known_as_the_system_knows_it() -> None:
    here = Owner.here()
    assert here.is_alive() is True
    assert here.pid == os.getpid()
    ticks = os.sysconf("SC_CLK_TCK")
    of_system = psutil.Process().create_time() - psutil.boot_time()
    assert here.started / ticks == pytest.approx(of_system, abs=1.5)


def test_an_owner_survives_its_tag() -> None:
    assert Owner.read(Owner.here().text()) == Owner.here()


@given(st.one_of(st.none(), st.text(), st.dictionaries(st.text(), st.integers()).map(json.dumps)))
@example("[" * 5_000)
@example("9" * 5_000)
def test_a_tag_of_somebody_else_is_no_owner(text: str | None) -> None:
    assert Owner.read(text) is None


@given(st.sampled_from(["pid", "started"]), st.sampled_from(["x", None, -3, [1]]))
def test_a_damaged_tag_is_no_owner(name: str, value: Any) -> None:
    tag = json.dumps(asdict(Owner.here()) | {name: value})
    assert Owner.read(tag) is None or (name, value) == ("started", -3)


def test_a_killed_process_is_dead_even_before_its_parent_has_seen_it(
    sleeper: subprocess.Popen[bytes],
) -> None:
    whose = owner_of(sleeper.pid)
    assert whose.is_alive() is True
    os.kill(sleeper.pid, signal.SIGKILL)
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # dead, and still in the table
    assert psutil.Process(sleeper.pid).status() == psutil.STATUS_ZOMBIE
    assert whose.is_alive() is False
    sleeper.wait()
    assert whose.is_alive() is False


def test_a_pid_that_was_given_away_again_is_another_process(
    sleeper: subprocess.Popen[bytes],
) -> None:
    whose = owner_of(sleeper.pid)
    assert replace(whose, started=whose.started - 500).is_alive() is False


def test_a_process_of_another_user_is_alive() -> None:
    assert owner_of(1).is_alive() is True


@pytest.mark.parametrize("field", ["host", "machine", "boot", "namespace"])
def test_a_process_of_another_machine_start_or_container_cannot_be_asked(field: str) -> None:
    gone = replace(Owner.here(), pid=2**22 - 1)
    assert gone.is_alive() is False
    assert replace(gone, **{field: "other"}).is_alive() is None


def test_without_proc_the_system_is_asked_in_another_way(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sleeper: subprocess.Popen[bytes]
) -> None:
    monkeypatch.setattr(process_identity, "_PROC", tmp_path)
    whose = owner_of(sleeper.pid)
    assert whose.started == psutil.Process(sleeper.pid).create_time()
    assert whose.is_alive() is True
    assert replace(whose, started=whose.started - 5).is_alive() is False
    os.kill(sleeper.pid, signal.SIGKILL)
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
    assert whose.is_alive() is False
