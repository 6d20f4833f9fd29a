from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest

from pipeline.automl.experiment import SearchResult, run_experiment
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import Dataset
from tests import tables

KINDS = [None] + ["c"] * 20 + ["a"] * 50 + ["b"] * 69 + ["a"] * 60
"""Most training rows, the first 140, have kind b; most of all 200 have kind a."""


def with_kinds(name: str) -> Dataset:
    """A table whose one-hot columns come in another order with the rows that were held out."""
    table = tables.dataset(name)
    frame = table.frame.sample(len(KINDS), random_state=3).reset_index(drop=True)
    return replace(table, frame=frame.assign(kind=KINDS))


def given(trained: SearchResult, rows: pd.DataFrame) -> pd.DataFrame:
    """What the model is given when rows are predicted."""
    pipeline = trained.pipeline
    columns: pd.DataFrame
    columns, _ = pipeline._memory_full_transform(pipeline, rows, None, with_final=False)
    return columns


@pytest.mark.parametrize(
    ("name", "setup"),
    [("insurance", {"remove_outliers": True}), ("juice", {"fix_imbalance": True})],
)
def test_a_finalized_model_is_asked_in_the_order_it_was_trained_in(
    name: str, setup: dict[str, Any]
) -> None:
    dataset = with_kinds(name)
    options = {"data_split_shuffle": False, "data_split_stratify": False, **setup}
    trained = run_experiment(dataset, TrainConfig(include=("lr",), fold=2, setup=options))
    rows = dataset.frame[list(dataset.features)]
    columns = list(given(trained, rows).columns)
    assert columns == list(trained.pipeline.steps[-1][1].feature_names_in_)
    kinds = [column for column in columns if column.startswith("kind_")]
    assert kinds == ["kind_a", "kind_c", "kind_b"]  # not b first, as the training rows have it
    predicted = trained.experiment.predict_model(trained.pipeline, data=rows, verbose=False)
    assert len(predicted) == len(rows)
