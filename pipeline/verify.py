"""Stage 4: does the graph predict what PyCaret predicts? Reports, never decides.

The reference is `predict_model(pipeline, rows, raw_score=True, round=17)` in the process that
trained the pipeline, on every row of the table and on thousands of hostile ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.comparison import (
    SINGLE_PROBABILITY,
    SINGLE_REGRESSION,
    Bounds,
    Predictions,
    difference,
)
from pipeline.golden import Golden, sample
from pipeline.hostile import ANY_COLUMN, hostile_rows, split_thresholds
from pipeline.reference import Answers, answers, answers_by_group
from pipeline.ties import tied

if TYPE_CHECKING:
    from pipeline.dataset import Dataset
    from pipeline.experiment import Trained
    from pipeline.export import OnnxModel
    from pipeline.scorer import Scorer

ALONE = 64
"""Rows scored one at a time by the graph."""
ALONE_PYCARET = 8
"""Rows scored one at a time by PyCaret (140 ms each), to show how far it differs from itself."""
WORST = 20


@dataclass(frozen=True)
class Parity:
    """The verdict with its evidence.

    Attributes:
        passed: no row outside the bounds, no label flipped.
        summary: the figures that matter, by name.
        table: one row per column and kind of row.
        worst: the rows with the largest errors, with both answers.
        golden: rows with PyCaret's answers, for other runtimes.
        text: the verdict in one sentence.
    """

    passed: bool
    summary: Mapping[str, float | int | str]
    table: tuple[Mapping[str, Any], ...]
    worst: tuple[Mapping[str, Any], ...]
    golden: Golden
    text: str


@dataclass(frozen=True)
class _Trial:
    """Rows under test, and how each came out; arrays are (n,)."""

    rows: pd.DataFrame
    columns: NDArray[Any]
    kinds: NDArray[Any]
    ours: Predictions
    theirs: Answers
    errors: NDArray[np.float64]
    flips: NDArray[np.bool_]
    bounds: NDArray[np.float64]
    ties: NDArray[np.bool_]
    regrouped: NDArray[np.bool_]

    @property
    def failed(self) -> NDArray[np.bool_]:
        outside = ~(self.errors <= self.bounds) | self.flips
        return outside & ~self.ties & ~self.theirs.refused


def verify(model: OnnxModel, trained: Trained, dataset: Dataset) -> Parity:
    """Compare the graph with PyCaret on the table's rows and on hostile rows.

    Raises:
        DataError: a row of the table cannot be fed to the graph.
    """
    from pipeline.scorer import Scorer

    scorer = Scorer(model.data)
    names = [i.name for i in model.manifest.inputs]
    own = dataset.frame[names].reset_index(drop=True)
    seen = answers(trained, own)
    bounds = _bounds(trained, dataset, seen)
    thresholds = split_thresholds(model.conversion.model, model.conversion.origins)
    hostile = hostile_rows(own, model.manifest.inputs, thresholds, trained.seed)
    labels = np.full(len(own), ANY_COLUMN, object), np.full(len(own), "table", object)
    theirs = answers_by_group(trained, hostile.frame, hostile.kinds)
    trials = (
        _trial(trained, scorer, own, labels, (seen, bounds)),
        _trial(trained, scorer, hostile.frame, (hostile.columns, hostile.kinds), (theirs, bounds)),
    )
    return _parity(trained, scorer, trials, bounds)


def _bounds(trained: Trained, dataset: Dataset, seen: Answers) -> Bounds:
    tolerance = dataset.spec.tolerance
    if trained.task == "regression":
        scale = 1e-3 * float(np.std(seen.labels.astype(float)))
        exact, single = tolerance.regression, SINGLE_REGRESSION
        return Bounds(exact, single, max(scale, np.finfo(float).tiny))
    return Bounds(tolerance.probability, SINGLE_PROBABILITY)


def _trial(
    trained: Trained,
    scorer: Scorer,
    rows: pd.DataFrame,
    labels: tuple[NDArray[Any], NDArray[Any]],
    reference: tuple[Answers, Bounds],
) -> _Trial:
    theirs, bounds = reference
    ours = _scored(scorer, rows)
    found = difference(ours, theirs, bounds)
    native = type(trained.pipeline.steps[-1][1]).__module__.startswith("xgboost")
    trial = _Trial(
        rows=rows,
        columns=labels[0],
        kinds=labels[1],
        ours=ours,
        theirs=theirs,
        errors=found.errors,
        flips=found.flips,
        bounds=np.full(len(rows), bounds.single if native else bounds.exact),
        ties=np.zeros(len(rows), dtype=bool),
        regrouped=np.zeros(len(rows), dtype=bool),
    )
    for second_look in (_regrouped, _in_single_precision, _excused):
        if trial.failed.any():
            trial = second_look(trained, trial, bounds)
    return trial


def _regrouped(trained: Trained, trial: _Trial, bounds: Bounds) -> _Trial:
    """Ask PyCaret again about failing rows, in batches whose columns keep their own dtypes.

    One missing or fractional value turns a whole integer column, and with it the arithmetic of
    the whole batch, into float32: PyCaret has two answers for such a row, and either is right.
    """
    places = np.flatnonzero(trial.failed)
    rows = trial.rows.iloc[places]
    errors, flips = trial.errors.copy(), trial.flips.copy()
    regrouped = trial.regrouped.copy()
    for place, batch in _by_dtypes(rows, trained):
        again = answers_by_group(trained, batch, np.zeros(len(batch)))
        where = places[place]
        found = difference(_taken(trial.ours, where), again, bounds)
        better = found.within(bounds.exact) & ~again.refused
        errors[where[better]], flips[where[better]] = found.errors[better], False
        regrouped[where[better]] = True
    return replace(trial, errors=errors, flips=flips, regrouped=regrouped)


def _by_dtypes(
    rows: pd.DataFrame, trained: Trained
) -> list[tuple[NDArray[np.int64], pd.DataFrame]]:
    """Batches of rows whose integer columns are whole, as integers, and positions in `rows`."""
    data = trained.experiment.dataset
    integers = [c for c in rows if c in data and pd.api.types.is_integer_dtype(data[c].dtype)]
    values = rows[integers].to_numpy(dtype=float)
    with np.errstate(invalid="ignore"):
        whole = (values == np.floor(values)) & (np.abs(values) < 2.0**62)
    patterns = pd.Series(map(bytes, whole)) if integers else pd.Series([b""] * len(rows))
    batches = []
    for place in patterns.groupby(patterns).indices.values():
        batch = rows.iloc[place]
        kept = [c for c, w in zip(integers, whole[place[0]], strict=True) if w]
        batches.append((np.asarray(place), batch.astype(dict.fromkeys(kept, np.int64))))
    return batches


def _in_single_precision(_: Trained, trial: _Trial, bounds: Bounds) -> _Trial:
    """Rows for which PyCaret gave the estimator float32 only have float32's bounds."""
    single = trial.failed & trial.theirs.single
    return replace(trial, bounds=np.where(single, bounds.single, trial.bounds))


