"""Nearest-neighbour ties: proof that a row's answer is a matter of chance, not of conversion."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.fitted import transformed

if TYPE_CHECKING:
    from pipeline.experiment import Trained

TIE = 1e-12
"""Two distances this close, relative to the larger, are the same distance."""


def tied(trained: Trained, rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows (n,) whose k-th and next neighbour are equally far, so that either is a right answer.

    Always false for estimators that do not vote among neighbours.
    """
    estimator = trained.pipeline.steps[-1][1]
    if not hasattr(estimator, "kneighbors"):
        return np.zeros(len(rows), dtype=bool)
    x = transformed(trained.pipeline, rows)
    count = min(estimator.n_neighbors + 1, estimator.n_samples_fit_)
    distances, _ = estimator.kneighbors(x, n_neighbors=count)
    if count <= estimator.n_neighbors:
        return np.zeros(len(rows), dtype=bool)
    last, following = distances[:, -2], distances[:, -1]
    result: NDArray[np.bool_] = following - last <= TIE * np.maximum(following, 1e-300)
    return result
