"""A run is closed for a process only when that process is gone."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.system import process_identity
from pipeline.system.process_identity import Owner
from pipeline.track import mlflow_run, run_owner
from tests.commands import ROOT

if TYPE_CHECKING:
    from mlflow import MlflowClient


NEVER = timedelta(days=10_000)


HOUR = 3_600_000
"""Milliseconds."""


@pytest.fixture
def experiment(client: MlflowClient) -> str:
    return str(client.create_experiment("small"))


def run_of(
    client: MlflowClient,
    experiment: str,
    whose: Owner | None,
    *,
    hours: float = 0.0,
    parent: str | None = None,
) -> str:
    """A RUNNING run that began some hours ago."""
    tags = {} if whose is None else {run_owner.TAG: whose.text()}
    if parent is not None:
        tags["mlflow.parentRunId"] = parent
    began = int(time.time() * 1000 - hours * HOUR)
    return str(client.create_run(experiment, start_time=began, tags=tags).info.run_id)


def found(client: MlflowClient, **settings: Any) -> list[str]:
    return [item.run_id for item in run_owner.find_abandoned(client, **settings)]


def status(client: MlflowClient, run_id: str) -> str:
    return str(client.get_run(run_id).info.status)


def test_an_open_run_names_its_process(client: MlflowClient) -> None:
    with mlflow_run.open_run("small", "train-1") as run:
        tag = client.get_run(run.run_id).data.tags[run_owner.TAG]
        assert Owner.read(tag) == Owner.here()
        assert found(client, limit=timedelta(0)) == []


KILLED_RUN = """
import os, signal
from pipeline.track import mlflow_run
from pipeline.track import store

with mlflow_run.open_run("small", "killed") as run:
    assert not run.offline, run.offline
    store.connect().create_run(run.experiment_id, tags={"mlflow.parentRunId": run.run_id})
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_run_of_a_killed_process_is_closed_with_its_child(
    client: MlflowClient, tmp_path: Path
) -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", KILLED_RUN], env=environment, check=False)
    assert done.returncode == -signal.SIGKILL
    child, parent = run_owner.find_abandoned(client)
    assert parent.name == "killed"
    assert "is gone" in parent.reason
    assert run_owner.close_abandoned(client) == [child, parent]
    for item in (child, parent):
        run = client.get_run(item.run_id)
        assert run.info.status == "KILLED"
        assert run.data.tags[run_owner.CLOSED_BY] == f"doctor: {item.reason}"
    assert run_owner.close_abandoned(client) == []


def test_a_dead_owner_counts_whatever_the_clock_says(client: MlflowClient, experiment: str) -> None:
    dead = replace(Owner.here(), pid=2**22 - 1)
    ahead = run_of(client, experiment, dead, hours=-48)  # the clock was moved back since
    run_of(client, experiment, Owner.here(), hours=9999)  # or far ahead
    assert found(client) == [ahead]
    run_owner.close_abandoned(client)
    info = client.get_run(ahead).info
    assert info.end_time >= info.start_time


@pytest.mark.parametrize("whose", [None, replace(Owner.here(), host="other")])
def test_what_cannot_be_asked_is_left_alone_for_a_day(
    client: MlflowClient, experiment: str, whose: Owner | None
) -> None:
    run_of(client, experiment, whose, hours=23)
    old = run_of(client, experiment, whose, hours=25)
    assert found(client) == [old]
    assert found(client, limit=NEVER) == []
    assert len(found(client, limit=timedelta(hours=1))) == 2


def test_a_machine_that_was_started_again_has_lost_its_processes_if_the_store_is_its_own(
    client: MlflowClient,
    experiment: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outside = replace(Owner.here(), namespace=process_identity._OUTERMOST, machine="abc")
    monkeypatch.setattr(Owner, "here", classmethod(lambda cls: outside))
    before = run_of(client, experiment, replace(outside, boot="an earlier one"))
    run_of(client, experiment, replace(outside, boot="earlier", namespace="a container"))
    assert found(client) == [before]
    monkeypatch.setattr(run_owner.store, "sqlite_file", lambda: None)
    assert found(client) == []


def test_children_share_the_fate_of_their_parent(client: MlflowClient, experiment: str) -> None:
    alive = run_of(client, experiment, Owner.here())
    run_of(client, experiment, None, parent=alive, hours=99)
    ended = run_of(client, experiment, Owner.here())
    orphan = run_of(client, experiment, None, parent=ended)
    client.set_terminated(ended, "FAILED")
    foreign = run_of(client, experiment, None)
    run_of(client, experiment, None, parent=foreign)
    lost = run_of(client, experiment, None, parent="0" * 32, hours=99)
    assert sorted(found(client)) == sorted([orphan, lost])


def test_only_the_named_experiments_are_swept(client: MlflowClient, experiment: str) -> None:
    other = client.create_experiment("other")
    mine = run_of(client, experiment, None, hours=99)
    theirs = run_of(client, other, None, hours=99)
    assert [item.run_id for item in run_owner.close_abandoned(client, ["small", "unknown"])] == [
        mine
    ]
    assert status(client, theirs) == "RUNNING"


def test_every_page_of_a_long_list_is_read(
    client: MlflowClient, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_owner, "_PAGE", 2)
    runs = {run_of(client, experiment, None, hours=99) for _ in range(5)}
    assert set(found(client)) == runs


def test_two_that_sweep_at_once_close_everything_and_raise_nothing(
    client: MlflowClient, experiment: str
) -> None:
    runs = [run_of(client, experiment, None, hours=99) for _ in range(10)]
    errors: list[BaseException] = []

    def sweep() -> None:
        try:
            run_owner.close_abandoned(client)
        except BaseException as err:  # noqa: BLE001  a thread's own would only be printed
            errors.append(err)

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert {status(client, run_id) for run_id in runs} == {"KILLED"}


@pytest.mark.parametrize("fate", ["FINISHED", "deleted"])
def test_a_run_that_ended_or_went_meanwhile_is_left_alone(
    client: MlflowClient, experiment: str, monkeypatch: pytest.MonkeyPatch, fate: str
) -> None:
    run_id = run_of(client, experiment, None, hours=99)
    seen = run_owner.find_abandoned(client)
    monkeypatch.setattr(run_owner, "find_abandoned", lambda *_: seen)
    if fate == "deleted":
        client.delete_run(run_id)
    else:
        client.set_terminated(run_id, fate)
    assert run_owner.close_abandoned(client) == []
    assert run_owner.CLOSED_BY not in client.get_run(run_id).data.tags
