"""The run of an interrupted training, gone on with: one run, with everything in it once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from pipeline.registry.register import register
from pipeline.tracking import publish, track
from pipeline.tracking.run_owner import CLOSED_BY
from tests import tracked

if TYPE_CHECKING:
    from mlflow import MlflowClient


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


def logged(resume: str | None = None) -> track.Run:
    with track.open_run("small", "train-1", {"trigger": "test"}, resume=resume) as run:
        return tracked.log(run, tracked.evidence(Path("out")))


def models(client: MlflowClient, run: track.Run) -> list[Any]:
    of = f"source_run_id = '{run.run_id}'"
    return list(client.search_logged_models([run.experiment_id], filter_string=of))


def dead(client: MlflowClient, monkeypatch: pytest.MonkeyPatch, status: str) -> str:
    """A run that ended while its model was sent, as the status says."""

    def failing(*_: Any) -> None:
        raise OSError("the disk is full")

    with monkeypatch.context() as patch, pytest.raises(Exception, match="the disk is full"):
        patch.setattr(publish, "_send_model", failing)
        logged()
    run = tracked.only_run(client)
    if status == "RUNNING":
        client.update_run(run.info.run_id, status="RUNNING")
    elif status == "KILLED":
        client.set_tag(run.info.run_id, CLOSED_BY, "doctor: its process is gone")
        client.set_terminated(run.info.run_id, "KILLED")
    return str(run.info.run_id)


@pytest.mark.parametrize("status", ["RUNNING", "KILLED", "FAILED"])
def test_an_interrupted_run_is_gone_on_with_and_holds_everything_once(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch, status: str
) -> None:
    run_id = dead(client, monkeypatch, status)
    with track.open_run("small", "another name", resume=run_id) as run:
        found = client.get_run(run_id)
        assert (run.run_id, run.name, found.info.status) == (run_id, "train-1", "RUNNING")
        assert not {"error", CLOSED_BY} & set(found.data.tags)
        assert models(client, run) == []
        done = tracked.log(run, tracked.evidence(Path("out")))
    found = tracked.only_run(client)
    assert (found.info.run_id, found.info.status) == (run_id, "FINISHED")
    candidates = client.search_runs([done.experiment_id], f"tags.`mlflow.parentRunId` = '{run_id}'")
    assert len(candidates) == len(tracked.candidates())
    (model,) = models(client, done)
    assert done.model_uri == f"models:/{model.model_id}"


def test_a_model_that_is_registered_stays(client: MlflowClient) -> None:
    evidence = tracked.evidence(Path("out"))
    done = logged()
    register(done, evidence.model.manifest, evidence.parity, "card")
    client.update_run(str(done.run_id), status="RUNNING")
    with track.open_run("small", "train-1", resume=done.run_id) as run:
        (model,) = models(client, run)
        assert done.model_uri == f"models:/{model.model_id}"


@pytest.mark.parametrize("case", ["unknown", "deleted", "finished", "of another experiment"])
def test_a_run_that_cannot_be_gone_on_with_is_replaced_by_a_new_one(
    client: MlflowClient, case: str, caplog: pytest.LogCaptureFixture
) -> None:
    with track.open_run("other" if "other" in case else "small", "train-1") as before:
        pass
    run_id = str(before.run_id)
    if case != "finished":
        client.update_run(run_id, status="RUNNING")
    if case == "deleted":
        client.delete_run(run_id)
    resume = "0" * 32 if case == "unknown" else run_id
    with track.open_run("small", "train-2", resume=resume) as run:
        assert run.run_id not in {None, resume, run_id}
        assert run.name == "train-2"
    assert f"the run {resume} cannot be gone on with" in caplog.text
