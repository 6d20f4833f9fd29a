"""What may explain a row on trial that fails: second looks, one after another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.submodels import members, single_native
from pipeline.parity.difference import Bounds, difference
from pipeline.parity.explanations.float_noise import exact_values, rounded_terms
from pipeline.parity.explanations.imputer_ties import equally_far, in_order
from pipeline.parity.explanations.input_rounding import Read, read_by_graph, reading_ours
from pipeline.parity.explanations.neighbor_ties import tied
from pipeline.parity.pycaret_reference import Answers, attempted
from pipeline.parity.trial import Rows, Trial
from pipeline.runtime.predictions import Predictions

if TYPE_CHECKING:
    from pipeline.automl.experiment import Trained

NOISE = 10
"""A row's bound widens to this many times the spread of PyCaret's own answers for it."""
NOISY_ROWS = 30
"""More failing rows than this are no rounding noise."""
PROVABLE_ROWS = 300
"""Exact values cost milliseconds each; where more rows fail there is something else to find."""

Batches = list[tuple[NDArray[np.int64], pd.DataFrame]]
"""Some of the rows under test, each with its position among those that are asked for."""


def tried(
    trained: Trained, ours: Predictions, rows: Rows, theirs: Answers, bounds: Bounds
) -> Trial:
    """Compare the graph's answers with PyCaret's, and look again at rows outside the bounds."""
    found = difference(ours, theirs, bounds)
    native = single_native(trained.pipeline.steps[-1][1])
    none = np.zeros(len(rows.frame), dtype=bool)
    trial = Trial(
        rows=rows,
        ours=ours,
        theirs=theirs,
        errors=found.errors,
        flips=found.flips,
        bounds=np.full(len(none), bounds.single if native else bounds.exact),
        ties=none,
        regrouped=none,
        noisy=none,
        rounded=none,
    )
    for second_look in LOOKS:
        if trial.failed.any():
            trial = second_look(trained, trial, bounds)
    return trial


def _regrouped(trained: Trained, trial: Trial, bounds: Bounds) -> Trial:
    """Ask PyCaret again about failing rows, in batches whose columns keep their own dtypes.

    One missing or fractional value turns a whole integer column, and with it the arithmetic of
    the whole batch, into float32: PyCaret has two answers for such a row, and either is right.
    """
    failing = trial.rows.frame.iloc[np.flatnonzero(trial.failed)]
    return _asked_again(trained, trial, bounds, _by_dtypes(failing, trained))


def _asked_again(trained: Trained, trial: Trial, bounds: Bounds, batches: Batches) -> Trial:
    """PyCaret's answers for the failing rows in other batches; `regrouped` where they agree."""
    places = np.flatnonzero(trial.failed)
    errors, flips = trial.errors.copy(), trial.flips.copy()
    regrouped = trial.regrouped.copy()
    for place, batch in batches:
        again = attempted(trained, batch, trial.rows.beside)
        where = places[place]
        found = difference(trial.ours.at(where), again, bounds)
        better = found.within(trial.bounds[where]) & ~again.refused
        errors[where[better]], flips[where[better]] = found.errors[better], False
        regrouped[where[better]] = True
    return replace(trial, errors=errors, flips=flips, regrouped=regrouped)


def _by_dtypes(rows: pd.DataFrame, trained: Trained) -> Batches:
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


def _in_single_precision(trained: Trained, trial: Trial, bounds: Bounds) -> Trial:
    """Rows for which PyCaret gave the estimator float32 only have float32's bounds.

    So have all rows of a nearest-neighbour regression whose targets PyCaret made float32: their
    mean is taken in float32, in an order that depends on which of two equal distances comes first.
    """
    targets = (getattr(m, "_y", None) for m, _ in members(trained.pipeline.steps[-1][1]))
    averaged = trained.task.predicts == "numbers" and any(
        getattr(values, "dtype", None) == np.float32 for values in targets
    )
    single = trial.failed & (trial.theirs.single | averaged)
    return replace(trial, bounds=np.where(single, bounds.single, trial.bounds))


