"""What is sent of a training, in which order, and how often."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import pytest
from mlflow import MlflowClient
from mlflow.exceptions import MlflowException

from pipeline.track import mlflow_run, publish
from tests import tracked
from tests.track.logged import children, logged


def test_every_candidate_is_a_finished_or_failed_child(client: MlflowClient) -> None:
    run = logged(count=20)
    found = {child.data.params["model"]: child for child in children(client, run)}
    assert len(found) == 20
    assert found["lr"].data.metrics["cv_mae"] == 10.0
    assert found["lr"].data.metrics["cv_mae_std"] == 0.5
    assert found["lr"].data.metrics["fit_seconds"] == 0.25
    assert found["lr"].data.params["fit_intercept"] == "True"
    assert found["lr"].info.end_time - found["lr"].info.start_time == 250
    statuses = [found[name].info.status for name in ("lr", "m1", "m19")]
    assert statuses == ["FINISHED", "FINISHED", "FAILED"]


def test_an_estimator_with_hundreds_of_parameters_is_logged_whole(client: MlflowClient) -> None:
    many = {f"p{k}": str(k) for k in range(250)}
    with mlflow_run.open_run("small", "train-1") as run:
        evidence = tracked.evidence(Path("out"), count=1)
        winner = replace(evidence.trained.candidates[0], params=many)
        trained = replace(evidence.trained, candidates=(winner,))
        done = tracked.log(run, replace(evidence, trained=trained))
    (child,) = children(client, done)
    assert child.data.params == {"model": "lr", **many}


def test_the_artifact_folder_is_logged_as_it_is(client: MlflowClient, tmp_path: Path) -> None:
    run = logged()
    folder = Path(client.download_artifacts(run.run_id, "", str(tmp_path)))
    for file in (path for path in Path("out").rglob("*") if path.is_file()):
        assert (folder / file.relative_to("out")).read_bytes() == file.read_bytes()


def test_tables_are_marked_for_the_web_interface(client: MlflowClient) -> None:
    run = client.get_run(logged().run_id)
    marked = json.loads(run.data.tags["mlflow.loggedArtifacts"])
    assert marked == [{"path": "tables/leaderboard.json", "type": "table"}]


@pytest.mark.parametrize(
    "content",
    [
        *("[1, 2]", '"text"', '{"passed": true}', '{"columns": [], "data": []}'),
        *('{"columns": [', "[" * 5_000, "9" * 5_000, ""),
    ],
)
def test_json_that_is_no_table_with_rows_is_not_marked(tmp_path: Path, content: str) -> None:
    (tmp_path / "tables").mkdir()
    (tmp_path / "tables" / "other.json").write_text(content)
    assert publish._tables(tmp_path) == []


def test_a_models_metrics_name_the_data_that_they_were_measured_on(client: MlflowClient) -> None:
    run = logged()
    assert run.model_uri is not None
    found = client.get_logged_model(run.model_uri.removeprefix("models:/")).metrics
    assert {(m.dataset_name, m.dataset_digest) for m in found} == {("small", "ab" * 6)}
    assert {m.key: m.value for m in found} == client.get_run(run.run_id).data.metrics


def test_the_model_belongs_to_its_run_and_loads_from_it(client: MlflowClient) -> None:
    run = logged()
    assert run.model_uri is not None
    model = client.get_logged_model(run.model_uri.removeprefix("models:/"))
    assert model.source_run_id == run.run_id
    assert model.experiment_id == run.experiment_id
    assert model.status == "READY"
    assert model.tags["verdict"] == "pass"
    loaded = mlflow.pyfunc.load_model(run.model_uri)
    assert len(loaded.predict(tracked.frame())) == 10
    assert loaded.predict(loaded.input_example).shape == (3, 1)


def test_an_interrupt_while_logging_leaves_no_child_running(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, sent = MlflowClient.log_batch, []

    def interrupted(client: MlflowClient, run_id: str, *values: Any, **named: Any) -> None:
        sent.append(run_id)
        if len(sent) == 3:
            raise KeyboardInterrupt
        send(client, run_id, *values, **named)

    monkeypatch.setattr(MlflowClient, "log_batch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        logged()
    run = tracked.only_run(client)
    runs = client.search_runs([run.info.experiment_id])
    assert sorted(r.info.status for r in runs) == ["FINISHED", "KILLED", "KILLED"]


def test_runs_that_send_the_same_new_table_at_once_both_have_it(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    original, refused = type(client).log_inputs, []

    def log_inputs(self: MlflowClient, run_id: str, inputs: Any) -> None:
        if not refused:  # between MLflow's look and its insertion another run adds the table
            refused.append(run_id)
            experiment = self.get_experiment_by_name("small").experiment_id
            original(self, self.create_run(experiment).info.run_id, inputs)
            raise MlflowException("(psycopg2.errors.UniqueViolation) dataset_pk")
        original(self, run_id, inputs)

    monkeypatch.setattr(type(client), "log_inputs", log_inputs)
    run = logged()
    assert refused == [run.run_id]
    found = [client.get_run(each.info.run_id) for each in client.search_runs([run.experiment_id])]
    tables = [table.dataset for each in found for table in each.inputs.dataset_inputs]
    assert len(tables) == 2
    assert {(table.name, table.digest) for table in tables} == {(tables[0].name, tables[0].digest)}
