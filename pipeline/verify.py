"""Stage 4: does the graph predict what PyCaret predicts? Reports, never decides.

The reference is `predict_model(pipeline, rows, raw_score=True, round=17)` in the process that
trained the pipeline, on every row of the table and on thousands of hostile ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.parity import evidence
from pipeline.parity.comparison import (
    SINGLE_PROBABILITY,
    SINGLE_REGRESSION,
    Bounds,
    difference,
)
from pipeline.parity.golden import Golden
from pipeline.parity.hostile import ANY_COLUMN, hostile_rows, split_thresholds
from pipeline.parity.reference import Answers, Predictions, answers, answers_by_group
from pipeline.parity.trial import Rows, Trial, own_spread, scored, tried

if TYPE_CHECKING:
    from pipeline.dataset import Dataset
    from pipeline.experiment import Trained
    from pipeline.export import OnnxModel
    from pipeline.scorer import Scorer

TINY = float(np.finfo(float).tiny)
ALONE = 64
"""Rows scored one and two at a time by the graph."""
ALONE_PYCARET = 8
"""Rows scored one at a time by PyCaret (140 ms each), to show how far it differs from itself."""


@dataclass(frozen=True)
class Parity:
    """The verdict with its evidence.

    Attributes:
        passed: no row outside the bounds, no label flipped.
        summary: the figures that matter, by name.
        table: one record per column and kind of row.
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


def verify(model: OnnxModel, trained: Trained, dataset: Dataset) -> Parity:
    """Compare the graph with PyCaret on the table's rows and on hostile rows.

    Raises:
        DataError: a row of the table cannot be fed to the graph.
    """
    from pipeline.scorer import Scorer

    scorer = Scorer(model.data)
    own = _own_rows(model, dataset)
    seen = answers(trained, own.frame)
    bounds = _bounds(trained, dataset, seen)
    rows = _hostile_rows(model, own, trained.seed)
    theirs = answers_by_group(trained, rows.frame, _groups(rows))
    table = tried(trained, scored(scorer, own.frame), own, seen, bounds)
    hostile = tried(trained, scored(scorer, rows.frame), rows, theirs, bounds)
    return _parity(trained, scorer, (table, hostile), bounds)


def _own_rows(model: OnnxModel, dataset: Dataset) -> Rows:
    names = [i.name for i in model.manifest.inputs]
    frame = dataset.frame[names].reset_index(drop=True)
    labels = (np.full(len(frame), word, dtype=object) for word in (ANY_COLUMN, "table"))
    return Rows(frame, *labels)


def _hostile_rows(model: OnnxModel, own: Rows, seed: int) -> Rows:
    thresholds = split_thresholds(model.conversion.model, model.conversion.origins)
    made = hostile_rows(own.frame, model.manifest.inputs, thresholds, seed)
    return Rows(made.frame, made.columns, made.kinds)


def _groups(rows: Rows) -> NDArray[Any]:
    """Rows that PyCaret may refuse together: one missing date makes it refuse a whole batch."""
    dateless = rows.frame.select_dtypes("datetime").isna().any(axis=1).to_numpy()
    groups: NDArray[Any] = rows.kinds + np.where(dateless, " without a date", "").astype(object)
    return groups


def _bounds(trained: Trained, dataset: Dataset, seen: Answers) -> Bounds:
    tolerance = dataset.spec.tolerance
    if trained.task == "classification":
        return Bounds(tolerance.probability, SINGLE_PROBABILITY)
    scale = 1e-3 * float(np.std(seen.labels.astype(float)))
    return Bounds(tolerance.regression, SINGLE_REGRESSION, max(scale, TINY))


def _parity(
    trained: Trained, scorer: Scorer, trials: tuple[Trial, Trial], bounds: Bounds
) -> Parity:
    table, hostile = trials
    figures = evidence.summary(table, hostile, bounds)
    figures["alone_max_error"] = _graph_alone(scorer, hostile, bounds, size=1)
    figures["pairs_max_error"] = _graph_alone(scorer, hostile, bounds, size=2)
    figures["pycaret_alone_max_error"] = _pycaret_alone(trained, table, bounds)
    own_bound = float(hostile.bounds.min())
    consistent = max(figures["alone_max_error"], figures["pairs_max_error"]) <= own_bound
    passed = figures["failures"] == 0 and consistent
    return Parity(
        passed=passed,
        summary=figures,
        table=tuple(row for trial in trials for row in evidence.by_kind(trial)),
        worst=tuple(row for trial in trials for row in evidence.worst(trial)),
        golden=evidence.golden(scorer.manifest.inputs, table, hostile, bounds),
        text=evidence.sentence(passed, figures, trials),
    )


def _graph_alone(scorer: Scorer, trial: Trial, bounds: Bounds, size: int) -> float:
    """The graph against itself: rows scored `size` at a time, and all at once."""
    places = np.linspace(0, len(trial.errors) - 1, ALONE, dtype=int)
    frame = trial.rows.frame
    parts = [scored(scorer, frame.iloc[places[i : i + size]]) for i in range(0, ALONE, size)]
    scores = [p.scores for p in parts if p.scores is not None]
    labels = np.concatenate([p.labels for p in parts])
    alone = Predictions(labels, np.concatenate(scores) if scores else None)
    found = difference(alone, Answers.of(trial.ours.at(places)), bounds)
    return float("inf") if found.flips.any() else float(found.errors.max())


def _pycaret_alone(trained: Trained, trial: Trial, bounds: Bounds) -> float:
    """PyCaret against itself: rows scored alone, and in the whole table."""
    places = np.linspace(0, len(trial.errors) - 1, ALONE_PYCARET, dtype=int)
    return max(own_spread(trained, trial, int(p), bounds, copies=(1,)) for p in places)
