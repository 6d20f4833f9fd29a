"""What an explanation of a failing row is, and how each asks PyCaret again."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.parity.difference import Bounds, measure_difference
from pipeline.parity.pycaret_reference import try_batch
from pipeline.parity.trial import Trial

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult

Batches = list[tuple[NDArray[np.int64], pd.DataFrame]]
"""Some of the rows under test, each with its position among those that are asked for."""


class Explanation(ABC):
    """Why PyCaret answers a row otherwise than a right graph does, with the proof of it.

    Attributes:
        name: what such a row hangs on.
        when: the models that it is tried for, in words.
        most: rows that fail with the same label; where it is more, or none, there is something else
            to find. 0: any number of rows, and other labels too.
        excuses: the rows that it explains.
        bound: what an explained row is held to.
        remark: the word that counts such rows in docs/coverage.md.
    """

    name: ClassVar[str]
    when: ClassVar[str]
    most: ClassVar[int] = 0
    excuses: ClassVar[str]
    bound: ClassVar[str]
    remark: ClassVar[str]

    def applies(self, trained: SearchResult, trial: Trial) -> bool:
        """Whether the model and its failing rows are such as this explains."""
        return not self.most or 0 < np.count_nonzero(trial.failed & ~trial.flips) <= self.most

    @abstractmethod
    def explain(self, trained: SearchResult, trial: Trial, bounds: Bounds) -> Trial:
        """The trial, in which the failing rows that this explains do not fail any more."""


def ask_again(trained: SearchResult, trial: Trial, bounds: Bounds, batches: Batches) -> Trial:
    """PyCaret's answers for the failing rows in other batches; `regrouped` where they agree."""
    places = np.flatnonzero(trial.failed)
    errors, flips = trial.errors.copy(), trial.flips.copy()
    regrouped = trial.regrouped.copy()
    for place, batch in batches:
        again = try_batch(trained, batch, trial.rows.beside)
        where = places[place]
        found = measure_difference(trial.ours.at(where), again, bounds)
        better = found.within(trial.bounds[where]) & ~again.refused
        errors[where[better]], flips[where[better]] = found.errors[better], False
        regrouped[where[better]] = True
    return replace(trial, errors=errors, flips=flips, regrouped=regrouped)


def regroup(trained: SearchResult, trial: Trial, bounds: Bounds) -> Trial:
    """PyCaret's answers for the failing rows in batches whose columns keep their own dtypes."""
    failing = trial.rows.frame.iloc[np.flatnonzero(trial.failed)]
    return ask_again(trained, trial, bounds, split_by_dtypes(failing, trained))


def split_by_dtypes(rows: pd.DataFrame, trained: SearchResult) -> Batches:
    """Batches of rows whose integer columns are whole, as integers, and positions in `rows`."""
    data = trained.experiment.dataset
    integers = [c for c in rows if c in data and pd.api.types.is_integer_dtype(data[c].dtype)]
    values = rows[integers].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        whole = (values == np.floor(values)) & (np.abs(values) < 2.0**62)
    patterns = pd.Series([row.tobytes() for row in whole], dtype=object)
    batches = []
    for place in patterns.groupby(patterns).indices.values():
        kept = [c for c, w in zip(integers, whole[place[0]], strict=True) if w]
        batch = rows.iloc[place].astype(dict.fromkeys(kept, np.int64))
        batches.append((np.asarray(place), batch))
    return batches
