"""Stage 4: verifies that the graph predicts what PyCaret predicts. Reports, never decides.

The reference is `predict_model(pipeline, rows, raw_score=True, round=17)` in the process that
trained the pipeline, on every row of the table and on thousands of hostile ones.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.parity import row_warnings, trial_tables
from pipeline.parity.difference import Bounds, measure_difference
from pipeline.parity.explain import compare_rows
from pipeline.parity.explanations.float_noise import own_spread
from pipeline.parity.golden_rows import GoldenRows
from pipeline.parity.hostile_rows import ANY_COLUMN, make_hostile_rows
from pipeline.parity.pycaret_reference import PyCaretAnswers, predict_by_group, predict_with_pycaret
from pipeline.parity.tree_thresholds import read_split_thresholds
from pipeline.parity.trial import Trial, TrialRows
from pipeline.runtime.frames import list_columns, score_rows
from pipeline.runtime.predictions import Predictions
from pipeline.system.progress import Progress, Silent

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.automl.experiment import SearchResult
    from pipeline.data.dataset import Dataset
    from pipeline.export.model import OnnxModel
    from pipeline.runtime.scorer import Scorer

TINY = float(np.finfo(float).tiny)
ALONE = 64
"""Rows scored one and two at a time by the graph."""
LARGE = 1e12
"""Only the hostile rows' very large numbers are beyond this."""
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
    golden: GoldenRows
    text: str


def verify(
    model: OnnxModel, trained: SearchResult, dataset: Dataset, progress: Progress | None = None
) -> Parity:
    """Compare the graph with PyCaret on the table's rows and on hostile rows.

    Args:
        model: the graph.
        trained: what it was made of.
        dataset: the table.
        progress: told how much is done: a row counts half when PyCaret has answered, and whole
            when the graph has been held against that.

    Raises:
        DataError: a row of the table cannot be fed to the graph.
    """
    from pipeline.automl.pycaret_isolation import freeze_live_objects
    from pipeline.runtime.scorer import Scorer

    scorer, progress = Scorer(model.data), progress or Silent()
    with freeze_live_objects():
        trials, bounds = _trials(scorer, model, trained, dataset, progress)
        progress.step("rows alone and in pairs")
        return _parity(trained, scorer, trials, bounds)


def compare_with_pycaret(
    model: OnnxModel, trained: SearchResult, dataset: Dataset
) -> Mapping[str, Any]:
    """The figures of the same comparison, without rows alone and in pairs."""
    from pipeline.automl.pycaret_isolation import freeze_live_objects
    from pipeline.runtime.scorer import Scorer

    with freeze_live_objects():
        trials, bounds = _trials(Scorer(model.data), model, trained, dataset, Silent())
    return trial_tables.summarize_trials(*trials, bounds)


def _trials(
    scorer: Scorer, model: OnnxModel, trained: SearchResult, dataset: Dataset, progress: Progress
) -> tuple[tuple[Trial, Trial], Bounds]:
    own = _own_rows(model, dataset)
    rows = _hostile_rows(model, own, trained.seed)
    share = 50 / (len(own.frame) + len(rows.frame))
    seen = predict_with_pycaret(trained, own.frame)
    progress.step(f"{share * len(own.frame):.0f} % of rows")
    bounds = _bounds(trained, dataset, seen)
    levels = (find_large(rows.frame), find_missing_patterns(rows.frame), rows.kinds)
    theirs = predict_by_group(trained, rows.frame, rows.beside, *levels)
    progress.step("50 % of rows")
    table = compare_rows(trained, score_rows(scorer, own.frame), own, seen, bounds)
    progress.step(f"{50 + share * len(own.frame):.0f} % of rows")
    hostile = compare_rows(trained, score_rows(scorer, rows.frame), rows, theirs, bounds)
    return (table, hostile), bounds


def _own_rows(model: OnnxModel, dataset: Dataset) -> TrialRows:
    names = [i.name for i in model.manifest.inputs]
    frame = dataset.frame[names].reset_index(drop=True)
    anywhere, as_it_is = (np.full(len(frame), word, object) for word in (ANY_COLUMN, "table"))
    return TrialRows(frame, anywhere, as_it_is, beside=frame.ffill().bfill())


