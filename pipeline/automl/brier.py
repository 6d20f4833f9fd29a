"""Computes Brier scores from out-of-fold probabilities, also for a rare class."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.automl.cross_validate import CrossValidation

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Brier:
    """Brier scores (Brier, 1950: squared error summed over classes) over the folds.

    Attributes:
        gains: by fold, how much smaller the score is than the constant's.
        score: mean over the folds.
        constant: the same of the frequencies of the classes in each fold's training rows.
        common: the most frequent class.
        rare: the least frequent one.
        rows: how many rows are of it.
        hits: of how many of them it is the most probable class.
        share: of the rare class among all rows.
    """

    gains: Sequence[float]
    score: float
    constant: float
    common: Any
    rare: Any
    rows: int
    hits: int
    share: float


def compute_brier(experiment: Any, outcome: CrossValidation, groups: Any = None) -> Brier:
    """Fit a compared classifier with probabilities on every fold once more, and score those.

    Args:
        outcome: of a model that was cross-validated.
        groups: as `compare_models` takes them.
    """
    import numpy as np
    from sklearn.base import clone

    assert outcome.record is not None
    rows, target = experiment.X_train, experiment.y_train
    counts = target.value_counts()
    common, rare = counts.index[0], counts.index[-1]
    pipeline = deepcopy(experiment.pipeline)
    pipeline.steps.append(("actual_estimator", outcome.record["model"]))
    scores, hits = [], 0
    folds = outcome.record["cv"].split(rows, target, experiment._get_groups(groups))
    for train, test in folds:
        fitted = clone(pipeline).fit(rows.iloc[train], target.iloc[train])
        given, classes = fitted.predict_proba(rows.iloc[test]), _list_classes(fitted)
        is_class = target.iloc[test].to_numpy()[:, None] == classes
        frequency = (target.iloc[train].to_numpy()[:, None] == classes).mean(axis=0)
        scores.append((_score(is_class, given), _score(is_class, frequency)))
        named = classes[given.argmax(axis=1)]
        hits += int((named == rare)[target.iloc[test].to_numpy() == rare].sum())
    ours, constant = np.array(scores).T
    share = float(counts.iloc[-1] / counts.sum())
    figures = ours.mean(), constant.mean(), common, rare, int(counts.iloc[-1]), hits, share
    return Brier((constant - ours).tolist(), *figures)


def _score(is_class: NDArray[Any], given: NDArray[Any]) -> float:
    return float(((given - is_class) ** 2).sum(axis=1).mean())


def _list_classes(fitted: Any) -> NDArray[Any]:
    """The classes as the table has them, in the order of the probabilities."""
    import numpy as np
    from pycaret.utils.generic import get_label_encoder

    codes, encoder = fitted.steps[-1][1].classes_, get_label_encoder(fitted)
    return np.asarray(encoder.inverse_transform(codes) if encoder else codes)
