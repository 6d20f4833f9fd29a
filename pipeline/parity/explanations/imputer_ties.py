"""Proves ties between the donors of a nearest-neighbour imputer."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.pycaret_pipeline import list_feature_steps, shrink_dtypes
from pipeline.convert.registry import class_key
from pipeline.parity.difference import Bounds
from pipeline.parity.explanations.explanation import Explanation, ask_again, regroup
from pipeline.parity.explanations.neighbor_ties import estimate_distance_rounding
from pipeline.parity.trial import Trial

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult

IMPUTER = "sklearn.KNNImputer"


class ImputerTies(Explanation):
    """A missing value is filled from equally far donors, of which PyCaret's imputer takes any.

    Their distances are scikit-learn's own, so the donors the graph takes are as near as PyCaret's.
    Where not even those are sure of their last digits, a tie to within them counts as well.

    Example: `x 0, y missing`, with one donor: `x 1, y 5` and `x -1, y 9` are equally far, and the
    model reads 5 from the graph and 9 from PyCaret.
    """

    name = "tie between an imputer's donors"
    when = "pipelines with a KNNImputer"
    excuses = (
        "PyCaret agrees when equally far donors are taken in their order, or the last donor and "
        "the next are equally far"
    )
    bound = "the row's own; none where the donors are equally far"
    remark = "ties"

    def applies(self, trained: SearchResult, trial: Trial) -> bool:
        return order_donors(trained) is not None

    def explain(self, trained: SearchResult, trial: Trial, bounds: Bounds) -> Trial:
        orderly = order_donors(trained)
        assert orderly is not None  # else it does not apply
        places = np.flatnonzero(trial.failed)
        batch = trial.rows.frame.iloc[places]
        agreed = ask_again(orderly, trial, bounds, [(np.arange(len(places)), batch)])
        agreed = regroup(orderly, agreed, bounds)
        ties = trial.ties | (trial.failed & ~agreed.failed)
        places = np.flatnonzero(trial.failed & ~ties)
        if len(places):
            ties[places] = find_donor_ties(trained, trial.rows.frame.iloc[places])
        return replace(trial, ties=ties)


def order_donors(trained: SearchResult) -> SearchResult | None:
    """The same pipeline, its KNNImputer taking donors by distance and then by row.

    scikit-learn's own picks whichever of several equally far donors NumPy's partition leaves in
    front, and adds float32 values in the order it leaves them in: both are accidents. Everything
    else, the distances above all, stays scikit-learn's. None without such an imputer.
    """
    steps = [(name, _in_order(step)) for name, step in trained.pipeline.steps]
    if all(a is b for (_, a), (_, b) in zip(steps, trained.pipeline.steps, strict=True)):
        return None
    pipeline = copy(trained.pipeline)
    pipeline.steps = steps
    return replace(trained, pipeline=pipeline)


def _in_order(step: Any) -> Any:
    imputer = getattr(step, "transformer", None)
    if class_key(imputer) != IMPUTER:
        return step
    other = copy(step)
    other.transformer = order_imputer(imputer)
    return other


def order_imputer(imputer: Any) -> Any:
    """A fitted KNNImputer that takes donors by distance, and equally far ones by row."""
    from sklearn.impute import KNNImputer

    class Orderly(KNNImputer):  # type: ignore[misc]
        """KNNImputer with a stable sort in place of a partition; weights are uniform."""

        def _calc_impute(
            self,
            distances: NDArray[Any],
            count: int,
            values: NDArray[Any],
            missing: NDArray[np.bool_],
        ) -> Any:
            donors = np.argsort(distances, axis=1, kind="stable")[:, :count]
            ma: Any = np.ma
            return ma.average(ma.array(values.take(donors), mask=missing.take(donors)), axis=1).data

    other = Orderly()
    other.__dict__.update(vars(imputer))
    return other


def find_donor_ties(trained: SearchResult, rows: pd.DataFrame) -> NDArray[np.bool_]:
    """Rows (n,) with a missing value whose k-th and next donor are equally far.

    Equal to the digits that scikit-learn's formula leaves: the terms of |x|² - 2xy + |y|² may be
    far larger than their sum, and each processor adds them in an order of its own.
    """
    result = np.zeros(len(rows), dtype=bool)
    x = shrink_dtypes(rows[list(trained.pipeline.feature_names_in_)[:-1]].reset_index(drop=True))
    for _, step in list_feature_steps(trained.pipeline):
        if class_key(step.transformer) == IMPUTER:
            result[x.index] |= _find_ties(step.transformer, x[step._include].to_numpy(dtype=float))
        x = step.transform(x)
    return result


def _find_ties(imputer: Any, x: NDArray[np.float64]) -> NDArray[np.bool_]:
    from sklearn.metrics.pairwise import nan_euclidean_distances

    mark = imputer.missing_values
    x = np.where(x == mark, np.nan, x)
    donors = np.where(imputer._mask_fit_X, np.nan, imputer._fit_X).astype(float)
    squared = nan_euclidean_distances(x, donors, squared=True)
    terms = np.nansum(x**2, axis=1) + np.nansum(donors**2, axis=1).max()
    width = donors.shape[1]
    # scikit-learn scales the sum over the present columns up to all: by their number at most.
    slack = width * estimate_distance_rounding(terms, width)
    tied = np.zeros(len(x), dtype=bool)
    for column, known in enumerate(~np.isnan(donors).T):
        ordered = np.sort(squared[:, known], axis=1)
        k = imputer.n_neighbors
        if ordered.shape[1] > k:
            near = ordered[:, k] - ordered[:, k - 1] <= slack
            tied |= np.isnan(x[:, column]) & near
    return tied
