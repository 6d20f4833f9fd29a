"""Tables for tests: one that has everything at once, and shorthands for trained models."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.tables import FLOATS
from benchmarks.tables import table as table_of
from pipeline.automl.experiment import SearchResult, run_experiment
from pipeline.config.train_config import DatasetSpec, TrainConfig
from pipeline.data.dataset import Dataset, load_dataset, read_spec

DATASETS = Path(__file__).resolve().parents[1] / "datasets"


@cache
def dataset(name: str) -> Dataset:
    """A table of the project."""
    return load_dataset(read_spec(DATASETS / f"{name}.toml"))


@cache
def everything(task: str) -> Dataset:
    """Hostile names and every kind of column, most with missing values; 400 rows."""
    random = np.random.default_rng(7)
    n = 400
    frame = pd.DataFrame(
        {
            'sp ace,[0] {"x"}: y': random.normal(50, 20, n).round(3),
            "größe": random.integers(0, 120, n).astype(float),
            "whole": random.integers(0, 100, n),
            "long": random.integers(0, 200_000, n),
            "id.number": random.integers(2**30, 2**31, n),
            "two": random.choice(["yes", "no"], n).astype(object),
            "few": random.choice(["red", "grün", "blå", "青"], n).astype(object),
            "many": np.array([f"street {i % 60}" for i in range(n)], dtype=object),
            "flag": random.random(n) < 0.5,
            "when": pd.to_datetime("1968-03-01")
            + pd.to_timedelta(random.integers(0, 20000, n), "D"),
        }
    )
    signal = frame["whole"] + 30.0 * (frame["two"] == "yes") + 10.0 * (frame["few"] == "青")
    holes = ["größe", 'sp ace,[0] {"x"}: y', "two", "few", "many"]
    for column in holes:
        frame.loc[random.random(n) < 0.1, column] = np.nan
    noisy = signal + random.normal(0, 5, n)
    frame["target"] = noisy if task == "regression" else np.where(noisy > 75, "high", "low é")
    spec = DatasetSpec(name="everything", task=task, target="target", file=Path("everything.csv"))
    return Dataset(spec, frame, "0" * 64, Path("everything.csv"))


@cache
def trained(data: str, model: str, **setup: Any) -> tuple[SearchResult, Dataset]:
    """One model on a table of the project or of floats, or on "everything" with its task."""
    word, _, task = data.partition(" ")
    if word == "everything":
        table = everything(task)
    else:
        table = table_of(word) if word in FLOATS else dataset(word)
    return run_experiment(table, TrainConfig(include=(model,), fold=2, setup=setup)), table
