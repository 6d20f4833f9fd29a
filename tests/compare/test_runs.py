"""Runs by folder, id and version."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from pipeline.compare.runs import open_run_of_comparison
from pipeline.errors import UsageError
from tests import tracked
from tests.compare.command import command
from tests.compare.conftest import Pair


def test_runs_and_registered_versions_are_found_in_mlflow(
    numbers: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = tracked.enter(tmp_path, monkeypatch)
    experiment = client.create_experiment("insurance")
    ids = []
    for evidence in (numbers.a, numbers.b):
        run = client.create_run(experiment)
        client.log_artifacts(run.info.run_id, str(evidence.folder))
        ids.append(run.info.run_id)
    client.create_registered_model("insurance")
    version = client.create_model_version("insurance", run.info.artifact_uri, run_id=ids[1])
    client.set_registered_model_alias("insurance", "champion", version.version)
    for address in ("models:/insurance@champion", f"models:/insurance/{version.version}"):
        done = command(ids[0], address)
        assert done.exit_code == 0, done.output
        folder = Path(f"compare-{ids[0][:7]}-{ids[1][:7]}")
        found = json.loads((folder / "compare.json").read_text(encoding="utf-8"))
        assert found["runs"]["b"] == {"run": ids[1], "given": address}
        assert found["predictions"]["changed"]
        shutil.rmtree(folder)
    for address in ("models:/insurance@nobody", "models:/other/1", "models:/insurance", "f" * 32):
        done = command(ids[0], address)
        assert (done.exit_code, address in done.stderr) == (2, True), done.output


def test_a_store_that_does_not_answer_is_said_so(
    numbers: Pair, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{tracked.free_port()}")
    for address in ("models:/insurance@champion", "f" * 32):
        done = command(numbers.a.folder, address, "--output", tmp_path / "out")
        assert done.exit_code == 7, done.output
    assert not (tmp_path / "out").exists()


def test_runs_that_predict_different_things_are_refused(
    numbers: Pair, classes: Pair, tmp_path: Path
) -> None:
    done = command(numbers.a.folder, classes.a.folder, "--output", tmp_path / "out")
    assert done.exit_code == 2
    assert "'regression'" in done.stderr
    assert "'classification'" in done.stderr
    assert not (tmp_path / "out").exists()


def test_what_is_no_run_is_refused(numbers: Pair, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for place in (tmp_path / "empty", tmp_path / "nowhere"):
        done = command(numbers.a.folder, place)
        assert (done.exit_code, str(place) in done.stderr) == (2, True), done.output


def test_a_run_of_an_earlier_version_is_refused(numbers: Pair, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    shutil.copytree(numbers.a.folder, folder)
    facts = json.loads((folder / "config" / "report.json").read_text(encoding="utf-8"))
    del facts["figures"]
    (folder / "config" / "report.json").write_text(json.dumps(facts), encoding="utf-8")
    with pytest.raises(UsageError, match="earlier version"):
        open_run_of_comparison("A", str(folder), tmp_path / "fetched")
