"""Proves ties between nearest neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.pycaret_pipeline import transform_one_by_one, transform_rows
from pipeline.convert.registry import class_key
from pipeline.convert.submodels import list_submodels
from pipeline.parity.difference import Bounds
from pipeline.parity.explanations.explanation import Explanation
from pipeline.parity.trial import Trial

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult

TIE = 1e-12
"""Two distances this close, relative to the larger, are the same distance."""

ROUNDINGS = 4
"""Roundings per column in |x|² - 2xy + |y|², in units of the last place of |x|² + |y|²."""


class NeighborTies(Explanation):
    """Which of two equally near training rows votes is an accident of memory, not of conversion.

    Example: with five neighbours, `x 0` lies as far from the fifth, `x 1, yes`, as from the sixth,
    `x -1, no`: PyCaret answers yes with 0.6, the graph no with 0.6.
    """

    name = "tie between neighbours"
    when = "models in which nearest neighbours vote"
    excuses = "the last neighbour and the next are equally far, to the digits of their distances"
    bound = "none: either answer is right"
    remark = "ties"

    def applies(self, trained: SearchResult, trial: Trial) -> bool:
        return any(
            asks_neighbors(member) for member, _ in list_submodels(trained.pipeline.steps[-1][1])
        )

    def explain(self, trained: SearchResult, trial: Trial, bounds: Bounds) -> Trial:
        places = np.flatnonzero(trial.failed)
        ties = trial.ties.copy()
        ties[places] = find_neighbor_ties(trained, trial.rows.frame.iloc[places])
        return replace(trial, ties=ties)


def find_neighbor_ties(trained: SearchResult, rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows (n,) whose k-th and next neighbour are equally far, so that either is a right answer.

    One such vote is enough, wherever in a composed model it is cast. Always false for estimators
    that do not vote among neighbours.
    """
    voters = [
        (m, reads)
        for m, reads in list_submodels(trained.pipeline.steps[-1][1])
        if asks_neighbors(m)
    ]
    result = np.zeros(len(rows), dtype=bool)
    if voters:
        rows = rows.reset_index(drop=True)
        x = transform_rows(trained.pipeline, rows)
        if x.isna().any(axis=None):  # in this batch: a voter takes none, yet PyCaret has answered
            x = transform_one_by_one(trained.pipeline, rows).dropna()
    if voters and len(x):
        found = [find_undecided(member, reads(x)) for member, reads in voters]
        result[x.index] = np.any(found, axis=0)  # others are dropped
    return result


def asks_neighbors(member: Any) -> bool:
    """Whether a fitted model lets its nearest training rows vote."""
    return class_key(member) in ("sklearn.KNeighborsClassifier", "sklearn.KNeighborsRegressor")


def find_undecided(neighbors: Any, x: Any) -> NDArray[np.bool_]:
    """Of the rows (n, F) that a nearest-neighbour model reads: k-th and next are equally far, (n,).

    Equal to the digits that scikit-learn's formula leaves: brute force takes |x|² - 2xy + |y|²,
    whose terms may be far larger than their sum, and each processor adds them in its own order.
    """
    count = min(neighbors.n_neighbors + 1, neighbors.n_samples_fit_)
    if count <= neighbors.n_neighbors:
        return np.zeros(len(x), dtype=bool)
    distances, places = neighbors.kneighbors(x, n_neighbors=count)
    last, following = distances[:, -2], distances[:, -1]
    result: NDArray[np.bool_] = following - last <= TIE * np.maximum(following, 1e-300)
    if neighbors._fit_method == "brute" and neighbors.effective_metric_ == "euclidean":
        known = np.asarray(neighbors._fit_X, dtype=float)[places[:, -2:]]
        asked = np.asarray(x, dtype=float)
        terms = np.sum(asked**2, axis=1) + np.sum(known**2, axis=2).max(axis=1)
        result |= following**2 - last**2 <= estimate_distance_rounding(terms, asked.shape[1])
    return result


def estimate_distance_rounding(terms: NDArray[np.float64], width: int) -> NDArray[np.float64]:
    """How far off |x|² - 2xy + |y|² may be, (n,), for terms |x|² + |y|² (n,) of `width` columns."""
    return ROUNDINGS * width * np.finfo(float).eps * terms
