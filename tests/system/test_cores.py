"""Workers: as many as this process may use, and none where a process cannot be copied."""

from __future__ import annotations

import multiprocessing
import os
import sys

import pytest

from pipeline.system.cores import can_fork, usable_cores


def test_there_are_no_more_workers_than_cores_that_this_process_may_use() -> None:
    assert 1 <= usable_cores() <= len(os.sched_getaffinity(0))


def test_a_limit_of_joblib_is_one_here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert usable_cores() == 1


@pytest.mark.parametrize("reason", ["no fork", "macOS"])
def test_without_fork_this_process_does_it_all(
    monkeypatch: pytest.MonkeyPatch, reason: str
) -> None:
    if reason == "macOS":
        monkeypatch.setattr(sys, "platform", "darwin")
    else:
        monkeypatch.setattr(multiprocessing, "get_all_start_methods", lambda: ["spawn"])
    assert not can_fork()
    assert usable_cores() == 1