def _excused(trained: Trained, trial: _Trial, _: Bounds) -> _Trial:
    places = np.flatnonzero(trial.failed)
    ties = trial.ties.copy()
    ties[places] = tied(trained, trial.rows.iloc[places])
    return replace(trial, ties=ties)


def _scored(scorer: Scorer, rows: pd.DataFrame) -> Predictions:
    outputs = scorer.predict({str(c): rows[c].to_numpy() for c in rows})
    return Predictions(outputs["prediction_label"], outputs.get("prediction_score"))


def _taken(predictions: Predictions, places: NDArray[np.int64]) -> Predictions:
    scores = predictions.scores
    return Predictions(
        predictions.labels[places], None if scores is None else scores[places]
    )


def _parity(
    trained: Trained, scorer: Scorer, trials: tuple[_Trial, ...], bounds: Bounds
) -> Parity:
    summary = _summary(trials, bounds)
    summary["alone_max_error"], summary["batch_max_error"] = _alone(scorer, trials[-1], bounds)
    summary["pycaret_alone_max_error"] = _pycaret_alone(trained, trials[0], bounds)
    consistent = max(summary["alone_max_error"], summary["batch_max_error"]) <= bounds.single
    passed = summary["failures"] == 0 and consistent
    return Parity(
        passed=passed,
        summary=summary,
        table=tuple(row for trial in trials for row in _table(trial)),
        worst=tuple(row for trial in trials for row in _worst(trial)),
        golden=_golden(scorer, trials, bounds),
        text=_sentence(passed, summary, trials),
    )


def _summary(trials: tuple[_Trial, ...], bounds: Bounds) -> dict[str, Any]:
    def total(pick: Any) -> int:
        return int(sum(pick(t).sum() for t in trials))

    return {
        "rows_table": len(trials[0].rows),
        "rows_hostile": len(trials[1].rows),
        "max_error_table": _largest(trials[0]),
        "max_error_hostile": _largest(trials[1]),
        "bound": bounds.exact,
        "failures": total(lambda t: t.failed),
        "flips": total(lambda t: t.flips & t.failed),
        "ties": total(lambda t: t.ties),
        "batch_dependent": total(lambda t: t.regrouped),
        "single_precision": total(lambda t: t.bounds > bounds.exact),
        "refused_by_pycaret": total(lambda t: t.theirs.refused),
    }


def _largest(trial: _Trial) -> float:
    counted = trial.errors[~trial.ties & ~trial.theirs.refused]
    return float(counted.max()) if len(counted) else 0.0


