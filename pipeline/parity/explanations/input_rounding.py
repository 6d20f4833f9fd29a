"""Proves that a prediction depends on the last digits of its inputs.

Trees compare, neighbours are ranked and isotonic curves are steep, so where a threshold lies within
rounding of a value that was computed (a component of the kernel PCA, say), PyCaret's own answer
changes with the batch or the processor.
Where a table has floats alone, PyCaret computes in float32, and large terms that cancel leave few
digits, or none where they overflow; the fitted model itself, given doubles, computes in float64.
"""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.estimators import neighbors
from pipeline.convert.estimators.trees import (
    catboost,
    lightgbm,
    sklearn_boosting,
    sklearn_trees,
    xgboost,
)
from pipeline.convert.lowering import convert_preprocessing
from pipeline.convert.pycaret_pipeline import (
    choose_dtype,
    powers_in_single,
    run_stages,
    transform_rows,
)
from pipeline.convert.registry import class_key
from pipeline.convert.submodels import computes_in_single, list_submodels
from pipeline.parity.difference import Bounds
from pipeline.parity.explanations.explanation import Explanation, ask_again, split_by_dtypes
from pipeline.parity.explanations.imputer_ties import order_donors
from pipeline.parity.explanations.isotonic_steps import is_steep, with_graph_scores
from pipeline.parity.explanations.neighbor_ties import find_neighbor_ties
from pipeline.parity.pycaret_reference import add_companions
from pipeline.parity.trial import Trial
from pipeline.runtime.feeds import make_feed

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult

ROUNDING = 1e-12
"""Values of a column this close, relative to its largest, are equal but for rounding."""
SINGLE_ROUNDING = 1e-6
"""The same for columns that PyCaret computes in float32, or from powers in float32."""

JUMPING = {
    name
    for family in (sklearn_boosting, catboost, lightgbm, neighbors, sklearn_trees, xgboost)
    for name in family.CONVERTERS
}


@dataclass(frozen=True)
class GraphInputs:
    """What the graph's model reads for raw rows.

    Attributes:
        values: (n, F).
        computed: (n, F) the value is no cell of the table, but made by a step.
        largest: (F,) the largest absolute value of a column in PyCaret's own table.
    """

    values: NDArray[np.float64]
    computed: NDArray[np.bool_]
    largest: NDArray[np.float64]

    def at(self, places: NDArray[np.int64]) -> GraphInputs:
        """Some of the rows."""
        return replace(self, values=self.values[places], computed=self.computed[places])


class InputRounding(Explanation):
    """PyCaret's model answers as the graph does once it reads the graph's columns, only rounded.

    Of neighbours that are equally far by the graph's columns, either is right. PyCaret's own
    columns depend on the dtypes of the batch, so the rows are tried in theirs as well. Where it
    computes in float32, it is asked in float64 and held to the bound of that.

    Example: a tree asks whether a component of the PCA is at most 0.3; it is 0.3 in the graph and
    0.30000000000000004 in PyCaret, which goes to the other leaf.
    """

    name = "rounding before the model"
    when = "models that read numbers alone"
    excuses = "PyCaret's model agrees when it reads the graph's columns, which differ by rounding"
    bound = "none; in float32 the row's own, of PyCaret's model in float64"
    remark = "ties, rounded"

    def explain(self, trained: SearchResult, trial: Trial, bounds: Bounds) -> Trial:
        read = read_graph_inputs(trained, trial.rows.frame, trial.rows.beside)
        if read is None:
            return trial
        native = computes_in_single(
            trained.pipeline.steps[-1][1]
        )  # float32 whatever it is asked in
        single = trial.theirs.single & (not native)
        strict = np.where(trial.failed & single, bounds.exact, trial.bounds)
        agreed = np.zeros(len(single), dtype=bool)
        places = np.flatnonzero(trial.failed)
        failing = trial.rows.frame.iloc[places]
        for place, batch in [(np.arange(len(places)), failing), *split_by_dtypes(failing, trained)]:
            for asked in list_readers(trained, read.at(places[place]), batch, trial.rows.beside):
                again = ask_again(asked, replace(trial, bounds=strict), bounds, [(place, batch)])
                agreed |= trial.failed & ~again.failed
                agreed[places[place]] |= find_neighbor_ties(asked, batch)
        return replace(
            trial, ties=trial.ties | (agreed & ~single), rounded=trial.rounded | (agreed & single)
        )


