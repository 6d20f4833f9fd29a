"""Whoever watches a run keeps the protocol."""

from __future__ import annotations

from pipeline.cli.display import LiveProgress, LoggedProgress
from pipeline.system.progress import Progress, Silent, Work
from tests.cli.watched import NAMES, search, terminal


def test_every_watcher_keeps_the_protocol() -> None:
    watchers: list[Progress] = [Silent(), LoggedProgress(), LiveProgress(terminal())]
    for progress in watchers:
        progress.expect(Work(tuple(NAMES), 10))
        progress.stage("experiment")
        search(progress)
        progress.step("fitting the best")
    for live in watchers[2:]:
        assert isinstance(live, LiveProgress)
        live.free()