def _alone(scorer: Scorer, trial: _Trial, bounds: Bounds) -> tuple[float, float]:
    """The graph against itself: the same rows one at a time and two at a time, not all at once."""
    places = np.linspace(0, len(trial.rows) - 1, ALONE, dtype=int)
    largest = []
    for size in (1, 2):
        parts = [trial.rows.iloc[places[i : i + size]] for i in range(0, len(places), size)]
        scored = [_scored(scorer, part) for part in parts]
        theirs = _as_answers(_taken(trial.ours, places))
        scores = None if scored[0].scores is None else np.concatenate([s.scores for s in scored])
        ours = Predictions(np.concatenate([s.labels for s in scored]), scores)
        found = difference(ours, theirs, bounds)
        largest.append(np.inf if found.flips.any() else float(found.errors.max()))
    return largest[0], largest[1]


def _pycaret_alone(trained: Trained, trial: _Trial, bounds: Bounds) -> float:
    """PyCaret against itself: the same rows one at a time, not in the whole table."""
    places = np.linspace(0, len(trial.rows) - 1, ALONE_PYCARET, dtype=int)
    largest = 0.0
    for place in places:
        answer = answers_by_group(trained, trial.rows.iloc[[place]], np.zeros(1))
        scores = trial.theirs.scores
        batch = Predictions(
            trial.theirs.labels[[place]], None if scores is None else scores[[place]]
        )
        errors = difference(batch, answer, bounds).errors
        largest = max(largest, float(np.nan_to_num(errors).max()))
    return largest


def _as_answers(predictions: Predictions) -> Answers:
    none = np.zeros(len(predictions.labels), dtype=bool)
    return Answers(predictions.labels, predictions.scores, none, none)


def _table(trial: _Trial) -> list[dict[str, Any]]:
    """One row per column and kind of row."""
    frame = pd.DataFrame(
        {
            "column": trial.columns,
            "kind": trial.kinds,
            "rows": 1,
            "max_error": np.where(trial.ties, 0.0, trial.errors),
            "bound": trial.bounds,
            "failures": trial.failed.astype(int),
            "flips": (trial.flips & trial.failed).astype(int),
            "ties": trial.ties.astype(int),
            "batch_dependent": trial.regrouped.astype(int),
            "refused_by_pycaret": trial.theirs.refused.astype(int),
        }
    )
    how = dict.fromkeys(frame.columns[2:], "sum") | {"max_error": "max", "bound": "max"}
    grouped = frame.groupby(["column", "kind"], sort=False).agg(how).reset_index()
    records: list[dict[str, Any]] = grouped.to_dict("records")
    return records


def _worst(trial: _Trial) -> list[dict[str, Any]]:
    """The rows with the largest errors, failures first."""
    ranked = np.where(trial.failed, np.inf, np.nan_to_num(trial.errors, posinf=1e300))
    order = np.argsort(-ranked, kind="stable")[:WORST]
    return [
        {
            "column": trial.columns[i],
            "kind": trial.kinds[i],
            "failed": bool(trial.failed[i]),
            "error": float(trial.errors[i]),
            "onnx": str(trial.ours.labels[i]),
            "pycaret": str(trial.theirs.labels[i]),
            "row": {str(c): str(v) for c, v in trial.rows.iloc[i].items()},
        }
        for i in order
        if ranked[i] > 0
    ]


def _golden(scorer: Scorer, trials: tuple[_Trial, ...], bounds: Bounds) -> Golden:
    table, hostile = trials
    places = sample(hostile.columns, hostile.kinds, _plainly_equal(hostile, bounds))
    own = np.flatnonzero(_plainly_equal(table, bounds))[:64]
    scores = (hostile.theirs.scores, table.theirs.scores)
    return Golden(
        inputs=scorer.manifest.inputs,
        rows=pd.concat([hostile.rows.iloc[places], table.rows.iloc[own]], ignore_index=True),
        kinds=tuple([*(str(hostile.kinds[p]) for p in places), *["table"] * len(own)]),
        labels=np.concatenate([hostile.theirs.labels[places], table.theirs.labels[own]]),
        scores=None
        if scores[0] is None or scores[1] is None
        else np.concatenate([scores[0][places], scores[1][own]]),
        tolerance=float(np.max([hostile.bounds.max(), table.bounds.max()])),
        scale=bounds.scale,
    )


def _plainly_equal(trial: _Trial, bounds: Bounds) -> NDArray[np.bool_]:
    return ~(trial.failed | trial.ties | trial.regrouped | trial.theirs.refused)


def _sentence(passed: bool, summary: Mapping[str, Any], trials: tuple[_Trial, ...]) -> str:
    rows = f"{summary['rows_table']:,} table rows and {summary['rows_hostile']:,} hostile rows"
    largest = max(summary["max_error_table"], summary["max_error_hostile"])
    if passed:
        return f"parity passed on {rows}: largest error {largest:.1e}, no label flipped"
    kinds = sorted({str(k) for t in trials for k in t.kinds[t.failed]})
    return (
        f"parity FAILED on {summary['failures']:,} of {rows}: largest error {largest:.1e}, "
        f"{summary['flips']} labels flipped; kinds of row: {', '.join(kinds)}"
    )
