"""A file through a model, batch by batch, and models by path or address."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from mlflow import MlflowClient

from pipeline.errors import DataError, PipelineError, TrackingError, UsageError
from pipeline.runtime.feeds import CellError
from pipeline.runtime.scorer import Scorer
from pipeline.runtime.unseen import Tally
from pipeline.score import batches
from pipeline.score.run import load_model, locate_model, score_file
from tests import small_models, tracked

FRAME = tracked.frame(25)


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_every_row_gets_the_answer_that_the_scorer_gives_the_frame(
    tmp_path: Path, suffix: str
) -> None:
    data, output = tmp_path / f"in.{suffix}", tmp_path / f"out.{suffix}"
    getattr(FRAME, f"to_{suffix}")(data, index=False)
    scorer = Scorer(small_models.regression())
    assert score_file(scorer, data, output) == len(FRAME)
    found = pd.read_csv(output) if suffix == "csv" else pd.read_parquet(output)
    expected = scorer.score_frame(FRAME)["prediction_label"]
    assert found["prediction_label"].tolist() == expected.tolist()
    assert found.columns[:-1].tolist() == FRAME.columns.tolist()


def test_a_cell_that_does_not_fit_is_named_by_its_row_in_the_whole_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SIZE", 10)
    data, output = tmp_path / "in.csv", tmp_path / "out.csv"
    FRAME.astype({"member": object}).assign(
        member=["maybe" if k == 21 else "true" for k in range(len(FRAME))]
    ).to_csv(data, index=False)
    output.write_text("earlier")
    with pytest.raises(CellError, match=r"row 22 \(line 23\), column 'member'"):
        score_file(Scorer(small_models.regression()), data, output)
    assert output.read_text() == "earlier"


def test_what_the_model_has_never_seen_is_counted_and_refused_on_demand(tmp_path: Path) -> None:
    data, output = tmp_path / "in.csv", tmp_path / "out.csv"
    FRAME.assign(smoker="sometimes").to_csv(data, index=False)
    scorer = Scorer(small_models.ruled())
    tally = Tally(scorer.manifest.inputs)
    score_file(scorer, data, output, tally=tally)
    assert [unseen.column for unseen in tally.found] == ["smoker"]
    output.unlink()
    with pytest.raises(PipelineError, match="smoker"):
        score_file(scorer, data, output, refuse_unseen=True)
    assert not output.exists()


def test_a_path_and_an_address_of_mlflow_open_the_same_model(
    client: MlflowClient, tmp_path: Path
) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(small_models.regression())
    run = client.create_run(client.create_experiment("small")).info.run_id
    client.log_artifact(run, str(file), "onnx")
    assert load_model(f"runs:/{run}/onnx").manifest == load_model(str(file)).manifest
    with locate_model(str(file)) as found:
        assert found == file
    client.log_artifact(run, str(file.rename(tmp_path / "second.onnx")), "onnx")
    with pytest.raises(DataError, match="2 ONNX files, expected one"):
        load_model(f"runs:/{run}/onnx")


def test_an_address_of_nothing_is_called_that_and_a_store_that_is_silent_that(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match="no model models:/nothing/1"):
        load_model("models:/nothing/1")
    with pytest.raises(UsageError):
        load_model("models:/nothing")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"http://127.0.0.1:{tracked.free_port()}")
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    with pytest.raises(TrackingError):
        load_model("models:/nothing/1")
