"""Holds what every check of the audit reads, and scores each column alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

    from pipeline.automl.experiment import SearchResult
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset

CELLS = 200_000
"""Cells on which single columns are tried: so many columns, so many fewer rows."""
LEAST, MOST = 1_000, 5_000
"""Rows of such a sample."""
FOLDS = 3
LEAF = 5


@dataclass(frozen=True, eq=False)
class AuditCase:
    """A table, and once it is known what was trained on it.

    Attributes:
        trained: None before the training.
        metric: leaderboard column of the metric that chose the winner.
    """

    dataset: Dataset
    config: TrainConfig
    trained: SearchResult | None = None
    metric: str = ""

    @property
    def features(self) -> pd.DataFrame:
        return self.dataset.frame[list(self.dataset.features)]

    @property
    def target(self) -> pd.Series:
        return self.dataset.frame[self.dataset.spec.target]

    @property
    def is_numeric(self) -> bool:
        """Whether the target is numbers, not classes."""
        return self.dataset.task.target == "numbers"

    @property
    def told(self) -> frozenset[str]:
        """Checks whose alarm a stage of the training has raised itself."""
        alarms = self.trained.alarms if self.trained is not None else ()
        return frozenset(alarm.check for alarm in alarms)

    @property
    def score(self) -> str:
        """Name of the score that `compute_skill` is, for people."""
        return "R2" if self.is_numeric else "accuracy"

    @cached_property
    def holdout(self) -> HoldoutRows:
        """What the winner said of the holdout; only after the training."""
        assert self.trained is not None
        predicted = self.trained.holdout_predictions
        actual, said = predicted[self.dataset.spec.target], predicted[self.dataset.task.outputs[0]]
        if not self.is_numeric:
            actual, said = _words(actual), _words(said)
        return HoldoutRows(actual.to_numpy(), said.to_numpy(), predicted.index.to_numpy())

    @cached_property
    def reached(self) -> float:
        """Skill of the winner on the holdout."""
        return compute_skill(self.holdout.actual, self.holdout.predicted, self.is_numeric)

    @cached_property
    def alone(self) -> Mapping[str, float]:
        """Skill that each column alone reaches, cross-validated, on a sample of rows.

        By folds such as `[validation]` asks for: the name of a shop says much about the rows of
        that shop, and nothing about another's.
        """
        rows = self.dataset.frame
        most = min(MOST, max(LEAST, CELLS // len(rows.columns)))
        if len(rows) > most:
            rows = rows.sample(most, random_state=0)
        target = rows[self.dataset.spec.target]
        values = target.to_numpy(float) if self.is_numeric else encode_column(target)
        folds = self._folds(rows.index)
        return {
            name: _alone(encode_column(rows[name]), values, self.is_numeric, folds)
            for name in self.dataset.features
        }

    def _folds(self, index: pd.Index) -> list[tuple[NDArray[Any], NDArray[Any]]]:
        """Places of these rows to train on and to predict; none where there are too few."""
        import numpy as np
        from sklearn.model_selection import GroupKFold, KFold, TimeSeriesSplit

        validation, places = self.dataset.spec.validation, np.arange(len(index))
        if len(index) < FOLDS * LEAF:
            return []
        if validation is None:
            return list(KFold(FOLDS, shuffle=True, random_state=0).split(places))
        known = encode_column(self.dataset.values(str(validation.column)).loc[index])
        if validation.time is not None:
            order = np.argsort(known, kind="stable")
            folds = TimeSeriesSplit(FOLDS).split(order)
            return [(order[train], order[test]) for train, test in folds]
        if len(np.unique(known)) < FOLDS:
            return []
        return list(GroupKFold(FOLDS).split(places, groups=known))

    def shown(self, value: float) -> str:
        """A skill as people know it: R2, or the accuracy that it stands for."""
        if self.is_numeric:
            return f"R2 {value:.3f}"
        most = float(self.target.value_counts(normalize=True).iloc[0])
        return f"accuracy {most + value * (1 - most):.3f} (the most frequent class: {most:.3f})"


@dataclass(frozen=True, eq=False)
class HoldoutRows:
    """Actual and predicted values of the holdout, and the rows' places in the table.

    Attributes:
        actual, predicted: (M,) float64, or text for classes.
        index: (M,) labels of the table's index.
    """

    actual: NDArray[Any]
    predicted: NDArray[Any]
    index: NDArray[Any]


def compute_skill(actual: NDArray[Any], predicted: NDArray[Any], is_numeric: bool) -> float:
    """R2, or how far the accuracy is from the most frequent class's (0) to perfect (1)."""
    import numpy as np

    if is_numeric:
        actual, predicted = actual.astype(float), predicted.astype(float)
        spread = float(((actual - actual.mean()) ** 2).sum())
        return 1 - float(((actual - predicted) ** 2).sum()) / spread if spread else 0.0
    most = np.unique(actual, return_counts=True)[1].max() / len(actual)
    right = float((actual == predicted).mean())
    return float((right - most) / (1 - most)) if most < 1 else 0.0


def encode_column(values: pd.Series) -> NDArray[np.float64]:
    """A column as numbers, in an order independent of the rows'; missing comes first."""
    import numpy as np
    import pandas as pd

    if values.dtype.kind in "fiu":
        found = values.to_numpy(float)
        gaps = np.isnan(found)
        return np.where(gaps, (found[~gaps].min() if (~gaps).any() else 0.0) - 1, found)
    kept = values if values.dtype.kind in "bM" else values.where(values.isna(), values.astype(str))
    found, _ = pd.factorize(kept, sort=True)
    return found.astype(float)


def _alone(
    values: NDArray[Any],
    target: NDArray[Any],
    is_numeric: bool,
    folds: list[tuple[NDArray[Any], NDArray[Any]]],
) -> float:
    import numpy as np
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    if not folds or len(np.unique(values)) < 2:
        return 0.0
    model = DecisionTreeRegressor if is_numeric else DecisionTreeClassifier
    predicted = np.empty_like(target)
    for train, test in folds:
        tree = model(min_samples_leaf=LEAF, random_state=0)
        tree.fit(values[train, None], target[train])
        predicted[test] = tree.predict(values[test, None])
    tested = np.concatenate([test for _, test in folds])  # forward in time the first rows are not
    return compute_skill(target[tested], predicted[tested], is_numeric)


def _words(values: pd.Series) -> pd.Series:
    """Class labels as text: PyCaret shrinks whole numbers, and writes some as floats."""
    if values.dtype.kind == "f" and bool((values % 1 == 0).all()):
        values = values.astype("int64")
    return values.astype(str)
