"""What the rounding of a score may excuse before a steep isotonic curve, and what it may not."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from functools import wraps
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.calibration import CalibratedClassifierCV
from sklearn.naive_bayes import GaussianNB

from pipeline.automl.experiment import SearchResult
from pipeline.convert.pycaret_pipeline import transform_rows
from pipeline.data.dataset import Dataset
from pipeline.parity.difference import Bounds
from pipeline.parity.explanations import isotonic_steps
from pipeline.parity.explanations.isotonic_steps import with_graph_scores
from pipeline.parity.pycaret_reference import predict_with_pycaret
from pipeline.runtime.predictions import Predictions
from tests.parity.trials import graph, on_trial
from tests.tables import trained

Edge = tuple[SearchResult, Dataset, int]

BOUNDS = Bounds(exact=1e-9, single=5e-6)


@pytest.fixture(scope="module")
def edge() -> Edge:
    """A curve that jumps between scikit-learn's and the graph's score of one row."""
    base, dataset = trained("juice", "nb")
    nb = base.experiment.create_model("nb", cross_validation=False, verbose=False)
    model = base.experiment.calibrate_model(
        nb, method="isotonic", calibrate_fold=2, verbose=False, fold=2
    )
    pipeline = base.experiment.finalize_model(model)
    pipeline.memory = None
    known = replace(base, pipeline=pipeline)
    fold = pipeline.steps[-1][1].calibrated_classifiers_[0]
    nudge(fold.estimator)
    theirs, ours = both(known, dataset)
    place = int(np.abs(ours - 0.5).argmin())
    assert ours[place] < theirs[place]
    jump(fold.calibrators[0], [0.0, ours[place], theirs[place], 1.0])
    return known, dataset, place


def nudge(model: Any) -> None:
    """Let scikit-learn's scores differ, by half of what is excused, whatever a processor rounds."""
    exact = model.predict_proba
    shift = isotonic_steps.ROUNDING / 2 * np.array([-1.0, 1.0])
    model.predict_proba = wraps(exact)(lambda x: np.clip(exact(x) * (1 + shift), 0.0, 1.0))


def both(known: SearchResult, dataset: Dataset) -> tuple[NDArray[Any], NDArray[Any]]:
    """The first fold's scores (n,) by scikit-learn and by the graph."""
    fold = known.pipeline.steps[-1][1].calibrated_classifiers_[0]
    x = transform_rows(known.pipeline, features(dataset)).to_numpy(dtype=float)
    theirs = fold.estimator.predict_proba(x)
    ours = isotonic_steps._Scores(fold)._ours(x, "predict_proba")
    return theirs[:, 1], ours[:, 1]


def jump(curve: Any, scores: list[float]) -> None:
    curve.X_thresholds_, curve.y_thresholds_ = np.array(scores), np.array([0.2, 0.2, 0.8, 0.8])
    curve.X_min_, curve.X_max_ = scores[0], scores[-1]
    curve._build_f(curve.X_thresholds_, curve.y_thresholds_)


def features(dataset: Dataset) -> Any:
    return dataset.frame[list(dataset.features)]


def test_a_row_whose_score_rounds_to_either_side_is_a_tie(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, dataset, place = edge
    rows = features(dataset)
    ours = graph(known, dataset, rows)
    trial = on_trial(known, rows, ours, BOUNDS)
    assert trial.errors[place] > 0.1
    assert trial.ties[place]
    assert not trial.failed.any()
    monkeypatch.setattr(isotonic_steps, "ROUNDING", 0.0)
    assert on_trial(known, rows, ours, BOUNDS).failed[place]


def test_an_answer_of_neither_side_is_none(edge: Edge) -> None:
    known, dataset, _ = edge
    rows = features(dataset)
    ours = graph(known, dataset, rows)
    assert ours.scores is not None
    off = Predictions(ours.labels, ours.scores + 1e-8 * np.array([1.0, -1.0]))
    assert on_trial(known, rows, off, BOUNDS).failed.all()


@pytest.mark.long
def test_scores_that_are_off_by_more_than_rounding_excuse_nothing(
    edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A conversion that is off before the curves, and curves that then answer accordingly."""
    known, dataset, _ = edge
    rows = features(dataset)
    exact = isotonic_steps._Scores._ours
    monkeypatch.setattr(isotonic_steps._Scores, "_ours", lambda *args: exact(*args) + 1e-6)
    monkeypatch.setattr(isotonic_steps, "ROUNDING", 1e-3)
    *before, (name, model) = known.pipeline.steps
    pipeline = copy(known.pipeline)
    pipeline.steps = [*before, (name, with_graph_scores(model))]
    ours = predict_with_pycaret(replace(known, pipeline=pipeline), rows).predictions()
    excused = on_trial(known, rows, ours, BOUNDS)
    assert excused.ties.sum() > 3
    assert not excused.failed.any()
    monkeypatch.setattr(isotonic_steps, "ROUNDING", 1e-12)
    assert (on_trial(known, rows, ours, BOUNDS).failed == excused.ties).all()


def test_a_calibration_within_a_calibration_reads_our_scores_at_both_curves(edge: Edge) -> None:
    known, dataset, _ = edge
    rows = transform_rows(known.pipeline, features(dataset)).to_numpy(dtype=float)
    y = dataset.frame[dataset.spec.target].to_numpy()
    inner = CalibratedClassifierCV(GaussianNB(), method="isotonic", cv=2)
    outer = CalibratedClassifierCV(inner, method="isotonic", cv=2).fit(rows, y)
    fold = with_graph_scores(outer).calibrated_classifiers_[0]
    assert isinstance(fold.estimator, isotonic_steps._Scores)
    within = fold.estimator.estimator.calibrated_classifiers_[0]
    assert isinstance(within.estimator, isotonic_steps._Scores)
    assert isinstance(outer.calibrated_classifiers_[0].estimator, CalibratedClassifierCV)
    found = with_graph_scores(outer).predict_proba(rows)
    same = np.isclose(found, outer.predict_proba(rows), rtol=0, atol=1e-6).all(axis=1)
    assert same.mean() > 0.9  # but for rows at a step of a curve


def test_a_model_without_steep_curves_stays_as_it_is() -> None:
    known, _ = trained("juice", "nb")
    model = known.pipeline.steps[-1][1]
    assert with_graph_scores(model) is model
