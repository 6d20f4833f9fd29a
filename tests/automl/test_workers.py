"""Workers: forked processes that answer, and that end whatever happens."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import time
from copy import deepcopy
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from pipeline.automl.pycaret_isolation import isolate_pycaret
from pipeline.automl.workers import WorkerDiedError, start_workers, wait_for_first
from pipeline.system.cores import usable_cores

pytestmark = pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="there is no fork here"
)


def test_each_worker_answers_its_own_question() -> None:
    with start_workers(2, lambda question: (question.upper(), os.getpid())) as (first, second):
        first.ask("a")
        second.ask("b")
        answers = [first.answer(), second.answer()]
    assert [text for text, _ in answers] == ["A", "B"]
    assert len({pid for _, pid in answers} | {os.getpid()}) == 3


def test_the_worker_that_is_ready_is_served_first() -> None:
    def task(question: str) -> str:
        time.sleep(30 if question == "slow" else 0)
        return question

    with start_workers(2, task) as (slow, quick):
        slow.ask("slow")
        quick.ask("quick")
        assert wait_for_first([slow, quick]) is quick
        assert quick.answer() == "quick"


def test_a_worker_may_use_lightgbm_after_its_caller_did() -> None:
    """Both ask for more threads than one, and a pool of threads does not survive a fork."""
    x = np.random.default_rng(0).random((2000, 5))

    def fitted(_: str) -> str:
        model = lightgbm.LGBMRegressor(n_estimators=5, n_jobs=4, verbose=-1).fit(x, x[:, 0])
        return str(deepcopy(model).booster_.num_trees())

    with isolate_pycaret():
        fitted("")
        with start_workers(1, fitted) as (worker,):
            worker.ask("")
            assert wait_for_first([worker], 60.0) is worker
            assert worker.answer() == "5"


def test_a_killed_worker_is_reported_with_its_signal_and_its_last_words() -> None:
    def task(question: str) -> None:
        sys.stdout.write("last words\n")
        os.kill(os.getpid(), signal.SIGKILL)

    with start_workers(2, task) as (worker, _):
        worker.ask("")
        with pytest.raises(WorkerDiedError) as raised:
            worker.answer()
    assert raised.value.cause == "SIGKILL"
    assert "last words" in raised.value.log


def test_a_worker_whose_task_raises_is_reported_with_the_traceback() -> None:
    def task(question: str) -> None:
        raise OSError("disk on fire")

    with start_workers(1, task) as (worker,):
        worker.ask("")
        with pytest.raises(WorkerDiedError, match="exit code 1") as raised:
            worker.answer()
    assert "disk on fire" in raised.value.log


def test_workers_end_with_an_interrupted_block_even_in_the_middle_of_an_answer() -> None:
    with (
        pytest.raises(KeyboardInterrupt),
        start_workers(2, lambda question: time.sleep(60)) as workers,
    ):
        workers[0].ask("")
        processes = [worker.process for worker in workers]
        raise KeyboardInterrupt
    assert [process.exitcode for process in processes] == [-signal.SIGTERM, -signal.SIGTERM]


def test_a_worker_is_not_disturbed_by_the_handlers_and_prints_of_its_caller(
    capfd: pytest.CaptureFixture[str],
) -> None:
    before = signal.signal(signal.SIGTERM, lambda *_: None)
    try:
        with start_workers(1, print) as (worker,):
            worker.ask("printed by the worker")
            worker.answer()
    finally:
        signal.signal(signal.SIGTERM, before)
    assert capfd.readouterr() == ("", "")


ORPHANS = """
import os, sys, time
from pipeline.automl.workers import start_workers
with start_workers(2, lambda question: os.getpid()) as workers:
    for worker in workers:
        worker.ask("")
    print(*[worker.answer() for worker in workers], flush=True)
    time.sleep(60)
"""


def test_workers_end_when_their_caller_is_killed(tmp_path: Path) -> None:
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    caller = subprocess.Popen(
        [sys.executable, "-c", ORPHANS], stdout=subprocess.PIPE, text=True, env=environment
    )
    assert caller.stdout is not None
    pids = [int(pid) for pid in caller.stdout.readline().split()]
    caller.kill()
    caller.wait()
    caller.stdout.close()
    deadline = time.monotonic() + 20
    while any(_alive(pid) for pid in pids) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not any(_alive(pid) for pid in pids)


def test_the_number_of_usable_cores_can_be_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert usable_cores() == 1


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"  # ended, but nobody has asked for the exit code yet
