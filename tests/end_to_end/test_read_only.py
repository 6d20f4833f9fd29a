"""Folders that nobody may write to: said at once where that can be, and nothing is lost."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.doctor import check_store
from pipeline.errors import ConfigError, TrackingError
from pipeline.registry.promotion import promote_version
from pipeline.runtime.scorer import Scorer
from pipeline.track import resources
from pipeline.train import artifacts
from tests import tracked, versions
from tests.commands import Preloaded, started
from tests.readonly import read_only

TRAIN = ("--dataset", "insurance", "--include", "lr", "--fold", "2")


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


def test_a_move_in_a_folder_that_is_read_only_is_7_and_moves_nothing(
    client: MlflowClient, tmp_path: Path
) -> None:
    versions.add(client, "m")
    with read_only(tmp_path), pytest.raises(TrackingError, match="got no lock at"):
        promote_version(client, "m", "1", "better")
    assert not client.get_registered_model("m").aliases


def test_the_doctor_sees_that_a_store_is_read_only(client: MlflowClient, tmp_path: Path) -> None:
    with read_only(tmp_path):
        (found,) = check_store.check([])
    assert (found.status, found.found) == ("problem", "read-only")
    (found,) = check_store.check([])
    assert found.status == "ok"


def test_what_is_closed_is_said_before_a_training(
    client: MlflowClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rights = os.access
    monkeypatch.setattr(os, "access", lambda p, *how: p != tmp_path and rights(p, *how))
    (line,) = resources.find_shortages(None, tracked.frame(), 1)
    assert f"{tmp_path} cannot be written to" in line


def test_a_mounted_disk_is_no_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output = tmp_path / "disk"
    output.mkdir()
    monkeypatch.setattr(Path, "is_mount", lambda path: path == output)
    with pytest.raises(ConfigError, match="where a disk is mounted") as caught:
        artifacts.check_writable(output)
    artifacts.check_writable(Path(caught.value.hint.partition("--output ")[2]))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, ready: Preloaded) -> Path:
    """A working folder with a champion."""
    folder = tmp_path_factory.mktemp("place")
    done = ready.ended(folder, *TRAIN)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.mark.long
@pytest.mark.parametrize("closed", [".", "mlruns", "new"])
@pytest.mark.attack(
    "a training in a folder, store or mlruns/ that is read-only",
    "7 at once, the model is kept and can be logged later",
)
def test_a_training_in_a_folder_that_is_read_only_is_7_and_kept(
    place: Path, ready: Preloaded, tmp_path: Path, closed: str
) -> None:
    folder = place / closed
    folder.mkdir(exist_ok=True)
    where = folder if closed == "new" else place
    with read_only(folder):
        done = ready.ended(where, *TRAIN, TMPDIR=str(tmp_path))
    assert done.returncode == 7, done.stderr
    assert not any(word in done.stderr for word in ("This is a bug", "Traceback", "sqlalche.me"))
    (kept,) = tmp_path.glob("insurance-*")
    assert f"the artifacts are kept at {kept}" in done.stderr
    assert Scorer(kept / "onnx" / "model.onnx").manifest.verdict == "pass"
    logged = ready.ended(place, str(kept), module="pipeline.track")
    assert logged.returncode == 0, logged.stderr
    examined = ready.ended(place, module="pipeline.doctor")
    assert examined.returncode == 0, examined.stdout
    assert "champion 1" in examined.stdout


@pytest.mark.long
@pytest.mark.attack("an --output that is read-only", "3 before the training")
def test_an_output_in_a_folder_that_is_read_only_is_refused_before_the_training(
    tmp_path: Path,
) -> None:
    (tmp_path / "closed").mkdir()
    with read_only(tmp_path / "closed"):
        running = started(tmp_path, "run", *TRAIN, "--output", "closed/out")
        assert running.end() == 3
    assert not any(event.get("stage") == "experiment" for event in running.events())