def list_readers(
    trained: SearchResult, read: GraphInputs, batch: pd.DataFrame, beside: pd.DataFrame
) -> Iterator[SearchResult]:
    """The pipeline with a model that reads the graph's columns, and one that orders donors too."""
    other = with_graph_inputs(trained, read, batch, beside)
    yield from filter(None, (other, order_donors(other)))


def read_graph_inputs(
    trained: SearchResult, rows: pd.DataFrame, table: pd.DataFrame
) -> GraphInputs | None:
    """What the graph's model reads for raw rows (n, columns), all of them in one batch.

    The last digits of a product depend on the batch, so this is to be the one that was scored.

    Args:
        trained: the model.
        rows: (n, columns).
        table: complete rows, which the conversion is made from.

    Returns:
        None where the model reads other columns than numbers.
    """
    from pipeline.runtime.session import open_session

    theirs = transform_rows(trained.pipeline, table.reset_index(drop=True))
    if not all(map(pd.api.types.is_numeric_dtype, theirs.dtypes)):
        return None
    conversion = convert_preprocessing(trained.pipeline, table)
    session = open_session(conversion.model.SerializeToString())
    feeds = {i.name: make_feed(i, rows[i.name].to_numpy()) for i in conversion.inputs}
    (values,) = session.run(["features"], feeds)
    filled = {str(name): rows[name].isna().to_numpy() for name in rows}
    whole = np.ones(len(rows), dtype=bool)
    computed = [filled[name] if name is not None else whole for name in conversion.origins]
    return GraphInputs(
        values=np.asarray(values, dtype=float),
        computed=np.column_stack(computed),
        largest=np.abs(theirs.to_numpy(dtype=float)).max(axis=0),
    )


def with_graph_inputs(
    trained: SearchResult, read: GraphInputs, rows: pd.DataFrame, beside: pd.DataFrame
) -> SearchResult:
    """The same pipeline, but its model reads the graph's columns where only rounding differs.

    Its isotonic curves read the graph's scores in the same way. Everything else stays PyCaret's,
    the model above all. If it then answers as the graph does, the two differ by rounding before
    the model or a curve alone, or by what the model rounds to float32.

    Args:
        trained: the model.
        read: what the graph's model reads for `rows`.
        rows: (n, columns), raw; they come first in every batch that the result is asked for.
        beside: complete rows that stand in those batches too.
    """
    *before, (name, model) = trained.pipeline.steps
    batch = add_companions(rows, beside).reset_index(drop=True)
    powers = any(powers_in_single(*stage) for stage in run_stages(trained.pipeline, batch))
    step = _Ours(
        read.values,
        doubles=np.where(read.computed & powers, SINGLE_ROUNDING, ROUNDING) * read.largest,
        singles=np.where(read.computed, SINGLE_ROUNDING * read.largest, 0.0),
        jumps=any(class_key(m) in JUMPING or is_steep(m) for m, _ in list_submodels(model)),
    )
    pipeline = copy(trained.pipeline)
    pipeline.steps = [*before, ("ours", step), (name, with_graph_scores(model))]
    return replace(trained, pipeline=pipeline)


@dataclass(frozen=True)
class _Ours:
    """A step that puts other values in the place of a batch's first rows.

    In a batch of float32 alone all values become float64, so that the model computes in it.

    Attributes:
        values: (n, F) for rows 0 to n - 1.
        doubles: (n, F) a row keeps its own values if one in float64 is farther away than that.
        singles: (n, F) the same in batches of float32 alone.
        jumps: whether batches of float64 are of interest.
    """

    values: NDArray[np.float64]
    doubles: NDArray[np.float64]
    singles: NDArray[np.float64]
    jumps: bool

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:  # noqa: N803  PyCaret asks for the name
        single = choose_dtype(X) == np.float32
        if not single and not self.jumps:
            return X
        places = np.asarray(X.index)
        kept = places[places < len(self.values)]
        mine = self.values[kept]
        theirs = X.iloc[: len(mine)]
        numbers = theirs.to_numpy(dtype=float)
        replaced = np.array([single or dtype == np.float64 for dtype in X.dtypes])
        slack = self.singles[kept] if single else np.where(replaced, self.doubles[kept], 0.0)
        same = (mine == numbers) | (np.isnan(mine) & np.isnan(numbers))
        rows = (same | (np.abs(mine - numbers) <= slack)).all(axis=1)
        result = X.astype(np.float64) if single else X.copy()
        for position in np.flatnonzero(replaced):
            column = result.iloc[:, position].to_numpy(copy=True)
            column[: len(mine)][rows] = mine[rows, position]
            result.isetitem(position, column)
        return result
