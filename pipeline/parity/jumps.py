"""Rows at a jump: proof that an answer hangs on the last digits of what the model reads.

Trees compare and neighbours are ranked, so where a threshold lies within rounding of a value that
was computed (a component of the kernel PCA, say), PyCaret's own answer changes with the batch.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.estimators import (
    boosting,
    catboost_trees,
    lightgbm_trees,
    neighbors,
    trees,
    xgboost_trees,
)
from pipeline.convert.fitted import transformed
from pipeline.convert.lowering import convert_preprocessing
from pipeline.convert.members import members
from pipeline.convert.registry import key
from pipeline.feeds import feed

if TYPE_CHECKING:
    from pipeline.experiment import Trained

ROUNDING = 1e-12
"""Values of a column this close, relative to its largest, are equal but for rounding."""

JUMPING = {
    name
    for family in (boosting, catboost_trees, lightgbm_trees, neighbors, trees, xgboost_trees)
    for name in family.CONVERTERS
}


def reading_ours(trained: Trained, rows: pd.DataFrame, beside: pd.DataFrame) -> Trained | None:
    """The same pipeline, but its model reads the graph's columns where only rounding differs.

    Everything else stays PyCaret's, the model above all. If it then answers as the graph does, the
    two differ by rounding before the model alone.

    Args:
        trained: the model.
        rows: (n, columns), raw; they come first in every batch that the result is asked for.
        beside: complete rows of the table, which tell how large each column is.

    Returns:
        None for models that do not jump, and where the model reads other columns than numbers.
    """
    *before, last = trained.pipeline.steps
    if not any(key(member) in JUMPING for member, _ in members(last[1])):
        return None
    table = transformed(trained.pipeline, beside.reset_index(drop=True))
    if not all(map(pd.api.types.is_numeric_dtype, table.dtypes)):
        return None
    largest = np.abs(table.to_numpy(dtype=float)).max(axis=0)
    step = _Ours(_read(trained, rows, beside), ROUNDING * largest)
    pipeline = copy(trained.pipeline)
    pipeline.steps = [*before, ("ours", step), last]
    return replace(trained, pipeline=pipeline)


def _read(trained: Trained, rows: pd.DataFrame, table: pd.DataFrame) -> NDArray[np.float64]:
    """What the graph's model reads for raw rows, (n, F)."""
    from pipeline.scorer import open_session

    conversion = convert_preprocessing(trained.pipeline, table)
    session = open_session(conversion.model.SerializeToString())
    feeds = {i.name: feed(i, rows[i.name].to_numpy()) for i in conversion.inputs}
    (values,) = session.run(["features"], feeds)
    return np.asarray(values, dtype=float)


@dataclass(frozen=True)
class _Ours:
    """A step that puts other values in the place of a batch's first rows.

    Attributes:
        values: (n, F) for rows 0 to n - 1.
        slack: (F,) a row keeps its own values if one is farther away, or is not a double.
    """

    values: NDArray[np.float64]
    slack: NDArray[np.float64]

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803  PyCaret asks for the name
        places = np.asarray(X.index)
        mine = self.values[places[places < len(self.values)]]
        theirs = X.iloc[: len(mine)]
        numbers = theirs.to_numpy(dtype=float)
        doubles = np.array([dtype == np.float64 for dtype in X.dtypes])
        same = (mine == numbers) | (np.isnan(mine) & np.isnan(numbers))
        near = np.abs(mine - numbers) <= np.where(doubles, self.slack, 0.0)
        rows = (same | near).all(axis=1)
        result = X.copy()
        for position in np.flatnonzero(doubles):
            column = X.iloc[:, position].to_numpy(copy=True)
            column[: len(mine)][rows] = mine[rows, position]
            result.isetitem(position, column)
        return result
