"""Challengers and champions: fitted scikit-learn models as graphs, with rows to judge them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
from sklearn.linear_model import LinearRegression, LogisticRegression

from pipeline.config.retrain_config import Gate
from pipeline.gate.contender import Contender
from pipeline.gate.decision import Decision, GateCheck
from pipeline.gate.holdout import SeenRows
from pipeline.gate.judge import judge
from pipeline.selection.metric import Metric
from tests import small_models
from tests.gate.pycaret_metrics import metric

TARGET = "target"
NAMES = ["a", "b", "c"]
CLASSES = ("high", "low", "mid")


@dataclass(frozen=True, eq=False)
class Table:
    """Rows to train on and rows that are held out."""

    train: pd.DataFrame
    holdout: pd.DataFrame


@cache
def numbers(rows: int = 600, held: int = 200) -> Table:
    """A regression on three columns with some noise."""
    random = np.random.default_rng(11)
    frame = pd.DataFrame(random.normal(size=(rows + held, 3)), columns=NAMES)
    target = 50 + 3 * frame["a"] - 2 * frame["b"] + frame["c"]
    frame[TARGET] = target + random.normal(size=len(frame))
    return Table(frame[:rows], frame[rows:].reset_index(drop=True))


@cache
def words(count: int = 2) -> Table:
    """The same columns, with two or three classes."""
    table, names = numbers(), CLASSES[:count]
    ends = [50.0] if count == 2 else [48.0, 52.0]
    parts = [
        part.assign(**{TARGET: np.array(names, dtype=object)[np.digitize(part[TARGET], ends)]})
        for part in (table.train, table.holdout)
    ]
    return Table(*parts)


def regression(
    table: Table, *, off: float = 0.0, names: Sequence[str] = NAMES, shift: float = 0.0
) -> Contender:
    """A linear regression whose first coefficient is off; it has kept its last 100 rows."""
    kept, used = table.train[-100:], table.train[:-100]
    fitted = LinearRegression().fit(used[list(names)], used[TARGET])
    fitted.coef_[0] += off
    fitted.intercept_ += shift
    predicted = kept.assign(prediction_label=fitted.predict(kept[list(names)]))
    return Contender(small_models.linear(fitted, TARGET), predicted, SeenRows.of(table.train))


def classification(table: Table, *, off: float = 0.0, names: Sequence[str] = NAMES) -> Contender:
    """A logistic regression whose coefficients are off."""
    kept, used = table.train[-100:], table.train[:-100]
    fitted = LogisticRegression(max_iter=500).fit(used[list(names)], used[TARGET])
    fitted.coef_[:, 0] -= off * np.abs(fitted.coef_[:, 0])
    scores = {
        f"prediction_score_{label}": values
        for label, values in zip(
            fitted.classes_, fitted.predict_proba(kept[list(names)]).T, strict=True
        )
    }
    predicted = kept.assign(prediction_label=fitted.predict(kept[list(names)]), **scores)
    return Contender(small_models.logistic(fitted, TARGET), predicted, SeenRows.of(table.train))


def by(name: str, labels: tuple[Any, ...] | None = None) -> tuple[Metric, ...]:
    """A metric of PyCaret, and the one that stands in for it."""
    task: Any = "regression" if labels is None else "classification"
    return metric(task, name, labels), metric(task, "acc" if labels else "r2", labels)


def verdict(
    challenger: Contender,
    champion: Contender | None,
    holdout: pd.DataFrame,
    metrics: Sequence[Metric] = (),
    **limits: Any,
) -> Decision:
    """`judge` with limits by name; R2 decides unless another metric is given."""
    return judge(challenger, champion, holdout, metrics or by("r2"), Gate(**limits))


def check(decision: Decision, name: str) -> GateCheck:
    """The one check of that name."""
    (found,) = (c for c in decision.checks if c.name == name)
    return found
