"""The store is opened, tidied and asked for the champion; a dry run changes nothing of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.config.retrain_config import Gate
from pipeline.config.train_config import TrainConfig
from pipeline.errors import TrackingError
from pipeline.registry.promotion import promote_version
from pipeline.retrain.context import RetrainContext, open_context
from pipeline.retrain.recorder import RunRecorder
from pipeline.retrain.run_options import RunOptions
from pipeline.system.process_identity import Owner
from pipeline.track import run_owner
from tests import tracked, versions

if TYPE_CHECKING:
    from mlflow import MlflowClient

CONFIG = TrainConfig(dataset="insurance")


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


def context(config: TrainConfig = CONFIG) -> RetrainContext:
    return RetrainContext("insurance", config, RunOptions(), None, None, Path())  # type: ignore[arg-type]


@pytest.mark.parametrize("dry_run", [True, False])
def test_runs_of_the_dead_are_closed_unless_nothing_is_to_be_changed(
    client: MlflowClient, dry_run: bool
) -> None:
    dead = {run_owner.TAG: replace(Owner.here(), pid=2**22 - 1).text()}
    run = client.create_run(client.create_experiment("insurance"), tags=dead).info.run_id
    recorder = RunRecorder()
    with open_context("insurance", CONFIG, RunOptions(dry_run=dry_run), recorder) as found:
        assert found.champion is None
        assert found.folder.is_dir()
    assert not found.folder.exists()
    assert recorder.summary.champion_before is None
    assert client.get_run(run).info.status == ("RUNNING" if dry_run else "KILLED")


def test_the_champion_is_the_one_of_the_beginning(client: MlflowClient) -> None:
    promote_version(client, "insurance", versions.add(client, "insurance"), "first")
    recorder = RunRecorder()
    with open_context("insurance", CONFIG, RunOptions(), recorder) as found:
        promote_version(client, "insurance", versions.add(client, "insurance"), "meanwhile")
        assert found.champion is not None
        assert found.champion.version == "1"
    assert (recorder.summary.champion_before, recorder.summary.champion_after) == ("1", "1")


def test_without_a_store_there_is_no_champion_to_compare_with(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{tracked.free_port()}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with (
        pytest.raises(TrackingError),
        open_context("insurance", CONFIG, RunOptions(dry_run=True), RunRecorder()),
    ):
        pytest.fail("opened")


def test_a_fingerprint_covers_the_settings_and_the_rows_that_are_held_out() -> None:
    found = [context(), context(CONFIG.model_copy(update={"fold": 3}))]
    found.append(context(CONFIG.model_copy(update={"gate": Gate(holdout=0.4)})))
    assert len({each.fingerprint for each in found}) == 3
    assert context().fingerprint == context().fingerprint
    assert found[0].by_hand == found[2].by_hand  # by hand all rows are trained on
    assert found[0].by_hand != found[0].fingerprint


def test_without_a_table_there_is_no_fingerprint_and_nothing_to_resume(tmp_path: Path) -> None:
    gone = context(TrainConfig(data=tmp_path / "gone.csv", target="y"))
    assert (gone.subject, gone.fingerprint, gone.by_hand) == (None, None, None)
    assert gone.stages.load("select") is None


def test_without_a_champion_there_is_nobody_to_compare_with() -> None:
    assert context().artifacts is None
    assert context().contender is None
    assert context().gate == Gate()
