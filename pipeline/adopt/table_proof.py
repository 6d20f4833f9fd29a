"""Proves the graph of a fitted model against the model: the sample and hostile rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.adopt.table_model import find_predictor
from pipeline.adopt.table_rows import make_model_input, make_plain, reads_categories, restore_dtypes
from pipeline.convert.fitted_model import split_model
from pipeline.convert.submodels import computes_in_single, list_submodels
from pipeline.errors import causes
from pipeline.export.model import OnnxModel
from pipeline.manifest import Label, Manifest
from pipeline.parity import trial_tables
from pipeline.parity.difference import Bounds, measure_difference
from pipeline.parity.explanations.neighbor_ties import asks_neighbors, find_undecided
from pipeline.parity.hostile_rows import ANY_COLUMN, make_hostile_rows
from pipeline.parity.pycaret_reference import PyCaretAnswers
from pipeline.parity.tree_thresholds import read_split_thresholds
from pipeline.parity.trial import Trial, TrialRows
from pipeline.parity.verify import Parity, compare_graph_alone, find_missing_patterns
from pipeline.runtime.frames import score_rows
from pipeline.runtime.predictions import Predictions
from pipeline.runtime.scorer import Scorer
from pipeline.tasks import TASKS

EXACT = 1e-9
"""Largest error of a model that computes in float64: of a probability, or relative of a number."""
TINY = float(np.finfo(float).tiny)
SEED = 0


def verify_table_model(exported: OnnxModel, model: Any, frame: pd.DataFrame) -> Parity:
    """Hold the graph against the model: the sample's rows as they are, and hostile ones.

    Rows that the model itself refuses are left out, and counted; so are ties between neighbours.

    Args:
        exported, model, frame: as `export_table_model` took and made them.
    """
    manifest, scorer = exported.manifest, Scorer(exported.data)
    columns = [column.name for column in manifest.inputs]
    inner = find_predictor(model)
    plain = make_plain(frame[columns], with_categories=reads_categories(inner))
    thresholds = read_split_thresholds(exported.conversion.model, exported.conversion.origins)
    made = make_hostile_rows(make_plain(plain), manifest.inputs, thresholds, SEED)
    beside = make_plain(plain).ffill().bfill()
    anywhere, as_it_is = (np.full(len(plain), word, object) for word in (ANY_COLUMN, "table"))
    tried = (
        (TrialRows(plain, anywhere, as_it_is, beside), frame[columns].reset_index(drop=True)),
        (
            TrialRows(made.frame, made.columns, made.kinds, beside),
            restore_dtypes(made.frame, plain),
        ),
    )
    single = computes_in_single(split_model(inner)[1]) or bool(
        len(plain.columns) and (plain.dtypes == np.float32).all()
    )
    theirs = [_answer(model, rows, manifest, single=single) for _, rows in tried]
    bounds = _choose_bounds(manifest, theirs[0])
    trials = [
        _excuse_ties(
            _compare(score_rows(scorer, trial.frame), trial, answers, bounds, single=single),
            *(inner, make_model_input(model, rows, columns)),
        )
        for (trial, rows), answers in zip(tried, theirs, strict=True)
    ]
    return _judge(scorer, trials[0], trials[1], bounds)


def _answer(model: Any, rows: pd.DataFrame, manifest: Manifest, *, single: bool) -> PyCaretAnswers:
    """What the model says of each row; those that it refuses, alone too, have no answer."""
    labels, scores = _empty_answers(manifest, len(rows))
    refused, reasons = np.ones(len(rows), dtype=bool), {}
    for batch in _divide(model, rows, [column.name for column in manifest.inputs]):
        places, found = batch
        if isinstance(found, Exception):
            reasons[f"{type(found).__name__}: {found}"[:200]] = True
            continue
        labels[places], chances = _name_labels(model, found[0], manifest.labels), found[1]
        if scores is not None and chances is not None:
            scores[places] = chances
        refused[places] = False
    has_scores = scores is not None and hasattr(model, "predict_proba")
    return PyCaretAnswers(
        labels if manifest.labels is not None else labels.astype(float),
        scores if has_scores else None,
        np.full(len(rows), single),
        refused,
        tuple(reasons),
    )


def _empty_answers(
    manifest: Manifest, count: int
) -> tuple[NDArray[Any], NDArray[np.float64] | None]:
    if manifest.labels is None:
        return np.full(count, np.nan), None
    return np.full(count, None, dtype=object), np.full((count, len(manifest.labels)), np.nan)


Batch = tuple[NDArray[np.int64], Any]


def _divide(model: Any, rows: pd.DataFrame, columns: list[str]) -> Iterable[Batch]:
    """Places and answers: all at once, else by what the rows lack, else each alone."""
    whole = np.arange(len(rows))
    found = _ask(model, rows, columns)
    if not isinstance(found, Exception):
        yield whole, found
        return
    patterns = find_missing_patterns(rows)
    for pattern in np.unique(patterns):
        places = np.flatnonzero(patterns == pattern)
        found = _ask(model, rows.iloc[places], columns)
        if not isinstance(found, Exception):
            yield places, found
            continue
        for place in places:
            yield np.array([place]), _ask(model, rows.iloc[[place]], columns)


def _ask(model: Any, rows: pd.DataFrame, columns: list[str]) -> Any:
    """Labels and probabilities or None, or why there are none."""
    read = make_model_input(model, rows, columns)
    try:
        with np.errstate(all="ignore"):
            labels = np.asarray(model.predict(read)).reshape(-1)
            if not hasattr(model, "predict_proba"):
                return labels, None
            return labels, np.asarray(model.predict_proba(read), dtype=float)
    except Exception as err:  # noqa: BLE001  what a model raises is the finding
        causes.raise_if_memory(err)
        return err


def _name_labels(model: Any, labels: NDArray[Any], names: tuple[Label, ...] | None) -> NDArray[Any]:
    """The model's classes as the manifest writes them: True is 1, 2.0 is 2."""
    if names is None:
        return labels.astype(float)
    known = dict(zip(np.asarray(model.classes_).tolist(), names, strict=True))
    return np.array([known[label] for label in labels.tolist()], dtype=object)


