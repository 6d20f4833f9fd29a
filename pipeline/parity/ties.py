"""Nearest-neighbour ties: proof that a row's answer is a matter of chance, not of conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.fitted import transformed
from pipeline.convert.members import members
from pipeline.convert.registry import key

if TYPE_CHECKING:
    from pipeline.experiment import Trained

TIE = 1e-12
"""Two distances this close, relative to the larger, are the same distance."""


def tied(trained: Trained, rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows (n,) whose k-th and next neighbour are equally far, so that either is a right answer.

    One such vote is enough, wherever in a composed model it is cast. Always false for estimators
    that do not vote among neighbours.
    """
    voters = [(m, reads) for m, reads in members(trained.pipeline.steps[-1][1]) if _votes(m)]
    result = np.zeros(len(rows), dtype=bool)
    if voters:
        x = transformed(trained.pipeline, rows.reset_index(drop=True))
        found = [_equally_far(member, reads(x)) for member, reads in voters]
        result[x.index] = np.any(found, axis=0)  # others are dropped
    return result


def _votes(member: Any) -> bool:
    return key(member) in ("sklearn.KNeighborsClassifier", "sklearn.KNeighborsRegressor")


def _equally_far(neighbors: Any, x: Any) -> NDArray[np.bool_]:
    """(n,) for the rows that one nearest-neighbour model reads."""
    count = min(neighbors.n_neighbors + 1, neighbors.n_samples_fit_)
    distances, _ = neighbors.kneighbors(x, n_neighbors=count)
    if count <= neighbors.n_neighbors:
        return np.zeros(len(x), dtype=bool)
    last, following = distances[:, -2], distances[:, -1]
    result: NDArray[np.bool_] = following - last <= TIE * np.maximum(following, 1e-300)
    return result