def _excused(trained: Trained, trial: Trial, _: Bounds) -> Trial:
    places = np.flatnonzero(trial.failed)
    ties = trial.ties.copy()
    ties[places] = tied(trained, trial.rows.frame.iloc[places])
    return replace(trial, ties=ties)


def _with_other_donors(trained: Trained, trial: Trial, bounds: Bounds) -> Trial:
    """Rows for which PyCaret agrees once its KNNImputer takes equally far donors in their order.

    Their distances are scikit-learn's own, so the donors the graph takes are as near as PyCaret's.
    Where not even those are sure of their last digits, a tie to within them counts as well.
    """
    orderly = in_order(trained)
    if orderly is None:
        return trial
    places = np.flatnonzero(trial.failed)
    batch = trial.rows.frame.iloc[places]
    agreed = _asked_again(orderly, trial, bounds, [(np.arange(len(places)), batch)])
    agreed = _regrouped(orderly, agreed, bounds)
    ties = trial.ties | (trial.failed & ~agreed.failed)
    places = np.flatnonzero(trial.failed & ~ties)
    if len(places):
        ties[places] = equally_far(trained, trial.rows.frame.iloc[places])
    return replace(trial, ties=ties)


def _reading_ours(trained: Trained, trial: Trial, bounds: Bounds) -> Trial:
    """Rows for which PyCaret agrees once its model reads the graph's columns, the same but rounded.

    Of neighbours that are equally far by the graph's columns, either is right. PyCaret's own
    columns depend on the dtypes of the batch, so the rows are tried in theirs as well. Where it
    computes in float32, it is asked in float64 and held to the bound of that.
    """
    read = read_by_graph(trained, trial.rows.frame, trial.rows.beside)
    if read is None:
        return trial
    native = single_native(trained.pipeline.steps[-1][1])  # float32 whatever it is asked in
    single = trial.theirs.single & (not native)
    strict = np.where(trial.failed & single, bounds.exact, trial.bounds)
    agreed = np.zeros(len(single), dtype=bool)
    places = np.flatnonzero(trial.failed)
    failing = trial.rows.frame.iloc[places]
    for place, batch in [(np.arange(len(places)), failing), *_by_dtypes(failing, trained)]:
        for asked in _readers(trained, read.at(places[place]), batch, trial.rows.beside):
            again = _asked_again(asked, replace(trial, bounds=strict), bounds, [(place, batch)])
            agreed |= trial.failed & ~again.failed
            agreed[places[place]] |= tied(asked, batch)
    return replace(
        trial, ties=trial.ties | (agreed & ~single), rounded=trial.rounded | (agreed & single)
    )


def _readers(
    trained: Trained, read: Read, batch: pd.DataFrame, beside: pd.DataFrame
) -> Iterator[Trained]:
    """The pipeline with a model that reads the graph's columns, and one that orders donors too."""
    other = reading_ours(trained, read, batch, beside)
    yield from filter(None, (other, in_order(other)))


def _nearer_to_the_model(trained: Trained, trial: Trial, bounds: Bounds) -> Trial:
    """Rows for which the graph is within bounds of the fitted model's exact value: PyCaret rounds.

    Its own answer in float64, in the same dtypes, may then be as far as the bound of float32.
    """
    places = np.flatnonzero(trial.failed & ~trial.flips)
    if not 0 < len(places) <= PROVABLE_ROWS:
        return trial
    read = read_by_graph(trained, trial.rows.frame, trial.rows.beside)
    if read is None:
        return trial
    failing = trial.rows.frame.iloc[places]
    errors, widened = trial.errors.copy(), trial.bounds.copy()
    noisy, rounded = trial.noisy.copy(), trial.rounded.copy()
    for place, batch in [(np.arange(len(places)), failing), *_by_dtypes(failing, trained)]:
        where, ours = places[place], trial.ours.at(places[place])
        right = np.zeros(len(where), dtype=bool)
        for asked in _readers(trained, read.at(where), batch, trial.rows.beside):
            exact = exact_values(asked, batch)
            if exact is None or not len(where):
                return trial
            near = difference(ours, Answers.of(Predictions(exact, None)), bounds)
            right |= near.within(bounds.exact)
        rounded[where] |= right & trial.theirs.single[where]
        theirs = difference(ours, attempted(trained, batch, trial.rows.beside), bounds)
        proven = right & theirs.within(bounds.single)
        where = where[proven]
        errors[where], widened[where], noisy[where] = theirs.errors[proven], bounds.single, True
    return replace(trial, errors=errors, bounds=widened, noisy=noisy & ~rounded, rounded=rounded)