def _choose_bounds(manifest: Manifest, seen: PyCaretAnswers) -> Bounds:
    rule = TASKS[manifest.task].comparison
    if not rule.is_relative:
        return Bounds(EXACT, rule.single)
    scale = 1e-3 * float(np.nanstd(seen.labels.astype(float)))
    return Bounds(EXACT, rule.single, max(scale, TINY))


def _compare(
    ours: Predictions, rows: TrialRows, theirs: PyCaretAnswers, bounds: Bounds, *, single: bool
) -> Trial:
    found, none = measure_difference(ours, theirs, bounds), np.zeros(len(rows.frame), dtype=bool)
    allowed = np.full(len(none), bounds.single if single else bounds.exact)
    return Trial(rows, ours, theirs, found.errors, found.flips, allowed, none, none, none, none)


def _excuse_ties(trial: Trial, inner: Any, rows: Any) -> Trial:
    """Of nearest neighbours that are equally far either may vote: no failure of the graph."""
    steps, estimator = split_model(inner)
    voters = [each for each in list_submodels(estimator) if asks_neighbors(each[0])]
    places = np.flatnonzero(trial.failed)
    if not voters or not len(places):
        return trial
    x: Any = rows.iloc[places] if isinstance(rows, pd.DataFrame) else rows[places]
    for _, step in steps:
        x = step.transform(x)
    x = x.toarray() if hasattr(x, "toarray") else x
    ties = trial.ties.copy()
    ties[places] = np.any([find_undecided(member, reads(x)) for member, reads in voters], axis=0)
    return replace(trial, ties=ties)


def _judge(scorer: Scorer, table: Trial, hostile: Trial, bounds: Bounds) -> Parity:
    figures = trial_tables.summarize_trials(table, hostile, bounds)
    figures["alone_max_error"] = compare_graph_alone(scorer, hostile, bounds, size=1)
    figures["pairs_max_error"] = compare_graph_alone(scorer, hostile, bounds, size=2)
    own = max(figures["alone_max_error"], figures["pairs_max_error"])
    passed = figures["failures"] == 0 and own <= float(hostile.bounds.min())
    trials = (table, hostile)
    return Parity(
        passed=passed,
        summary=figures,
        table=tuple(row for trial in trials for row in trial_tables.tabulate_by_kind(trial)),
        worst=tuple(row for trial in trials for row in trial_tables.select_worst_rows(trial)),
        golden=trial_tables.build_golden_rows(scorer.manifest.inputs, table, hostile, bounds),
        text=trial_tables.phrase_verdict(passed, figures, trials),
    )
