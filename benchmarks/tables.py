"""The tables that conversion is measured on: the project's own, and some with other columns."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.config.train_config import DatasetSpec, TrainConfig
from pipeline.data.dataset import Dataset, find_dataset, load_dataset

REAL = ("insurance", "juice", "penguins", "titanic")
EVENTS = "events"
"""A made-up table with dates, sentences, booleans and large integers, which the real ones lack."""
FLOATS = {"diabetes": "regression", "wine": "classification"}
"""scikit-learn's tables of floats alone, which PyCaret fits and predicts in float32, and tasks."""

_PLACES = ("Oslo", "Zürich", "São Paulo", "東京", "Nairobi")
_WORDS = ("late", "slow", "quick", "again", "refund", "broken", "thanks", "très", "déjà", "注文")


@cache
def table(name: str, ignore: tuple[str, ...] = ()) -> Dataset:
    """A table by its name, without some of its columns."""
    if name == EVENTS:
        return _events(ignore)
    if name in FLOATS:
        return _floats(name, ignore)
    return load_dataset(find_dataset(TrainConfig(dataset=name, ignore=ignore)))


def _floats(name: str, ignore: tuple[str, ...]) -> Dataset:
    from sklearn import datasets

    options = {"scaled": False} if name == "diabetes" else {}
    frame = getattr(datasets, f"load_{name}")(as_frame=True, **options).frame.copy()
    frame.columns = [column.replace("/", "_") for column in frame]
    if FLOATS[name] == "classification":
        frame["target"] = "kind " + frame["target"].astype(str)
    file = Path(f"{name}.csv")
    spec = DatasetSpec(name=name, task=FLOATS[name], target="target", file=file)
    return Dataset(spec, frame.drop(columns=list(ignore)), "0" * 64, file)


def _events(ignore: tuple[str, ...], rows: int = 400) -> Dataset:
    random = np.random.default_rng(7)
    days = pd.to_timedelta(random.integers(0, 20_000, rows), "D")
    seconds = pd.to_timedelta(random.integers(0, 86_400, rows), "s")
    frame = pd.DataFrame(
        {
            "opened": pd.Timestamp("1968-03-01") + days + seconds,
            "place": random.choice(_PLACES, rows).astype(object),
            "member": random.random(rows) < 0.5,
            "visits": random.integers(0, 200_000, rows),
            "account": random.integers(2**30, 2**31, rows),
            "amount": random.normal(50, 20, rows).round(3),
            "delay": random.exponential(3.0, rows).round(2),
            "note": [" ".join(random.choice(_WORDS, random.integers(2, 7))) for _ in range(rows)],
        }
    )
    frame.loc[random.random(rows) < 0.1, "amount"] = np.nan
    frame.loc[random.random(rows) < 0.1, "place"] = np.nan
    late = frame["note"].str.contains("late|slow")
    score = frame["visits"] / 1e4 + 5.0 * frame["member"] + 4.0 * late + frame["delay"]
    frame["cost"] = (score + random.normal(0, 2, rows)).round(4)
    spec = DatasetSpec(
        name=EVENTS, task="regression", target="cost", file=Path("events.csv"), date=("opened",)
    )
    return Dataset(spec, frame.drop(columns=list(ignore)), "0" * 64, Path("events.csv"))