def _within_last_digits(trained: Trained, trial: Trial, bounds: Bounds) -> Trial:
    """Rows whose answer is a small difference of large terms, by what the largest one's last digit
    is worth in it, where that is known of a model.

    Their bound is a multiple of that, and never wider than float32's or, of a number, than that
    digit itself.
    """
    places = np.flatnonzero(trial.failed & ~trial.flips)
    if not 0 < len(places) <= PROVABLE_ROWS:
        return trial
    digits = rounded_terms(trained, trial.rows.frame.iloc[places])
    if bounds.scale:  # numbers, whose errors are relative
        digits /= np.fmax(np.abs(trial.theirs.labels[places].astype(float)), bounds.scale)
    widest = np.fmax(bounds.single, digits) if bounds.scale else bounds.single
    return _widened(trained, trial, bounds, (places, np.minimum(NOISE * digits, widest)))


def _within_noise(trained: Trained, trial: Trial, bounds: Bounds) -> Trial:
    """Rows that PyCaret itself answers differently alone and in batches, by rounding alone.

    Ill-conditioned models (kernel ridge, discriminants of collinear columns) sum up large terms
    that cancel, in an order that depends on the batch. Their bound is a multiple of the spread
    that PyCaret shows for that very row, and never wider than float32's or than that spread.
    """
    places = np.flatnonzero(trial.failed & ~trial.flips)
    if not 0 < len(places) <= NOISY_ROWS:
        return trial
    own = np.array([own_spread(trained, trial, int(place), bounds) for place in places])
    widest = np.fmax(bounds.single, own)
    return _widened(trained, trial, bounds, (places, np.minimum(NOISE * own, widest)))


def _widened(
    trained: Trained,
    trial: Trial,
    bounds: Bounds,
    wider: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> Trial:
    """Some rows held to bounds of their own, where those are wider (NaN is not)."""
    places, own = wider
    widened = trial.bounds.copy()
    widened[places] = np.fmax(widened[places], own)
    noisy = trial.noisy | (widened > trial.bounds)
    return _regrouped(trained, replace(trial, bounds=widened, noisy=noisy), bounds)


def own_spread(
    trained: Trained, trial: Trial, place: int, bounds: Bounds, copies: tuple[int, ...] = (1, 2, 7)
) -> float:
    """How far PyCaret's answers for one row lie apart.

    In the whole batch, among copies of it, and in a batch whose columns keep their own dtypes.
    """
    whole = trial.theirs.at([place]).predictions()
    single = bool(trial.theirs.single[place])
    row = trial.rows.frame.iloc[[place]]
    again = [attempted(trained, row.iloc[[0] * count], single=single) for count in copies]
    typed = [attempted(trained, batch, trial.rows.beside) for _, batch in _by_dtypes(row, trained)]
    errors = [difference(whole, a.at([0]), bounds).errors[0] for a in again + typed]
    return float(np.nanmax([0.0, *errors]))


LOOKS = (
    _regrouped,
    _in_single_precision,
    _excused,
    _with_other_donors,
    _reading_ours,
    _nearer_to_the_model,
    _within_last_digits,
    _within_noise,
)
"""What may explain a failing row, in this order."""