def _hostile_rows(model: OnnxModel, own: TrialRows, seed: int) -> TrialRows:
    thresholds = read_split_thresholds(model.conversion.model, model.conversion.origins)
    made = make_hostile_rows(own.frame, model.manifest.inputs, thresholds, seed)
    return TrialRows(made.frame, made.columns, made.kinds, own.beside)


def find_large(frame: pd.DataFrame) -> NDArray[Any]:
    """Which rows have a number whose powers overflow: PyCaret refuses a batch with one of them."""
    numbers = frame.select_dtypes("number").to_numpy(dtype=float)
    return np.asarray((np.abs(numbers) > LARGE).any(axis=1))


def find_missing_patterns(frame: pd.DataFrame) -> NDArray[Any]:
    """Which columns each row lacks: one such value may make PyCaret refuse a whole batch."""
    _, patterns = np.unique(frame.isna().to_numpy(), axis=0, return_inverse=True)
    return np.asarray(patterns).reshape(-1)


def _bounds(trained: SearchResult, dataset: Dataset, seen: PyCaretAnswers) -> Bounds:
    rule = trained.task.comparison
    exact = getattr(dataset.spec.tolerance, rule.tolerance)
    if not rule.is_relative:
        return Bounds(exact, rule.single)
    scale = 1e-3 * float(np.nanstd(seen.labels.astype(float)))
    return Bounds(exact, rule.single, max(scale, TINY))


def _parity(
    trained: SearchResult, scorer: Scorer, trials: tuple[Trial, Trial], bounds: Bounds
) -> Parity:
    table, hostile = trials
    figures = trial_tables.summarize_trials(table, hostile, bounds)
    figures["alone_max_error"] = compare_graph_alone(scorer, hostile, bounds, size=1)
    figures["pairs_max_error"] = compare_graph_alone(scorer, hostile, bounds, size=2)
    figures["pycaret_alone_max_error"] = _pycaret_alone(trained, table, bounds)
    own_bound = float(hostile.bounds.min())
    consistent = max(figures["alone_max_error"], figures["pairs_max_error"]) <= own_bound
    golden = trial_tables.build_golden_rows(scorer.manifest.inputs, table, hostile, bounds)
    if scorer.manifest.warnings:
        rows = [list_columns(trial.rows.frame) for trial in trials]
        figures |= row_warnings.count_wrong_warnings(scorer, rows)
        expected = row_warnings.expect_masks(scorer, list_columns(golden.rows))
        golden = replace(golden, warnings=expected)
    consistent = consistent and not figures.get("warning_failures")
    passed = figures["failures"] == 0 and consistent
    return Parity(
        passed=passed,
        summary=figures,
        table=tuple(row for trial in trials for row in trial_tables.tabulate_by_kind(trial)),
        worst=tuple(row for trial in trials for row in trial_tables.select_worst_rows(trial)),
        golden=golden,
        text=trial_tables.phrase_verdict(passed, figures, trials),
    )


def compare_graph_alone(scorer: Scorer, trial: Trial, bounds: Bounds, size: int) -> float:
    """The graph against itself: rows scored `size` at a time, and all at once."""
    places = np.linspace(0, len(trial.errors) - 1, ALONE, dtype=int)
    frame = trial.rows.frame
    parts = [score_rows(scorer, frame.iloc[places[i : i + size]]) for i in range(0, ALONE, size)]
    scores = [p.scores for p in parts if p.scores is not None]
    labels = np.concatenate([p.labels for p in parts])
    alone = Predictions(labels, np.concatenate(scores) if scores else None)
    found = measure_difference(alone, PyCaretAnswers.of(trial.ours.at(places)), bounds)
    return float("inf") if found.flips.any() else float(found.errors.max())


def _pycaret_alone(trained: SearchResult, trial: Trial, bounds: Bounds) -> float:
    """PyCaret against itself: rows scored alone, and in the whole table."""
    places = np.linspace(0, len(trial.errors) - 1, ALONE_PYCARET, dtype=int)
    return max(own_spread(trained, trial, int(p), bounds, copies=(1,)) for p in places)
