"""Forks worker processes that answer one question at a time and never outlive their caller."""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import connection
from pathlib import Path
from typing import Any

Task = Callable[[str], Any]

PATIENCE = 5.0
"""Seconds that a worker gets to end after SIGTERM, before SIGKILL."""


class WorkerDiedError(Exception):
    """A worker ended without an answer.

    Attributes:
        cause: the signal or exit code, in words.
        log: the last lines that the worker wrote to stdout, stderr or its log.
    """

    def __init__(self, cause: str, log: str) -> None:
        super().__init__(cause)
        self.cause = cause
        self.log = log


@dataclass(frozen=True, eq=False)
class Worker:
    """One forked process, held by its own handle."""

    process: Any
    pipe: connection.Connection
    log: Path

    def ask(self, question: str) -> None:
        """Send a question; a worker that is gone is noticed by `answer`."""
        with suppress(BrokenPipeError):
            self.pipe.send(question)

    def answer(self) -> Any:
        """Wait for the answer.

        Raises:
            WorkerDiedError: the process ended first.
        """
        try:
            return self.pipe.recv()
        except (EOFError, ConnectionResetError) as err:
            self.process.join(PATIENCE)
            raise WorkerDiedError(_cause(self.process.exitcode), self._tail()) from err

    def dismiss(self) -> None:
        """End the process, by force if need be."""
        self.process.terminate()
        self.process.join(PATIENCE)
        if self.process.exitcode is None:
            self.process.kill()
            self.process.join()
        self.pipe.close()

    def _tail(self) -> str:
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-20:])


@contextmanager
def start_workers(count: int, task: Task) -> Iterator[Sequence[Worker]]:
    """Fork `count` workers that answer `task(question)`, and end them with the block.

    Everything in memory is shared, nothing is pickled but questions and answers.
    """
    workers: list[Worker] = []
    with tempfile.TemporaryDirectory(prefix="workers-") as folder:
        try:
            for number in range(count):
                workers.append(_hire(task, Path(folder, f"{number}.log"), workers))
            yield workers
        finally:
            for worker in workers:
                worker.process.terminate()  # all at once, then wait for each
            for worker in workers:
                worker.dismiss()


def wait_for_first(workers: Sequence[Worker], seconds: float | None = None) -> Worker | None:
    """Wait until one of the workers has an answer or has ended; None if that takes too long."""
    pipes = {worker.pipe: worker for worker in workers}
    ready = connection.wait(list(pipes), seconds)
    return pipes[ready[0]] if ready else None  # type: ignore[index]  # what it was given


def _hire(task: Task, log: Path, colleagues: Sequence[Worker]) -> Worker:
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    log.touch()
    # the caller's ends must be closed in the child, or nobody would see the caller die
    strangers = [ours, *(worker.pipe for worker in colleagues)]
    process = context.Process(target=_serve, args=(task, theirs, strangers, log), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours, log)


def _serve(
    task: Task,
    pipe: connection.Connection,
    strangers: Sequence[connection.Connection],
    log: Path,
) -> None:
    """The life of a worker: ends when its caller is gone."""
    from threadpoolctl import threadpool_limits

    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the caller, who ends us
    for stranger in strangers:
        stranger.close()
    _write_to(log)
    # one thread per fit; a pool of OpenMP threads does not survive a fork, so none may be used
    with threadpool_limits(1):
        while True:
            try:
                question = pipe.recv()
            except EOFError:
                return
            pipe.send(task(question))


def _write_to(log: Path) -> None:
    """Point stdout, stderr and all logging at one file.

    The caller's handlers may hold locks that no thread of this process will ever release.
    """
    file = log.open("a", buffering=1)
    for descriptor in (1, 2):
        os.dup2(file.fileno(), descriptor)
    sys.stdout = sys.stderr = file  # whatever stood there, a notebook's stream perhaps
    loggers = [logging.getLogger(name) for name in logging.root.manager.loggerDict]
    for each in [logging.root, *loggers]:
        each.handlers.clear()
    logging.root.addHandler(logging.FileHandler(log))


def _cause(code: int | None) -> str:
    if code is not None and code < 0:
        return signal.Signals(-code).name
    return f"exit code {code}"
