"""Tables as datasets, and a model of scikit-learn in the place of a whole search."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

from benchmarks.real import Loaded
from pipeline import audit
from pipeline.audit import Alarm, Audit
from pipeline.audit.case import encode_column
from pipeline.automl.out_of_time import OutOfTimeResult
from pipeline.config.train_config import DatasetSpec, TrainConfig
from pipeline.data.dataset import Dataset

MODELS: dict[tuple[str, str], Any] = {
    ("lr", "classification"): LogisticRegression,
    ("lr", "regression"): LinearRegression,
    ("dt", "classification"): DecisionTreeClassifier,
    ("dt", "regression"): DecisionTreeRegressor,
    ("dummy", "classification"): DummyClassifier,
    ("dummy", "regression"): DummyRegressor,
}

RED = Alarm("single column", "red", ("a | b",), "<b>a | b</b> alone gives R2 0.999.", "Ask why.")
AMBER = Alarm("bias", "amber", (), "It predicts too much.", "Look at it.")
FOUND = Audit(("single column", "bias", "too good"), (RED, AMBER))
CLEAN = Audit(("single column", "bias", "too good"))


@dataclass(frozen=True)
class Candidate:
    """Of the leaderboard, as far as the audit looks at it."""

    id: str
    metrics: dict[str, float]
    spread: dict[str, float]


@dataclass(frozen=True)
class Trained:
    """The part of a training that the audit looks at."""

    model_id: str
    holdout_predictions: pd.DataFrame
    holdout: dict[str, float] = field(default_factory=dict)
    candidates: tuple[Candidate, ...] = ()
    alarms: tuple[audit.Alarm, ...] = ()
    forward: OutOfTimeResult | None = None


def dataset(loaded: Loaded) -> Dataset:
    """A made table as `pipeline.data.dataset.load_dataset` would give it."""
    file = Path("made.csv")
    spec = DatasetSpec(name="made", task=loaded.task, target=loaded.target, file=file)
    return Dataset(spec, loaded.frame, "0" * 64, file)


def trained(loaded: Loaded, model: str = "dt") -> Trained:
    """A model on 70 % of the rows, and what it says of the others."""
    frame, target, task = loaded
    x = pd.DataFrame({name: encode_column(frame[name]) for name in frame if name != target})
    x = pd.DataFrame(StandardScaler().fit_transform(x))
    rows, held = train_test_split(frame.index, test_size=0.3, random_state=1)
    fitted = MODELS[model, task]().fit(x.loc[rows], frame.loc[rows, target])
    said = frame.loc[held].assign(prediction_label=fitted.predict(x.loc[held]))
    return Trained(model, said)


def alarms(loaded: Loaded, model: str = "dt") -> dict[str, audit.Alarm]:
    """What the audit of a finished training says, by check."""
    table, config = dataset(loaded), TrainConfig()
    found = audit.audit_training(table, config, trained(loaded, model), "")  # type: ignore[arg-type]
    return {alarm.check: alarm for alarm in found.alarms}


def early(loaded: Loaded, **setup: Any) -> dict[str, audit.Alarm]:
    """What the audit says before the training, by check."""
    found = audit.audit_table(dataset(loaded), TrainConfig(setup=setup))
    return {alarm.check: alarm for alarm in found.alarms}
