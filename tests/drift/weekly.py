"""Tables of one kind of data, as they come week after week, with and without drift."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from pipeline.config.train_config import DatasetSpec
from pipeline.data.dataset import Dataset

Edit = Callable[[pd.DataFrame], pd.DataFrame]


def table(frame: pd.DataFrame, target: str, task: str, sha256: str = "0" * 64) -> Dataset:
    """A dataset as `load` gives it."""
    file = Path("week.csv")
    spec = DatasetSpec(name="week", task=task, target=target, file=file)  # type: ignore[arg-type]
    return Dataset(spec, frame, sha256, file)


def week(seed: int, rows: int = 600, drift: float = 0.0) -> Dataset:
    """Customers of a shop and whether they come back: every kind of column, some with gaps."""
    random = np.random.default_rng(seed)
    spent = random.lognormal(3 + drift, 1, rows)
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 80, rows),
            "spent": np.where(random.random(rows) < 0.1, np.nan, spent),
            "visits": random.poisson(2 + 3 * drift, rows),
            "city": random.choice(["Köln", "Łódź", "東京"], rows, p=_shares(drift)),
            "member": random.random(rows) < 0.3 + 0.5 * drift,
            "joined": pd.Timestamp("2020-01-01")
            + pd.to_timedelta(random.integers(0, 1000, rows) + int(800 * drift), "D"),
            "name": [f"customer {seed} {k}" for k in range(rows)],
            "returns": random.choice(["no", "yes"], rows),
        }
    )
    frame.loc[random.random(rows) < 0.05, "city"] = np.nan
    return table(frame, "returns", "classification", sha256=f"{seed:064}")


def _shares(drift: float) -> list[float]:
    return [0.5 - 0.4 * drift, 0.3, 0.2 + 0.4 * drift]


def edited(dataset: Dataset, edit: Edit) -> Dataset:
    """The same table after somebody's hand was at it."""
    return replace(dataset, frame=edit(dataset.frame.copy()), sha256="e" * 64)
