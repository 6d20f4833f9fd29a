"""Imputation by dropping, from training to a scored file: every row has its place."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq

from pipeline.automl.experiment import run_experiment
from pipeline.config.train_config import TrainConfig
from pipeline.export.model import OnnxModel, export_model
from pipeline.parity.verify import Parity, verify
from pipeline.runtime.scorer import Scorer
from pipeline.score.run import score_file
from tests.tables import dataset

SETUP = {"numeric_imputation": "drop", "categorical_imputation": "drop"}


@cache
def proven() -> tuple[OnnxModel, Parity]:
    table = dataset("penguins")
    trained = run_experiment(table, TrainConfig(include=("dt",), fold=2, setup=SETUP))
    model = export_model(trained, table)
    return model, verify(model, trained, table)


def features() -> pd.DataFrame:
    return dataset("penguins").frame.drop(columns="species")


def test_the_graph_marks_exactly_the_rows_that_pycaret_drops() -> None:
    _, parity = proven()
    assert parity.passed, parity.text
    assert parity.summary["dropped_by_pycaret"] > int(features().isna().any(axis=1).sum())


def test_the_manifest_says_what_a_row_needs() -> None:
    manifest = proven()[0].manifest
    assert set(manifest.required) == set(features())
    assert "predict_model drops it" in manifest.rules["dropped"]


def test_a_scored_frame_keeps_every_row_and_leaves_dropped_ones_empty() -> None:
    frame = features()
    scored = Scorer(proven()[0].data).score_frame(frame)
    gaps = frame.isna().any(axis=1)
    assert scored.index.equals(frame.index)
    for column in ("prediction_label", "prediction_score"):
        np.testing.assert_array_equal(scored[column].isna(), gaps)


def test_one_row_that_lacks_a_column_has_no_prediction() -> None:
    scorer = Scorer(proven()[0].data)
    row = features().dropna().iloc[0].to_dict()
    assert scorer.predict_one(row)["prediction_label"] == "Adelie"
    assert set(scorer.predict_one({**row, "year": None}).values()) == {None}


def test_scored_files_have_empty_cells_in_dropped_rows(tmp_path: Path) -> None:
    frame = features().head(20)
    frame.to_csv(tmp_path / "rows.csv", index=False)
    scorer = Scorer(proven()[0].data)
    for name in ("scored.csv", "scored.parquet"):
        assert score_file(scorer, tmp_path / "rows.csv", tmp_path / name) == len(frame)
    written = pd.read_csv(tmp_path / "scored.csv")
    gaps = frame.isna().any(axis=1).tolist()
    assert any(gaps)
    assert written["prediction_label"].isna().tolist() == gaps
    labels = pq.read_table(tmp_path / "scored.parquet")["prediction_label"]
    assert [value is None for value in labels.to_pylist()] == gaps
