"""A line runs to its end or its limit, and nothing of it stays."""

from __future__ import annotations

import time
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest

from pipeline.conformance.steps import run_line


def test_code_and_output_of_a_line_are_kept(tmp_path: Path) -> None:
    ended = run_line("pwd; echo careful >&2; exit 7", tmp_path, 60)
    assert (ended.code, ended.output.strip()) == (7, str(tmp_path))
    assert ended.last_words == ["careful", str(tmp_path)]


def test_this_projects_packages_are_not_lent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/project")
    assert run_line('echo "[$PYTHONPATH]"', tmp_path, 60).output.strip() == "[]"


def test_the_limit_ends_what_the_line_has_started_too(tmp_path: Path) -> None:
    ended = run_line("sleep 61 & echo $!; echo $$; wait", tmp_path, 0.5)
    assert ended.code is None
    assert "did not end" in str(ended)
    for pid in map(int, ended.output.split()):
        for _ in range(100):  # the system needs a moment to take it away
            if not psutil.pid_exists(pid) or psutil.Process(pid).status() == "zombie":
                break
            time.sleep(0.05)
        else:
            pytest.fail(f"{pid} still runs")


def test_what_a_line_leaves_running_does_not_hold_it_up(tmp_path: Path) -> None:
    ended = run_line("sleep 5 & echo done", tmp_path, 60)
    assert (ended.code, ended.output) == (0, "done\n")


def test_the_end_of_much_output_is_kept_whatever_its_bytes(tmp_path: Path) -> None:
    ended = run_line("head -c 3000000 /dev/zero; printf '\\377end'", tmp_path, 60)
    assert ended.output.endswith("\ufffdend")
    assert len(ended.output) < 2_000_000
