"""Proves that predictions differ by PyCaret's rounding, not by the conversion.

Some models sum up large terms that cancel: the dual coefficients of a kernel ridge, one for each
training row, the units of a network that reads unscaled squares, or the squares of a naive Bayes
classifier, of which only the difference between the classes is left. PyCaret's last digits then
depend on the order of the sum. Where a model only adds, multiplies and compares, the value of the
fitted model for a row can be known exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.convert.ill_conditioned import estimate_last_digits
from pipeline.convert.pycaret_pipeline import transform_rows
from pipeline.convert.registry import class_key
from pipeline.parity.difference import Bounds, measure_difference
from pipeline.parity.explanations.explanation import Explanation, regroup, split_by_dtypes
from pipeline.parity.explanations.input_rounding import list_readers, read_graph_inputs
from pipeline.parity.pycaret_reference import PyCaretAnswers, try_batch
from pipeline.parity.trial import Trial
from pipeline.runtime.predictions import Predictions

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult

Row = Sequence[Fraction]
Value = Callable[[Row], Fraction]

NOISE = 10
"""A row's bound widens to this many times the spread of PyCaret's own answers for it."""


class ExactValue(Explanation):
    """The graph is within bounds of the fitted model's exact value: it is PyCaret that rounds.

    Its own answer in float64, in the same dtypes, may then be as far as the bound of float32.

    Example: a kernel ridge adds 1e9 and -1e9 to a charge of 4000; by fractions it is 4000.00001,
    which the graph answers, and PyCaret says 4000.00034.
    """

    name = "the exact value"
    when = "linear kernel ridges and networks of one target"
    most = 300  # exact values cost milliseconds each
    excuses = "the graph is near what the fitted model gives by fractions, and PyCaret is not"
    bound = "the exact one to that value, float32's to PyCaret; in float32 to that value alone"
    remark = "noise, rounded"

    def explain(self, trained: SearchResult, trial: Trial, bounds: Bounds) -> Trial:
        read = read_graph_inputs(trained, trial.rows.frame, trial.rows.beside)
        if read is None:
            return trial
        places = np.flatnonzero(trial.failed & ~trial.flips)
        failing = trial.rows.frame.iloc[places]
        errors, widened = trial.errors.copy(), trial.bounds.copy()
        noisy, rounded = trial.noisy.copy(), trial.rounded.copy()
        for place, batch in [(np.arange(len(places)), failing), *split_by_dtypes(failing, trained)]:
            where, ours = places[place], trial.ours.at(places[place])
            right = np.zeros(len(where), dtype=bool)
            for asked in list_readers(trained, read.at(where), batch, trial.rows.beside):
                exact = compute_exact_values(asked, batch)
                if exact is None or not len(where):
                    return trial
                near = measure_difference(ours, PyCaretAnswers.of(Predictions(exact, None)), bounds)
                right |= near.within(bounds.exact)
            rounded[where] |= right & trial.theirs.single[where]
            theirs = measure_difference(ours, try_batch(trained, batch, trial.rows.beside), bounds)
            proven = right & theirs.within(bounds.single)
            where = where[proven]
            errors[where], widened[where] = theirs.errors[proven], bounds.single
            noisy[where] = True
        return replace(
            trial, errors=errors, bounds=widened, noisy=noisy & ~rounded, rounded=rounded
        )


class LastDigits(Explanation):
    """The answer is a small difference of large terms, known no better than their last digit.

    Example: in a naive Bayes classifier the classes' sums are 1e12 and 1e12 + 3, whose last digit
    is worth 1e-4: probabilities of 0.952574 and 0.952577 are the same answer.
    """

    name = "last digits of large terms"
    when = "models whose largest term is known"
    most = 300
    excuses = "the difference is worth few of the last digits of the largest term"
    bound = "ten times that digit, at most float32's; of a number at most that digit, if larger"
    remark = "noise"

    def explain(self, trained: SearchResult, trial: Trial, bounds: Bounds) -> Trial:
        places = np.flatnonzero(trial.failed & ~trial.flips)
        digits = estimate_rounding(trained, trial.rows.frame.iloc[places])
        if bounds.scale:  # numbers, whose errors are relative
            digits /= np.fmax(np.abs(trial.theirs.labels[places].astype(float)), bounds.scale)
        widest = np.fmax(bounds.single, digits) if bounds.scale else bounds.single
        return _widen(trained, trial, bounds, (places, np.minimum(NOISE * digits, widest)))


class OwnNoise(Explanation):
    """PyCaret itself answers the row differently alone and in batches, by rounding alone.

    Ill-conditioned models (kernel ridge, discriminants of collinear columns) sum up large terms
    that cancel, in an order that depends on the batch. Their bound is a multiple of the spread
    that PyCaret shows for that very row, and never wider than float32's or than that spread.

    Example: PyCaret answers a row 4000.0001 alone and 4000.0004 among seven copies of it; the
    graph answers 4000.0009.
    """

    name = "PyCaret's own noise"
    when = "every model"
    most = 30
    excuses = "PyCaret's own answers lie apart: in the batch, alone, among copies, by dtypes"
    bound = "ten times their spread, at most float32's; at most that spread, if larger"
    remark = "noise"

    def explain(self, trained: SearchResult, trial: Trial, bounds: Bounds) -> Trial:
        places = np.flatnonzero(trial.failed & ~trial.flips)
        own = np.array([own_spread(trained, trial, int(place), bounds) for place in places])
        widest = np.fmax(bounds.single, own)
        return _widen(trained, trial, bounds, (places, np.minimum(NOISE * own, widest)))


def _widen(
    trained: SearchResult,
    trial: Trial,
    bounds: Bounds,
    wider: tuple[NDArray[np.int64], NDArray[np.float64]],
) -> Trial:
    """Some rows held to bounds of their own, where those are wider (NaN is not)."""
    places, own = wider
    widened = trial.bounds.copy()
    widened[places] = np.fmax(widened[places], own)
    noisy = trial.noisy | (widened > trial.bounds)
    return regroup(trained, replace(trial, bounds=widened, noisy=noisy), bounds)


def own_spread(
    trained: SearchResult,
    trial: Trial,
    place: int,
    bounds: Bounds,
    copies: tuple[int, ...] = (1, 2, 7),
) -> float:
    """How far PyCaret's answers for one row lie apart.

    In the whole batch, among copies of it, and in a batch whose columns keep their own dtypes.
    """
    whole = trial.theirs.at([place]).predictions()
    single = bool(trial.theirs.single[place])
    row, beside = trial.rows.frame.iloc[[place]], trial.rows.beside
    again = [try_batch(trained, row.iloc[[0] * count], single=single) for count in copies]
    typed = [try_batch(trained, batch, beside) for _, batch in split_by_dtypes(row, trained)]
    errors = [measure_difference(whole, a.at([0]), bounds).errors[0] for a in again + typed]
    return float(np.nanmax([0.0, *errors]))


def compute_exact_values(trained: SearchResult, rows: pd.DataFrame) -> NDArray[np.float64] | None:
    """What the fitted model answers for raw rows (n,), rounded once; None for other models.

    NaN for rows that a step drops or whose numbers are not finite.
    """
    model = trained.pipeline.steps[-1][1]
    value = _EXACT.get(class_key(model), _unknown)(model)
    if value is None:
        return None
    read = transform_rows(trained.pipeline, rows.reset_index(drop=True))
    values = np.full(len(rows), np.nan)
    for place, row in zip(read.index, np.asarray(read, dtype=float), strict=True):
        if np.isfinite(row).all():
            values[place] = float(value(_fractions(row)))
    return np.asarray(trained.pipeline.inverse_transform(values), dtype=float)


def estimate_rounding(trained: SearchResult, rows: pd.DataFrame) -> NDArray[np.float64]:
    """What the last digit of the largest term is worth in the answer for raw rows (n,), or NaN.

    NaN for models of which that is not known, for rows that a step drops, and behind a transformed
    target.
    """
    values = np.full(len(rows), np.nan)
    if "target_transformation" in dict(trained.pipeline.steps):
        return values
    read = transform_rows(trained.pipeline, rows.reset_index(drop=True))
    found = estimate_last_digits(trained.pipeline.steps[-1][1], read) if len(read) else None
    if found is not None:
        values[read.index] = found
    return values


def _unknown(_: Any) -> Value | None:
    return None


def _kernel_ridge(model: Any) -> Value | None:
    """A linear kernel: one coefficient per column, Σ training value · dual coefficient."""
    known, dual = model.X_fit_, np.asarray(model.dual_coef_)
    if model.kernel != "linear" or dual.ndim != 1:
        return None
    coefficients = _fractions(dual)
    weights = [_dot(_fractions(column), coefficients) for column in np.asarray(known).T]
    return lambda row: _dot(row, weights)


def _network(model: Any) -> Value | None:
    """One target, and units that cut off what is negative, or nothing."""
    layers = list(zip(model.coefs_, model.intercepts_, strict=True))
    known = model.activation in ("relu", "identity") and model.out_activation_ == "identity"
    if not known or model.n_outputs_ != 1:
        return None
    exact = [([_fractions(unit) for unit in w.T], _fractions(b)) for w, b in layers]

    def value(row: Row) -> Fraction:
        for depth, (units, biases) in enumerate(exact, start=1):
            row = [_dot(row, unit) + bias for unit, bias in zip(units, biases, strict=True)]
            if model.activation == "relu" and depth < len(exact):
                row = [max(number, Fraction(0)) for number in row]
        return row[0]

    return value


_EXACT: Mapping[str, Callable[[Any], Value | None]] = {
    "sklearn.KernelRidge": _kernel_ridge,
    "sklearn.MLPRegressor": _network,
}


def _fractions(values: NDArray[np.floating[Any]]) -> list[Fraction]:
    return [Fraction(value) for value in values.tolist()]


def _dot(left: Row, right: Row) -> Fraction:
    return sum((a * b for a, b in zip(left, right, strict=True)), Fraction(0))
