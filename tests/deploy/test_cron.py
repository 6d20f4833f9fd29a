"""The crontab's line is run as cron runs it: by /bin/sh, with next to no environment."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import pytest

from tests import tracked
from tests.commands import LIMIT, ROOT
from tests.deploy import recipes

STAND_IN = """#!/bin/sh
trap 'exit 143' TERM
echo "$@" > arguments
env > environment
while [ -e wait ]; do sleep 0.05; done
exit $(cat code)
"""
VARIABLES, JOBS = recipes.crontab()
FIELDS = 5


def command(line: str) -> str:
    """What cron hands to the shell: a bare % ends the command, the rest would be its stdin."""
    text = line.split(maxsplit=FIELDS)[FIELDS]
    head, *_ = re.split(r"(?<!\\)%", text)
    return head.replace(r"\%", "%")


def start(folder: Path, **variables: str) -> subprocess.Popen[str]:
    """Start the line as cron does, with the crontab's variables and these in their place."""
    bare = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "LOGNAME": "retrain", "SHELL": "/bin/sh"}
    (line,) = JOBS
    return subprocess.Popen(
        ["/bin/sh", "-c", command(line)],
        cwd=folder,
        env=bare | VARIABLES | {"PROJECT": str(folder)} | variables,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


def until(condition: Callable[[], Any], process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project whose Python says what it was called with, and ends with the number in `code`."""
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(STAND_IN, encoding="utf-8")
    python.chmod(0o755)
    (tmp_path / "code").write_text("0")
    return tmp_path


def test_the_line_has_five_fields_and_is_handed_on_whole() -> None:
    (line,) = JOBS
    assert re.match(r"(\S+ ){4}\S+  \S", line)
    assert command(line) == line.split(maxsplit=FIELDS)[FIELDS]


def test_a_percent_sign_would_end_the_line() -> None:
    assert command(r"0 3 * * 1  date +\%F") == "date +%F"
    assert command("0 3 * * 1  date +%F") == "date +"


def test_the_job_gets_its_options_and_nothing_is_mailed(project: Path) -> None:
    process = start(project)
    assert process.communicate()[0] == ""
    assert process.returncode == 0
    words = (project / "arguments").read_text().split()
    assert words[:4] == ["-m", recipes.JOB, "--dataset", "insurance"]


@pytest.mark.parametrize("code", sorted(recipes.CODES))
def test_any_other_end_is_mailed_in_one_line(project: Path, code: int) -> None:
    (project / "code").write_text(str(code))
    process = start(project)
    mail, _ = process.communicate()
    assert process.returncode == code
    assert mail.splitlines() == [
        f"retrain insurance: exit code {code}, see {project}/runs/insurance.log"
    ]


def test_a_project_that_is_gone_is_mailed(tmp_path: Path) -> None:
    process = start(tmp_path, PROJECT=str(tmp_path / "gone"))
    mail, _ = process.communicate()
    assert process.returncode != 0
    assert "exit code" in mail


def test_the_second_of_two_ends_with_75_and_leaves_the_first_alone(project: Path) -> None:
    (project / "wait").touch()
    first = start(project)
    until((project / "environment").exists, first)
    second = start(project)
    assert "exit code 75" in second.communicate()[0]
    assert second.returncode == 75
    assert first.poll() is None
    (project / "wait").unlink()
    assert first.wait() == 0


def test_the_lock_ends_with_the_job_whatever_is_killed_before(project: Path) -> None:
    (project / "wait").touch()
    first = start(project)
    until((project / "environment").exists, first)
    family = psutil.Process(first.pid).children(recursive=True)
    (job,) = [child for child in family if child.name() == "python"]
    os.killpg(first.pid, signal.SIGKILL)  # the shell and flock; `timeout` leads a group of its own
    first.wait()
    assert start(project).wait() == 75
    (project / "wait").unlink()
    job.wait(LIMIT)
    assert start(project).wait() == 0


def test_the_time_limit_ends_the_job_with_124(project: Path) -> None:
    (project / "wait").touch()
    process = start(project, LIMIT="0.5s")
    assert "exit code 124" in process.communicate()[0]
    assert process.returncode == 124


@pytest.mark.long
def test_a_real_run_is_alone_and_its_time_limit_closes_it_as_killed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("pipeline", "datasets"):
        (tmp_path / name).symlink_to(ROOT / name)
    (tmp_path / ".venv").symlink_to(sys.prefix)
    client = tracked.enter(tmp_path, monkeypatch)

    def statuses() -> list[str]:
        experiments = [found.experiment_id for found in client.search_experiments()]
        return [run.info.status for run in client.search_runs(experiments)]

    first = start(tmp_path)
    until(lambda: "RUNNING" in statuses(), first)
    second = start(tmp_path)
    assert "exit code 75" in second.communicate()[0]
    assert second.returncode == 75
    # What `timeout` gets from its own timer; waiting for a real one would race with the search.
    (timer,) = [
        child
        for child in psutil.Process(first.pid).children(recursive=True)
        if child.name() == "timeout"
    ]
    timer.send_signal(signal.SIGALRM)
    assert "exit code 124" in first.communicate()[0]
    assert first.returncode == 124
    assert set(statuses()) == {"KILLED"}
    assert '"exit_code": 143' in (tmp_path / "runs" / "insurance.log").read_text(encoding="utf-8")
