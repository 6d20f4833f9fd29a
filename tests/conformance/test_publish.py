"""The table joins the reports of the model's run, or is kept here."""

from __future__ import annotations

from pathlib import Path

import pytest
from mlflow import MlflowClient

from pipeline.conformance.publish import publish_conformance
from pipeline.errors import TrackingError
from tests import tracked


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    (folder := tmp_path / "store").mkdir()
    return tracked.enter(folder, monkeypatch)


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    (folder := tmp_path / "reports").mkdir()
    (folder / "conformance.md").write_text("| a |")
    return folder


def test_run_and_version_have_it(client: MlflowClient, reports: Path) -> None:
    run_id = client.create_run("0").info.run_id
    client.create_registered_model("m")
    number = str(client.create_model_version("m", "/nowhere/m", run_id).version)
    publish_conformance(f"models:/m/{number}", run_id, reports, "pass on 2 of 2 runtimes")
    held = {item.path for item in client.list_artifacts(run_id, "reports")}
    assert held == {"reports/conformance.md"}
    for tags in (client.get_run(run_id).data.tags, client.get_model_version("m", number).tags):
        assert tags["conformance"] == "pass on 2 of 2 runtimes"


def test_nothing_is_lost_where_the_store_does_not_answer(
    client: MlflowClient, reports: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{tracked.free_port()}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    monkeypatch.setattr("tempfile.tempdir", str(reports.parent))
    with pytest.raises(TrackingError) as refused:
        publish_conformance("models:/m/1", "0" * 32, reports, "pass")
    (kept,) = (Path(word) for word in refused.value.hint.split() if word.startswith("/"))
    assert (kept / "conformance.md").read_text() == "| a |"
