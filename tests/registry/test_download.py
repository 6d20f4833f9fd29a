"""What a run keeps is brought here whole, or what is wrong with it is said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from mlflow.exceptions import MlflowException

from pipeline.errors import DataError, UsageError
from pipeline.registry.download import READ, connect_existing, download_address, download_run
from pipeline.runtime import integrity
from tests import tracked

if TYPE_CHECKING:
    from mlflow import MlflowClient


def kept(client: MlflowClient, folder: Path) -> str:
    """The id of a run that keeps a training's folder, with the list of its files."""
    tracked.evidence(folder)
    (folder / "config").mkdir()
    (folder / "config" / "train.toml").touch()
    run = client.create_run(client.create_experiment("small")).info.run_id
    client.set_tag(run, integrity.CHECKSUMS_SHA256, integrity.write_checksums(folder / "onnx"))
    client.log_artifacts(run, str(folder))
    return str(run)


def test_what_reports_need_is_brought_byte_by_byte_and_the_pickle_stays(
    client: MlflowClient, tmp_path: Path
) -> None:
    run = kept(client, tmp_path / "out")
    (place := tmp_path / "here").mkdir()
    assert download_run(client, run, place) == place
    assert {path.name for path in place.iterdir()} == {*READ}
    for file in (path for path in place.rglob("*") if path.is_file()):
        assert file.read_bytes() == (tmp_path / "out" / file.relative_to(place)).read_bytes()


def test_a_graph_that_is_not_as_it_was_logged_is_refused_with_the_way_out(
    client: MlflowClient, tmp_path: Path
) -> None:
    run = kept(client, tmp_path / "out")
    stored = Path(client.get_run(run).info.artifact_uri, "onnx", "model.onnx")
    stored.write_bytes(stored.read_bytes()[:-1])
    (place := tmp_path / "here").mkdir()
    with pytest.raises(DataError, match=r"model\.onnx") as caught:
        download_run(client, run, place, hint="Go back")
    assert caught.value.hint == "Go back"


def test_a_run_that_is_none_and_one_that_keeps_nothing_are_told_apart(
    client: MlflowClient, tmp_path: Path
) -> None:
    empty = client.create_run(client.create_experiment("small")).info.run_id
    for run, text in (("0" * 32, "which is not in"), (empty, "keeps no artifacts of a training")):
        with pytest.raises(UsageError, match=text):
            download_run(client, run, tmp_path)


def test_an_address_brings_a_folder_or_a_file(client: MlflowClient, tmp_path: Path) -> None:
    run = kept(client, tmp_path / "out")
    for path in ("onnx", "onnx/model.onnx"):
        (place := tmp_path / path.replace("/", "-")).mkdir()
        found = download_address(client, f"runs:/{run}/{path}", place)
        assert found.is_file() == path.endswith(".onnx")
        assert found.is_relative_to(place)
    with pytest.raises(MlflowException):
        download_address(client, f"runs:/{run}/nothing", tmp_path)


def test_a_link_to_another_place_is_no_artifact(client: MlflowClient, tmp_path: Path) -> None:
    run = kept(client, tmp_path / "out")
    (tmp_path / "secret").touch()
    stored = Path(client.get_run(run).info.artifact_uri, "onnx")
    (stored / "link").symlink_to(tmp_path / "secret")
    (place := tmp_path / "here").mkdir()
    with pytest.raises(DataError, match="not as it was logged"):
        download_address(client, f"runs:/{run}/onnx", place)


def test_looking_for_a_store_makes_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="got no MLflow store"):
        connect_existing()
    assert list(tmp_path.iterdir()) == []
