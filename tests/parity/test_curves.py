"""What the rounding of a score may excuse before a steep isotonic curve, and what it may not."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.convert.fitted import transformed
from pipeline.dataset import Dataset
from pipeline.experiment import Trained
from pipeline.export import export
from pipeline.parity import curves
from pipeline.parity.comparison import Bounds
from pipeline.parity.curves import reading_our_scores
from pipeline.parity.reference import Predictions, answers
from pipeline.parity.trial import Rows, Trial, scored, tried
from pipeline.scorer import Scorer
from tests.tables import trained

BOUNDS = Bounds(exact=1e-9, single=5e-6)


@pytest.fixture(scope="module")
def edge() -> tuple[Trained, Dataset, int]:
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
    theirs, ours = both(known, dataset)
    place = int(np.flatnonzero(theirs != ours)[0])
    low, high = sorted([theirs[place], ours[place]])
    jump(fold.calibrators[0], [0.0, low, high, 1.0])
    return known, dataset, place


def both(known: Trained, dataset: Dataset) -> tuple[NDArray[Any], NDArray[Any]]:
    """The first fold's scores (n,) by scikit-learn and by the graph."""
    fold = known.pipeline.steps[-1][1].calibrated_classifiers_[0]
    x = transformed(known.pipeline, features(dataset)).to_numpy(dtype=float)
    theirs = fold.estimator.predict_proba(x)
    ours = curves._Scores(fold.estimator, fold.estimator)._ours(x, "predict_proba")
    return theirs[:, 1], ours[:, 1]


def jump(curve: Any, scores: list[float]) -> None:
    curve.X_thresholds_, curve.y_thresholds_ = np.array(scores), np.array([0.2, 0.2, 0.8, 0.8])
    curve.X_min_, curve.X_max_ = scores[0], scores[-1]
    curve._build_f(curve.X_thresholds_, curve.y_thresholds_)


def features(dataset: Dataset) -> Any:
    return dataset.frame[list(dataset.features)]


def on_trial(edge: tuple[Trained, Dataset, int], ours: Predictions) -> Trial:
    rows = features(edge[1])
    words = np.full(len(rows), "any", object)
    return tried(edge[0], ours, Rows(rows, words, words, rows), answers(edge[0], rows), BOUNDS)


def graph(edge: tuple[Trained, Dataset, int]) -> Predictions:
    return scored(Scorer(export(edge[0], edge[1]).data), features(edge[1]))


def test_a_row_whose_score_rounds_to_either_side_is_a_tie(
    edge: tuple[Trained, Dataset, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = graph(edge)
    trial = on_trial(edge, ours)
    assert trial.errors[edge[2]] > 0.1
    assert trial.ties[edge[2]]
    assert not trial.failed.any()
    monkeypatch.setattr(curves, "ROUNDING", 0.0)
    assert on_trial(edge, ours).failed[edge[2]]


def test_an_answer_of_neither_side_is_none(edge: tuple[Trained, Dataset, int]) -> None:
    ours = graph(edge)
    assert ours.scores is not None
    off = 1e-8 * np.array([1.0, -1.0])
    trial = on_trial(edge, Predictions(ours.labels, ours.scores + off))
    assert trial.failed.all()


def test_a_graph_whose_scores_are_off_by_more_than_rounding_is_not_excused(
    edge: tuple[Trained, Dataset, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    known, dataset, _ = edge
    graphs = curves._Scores._ours
    monkeypatch.setattr(curves._Scores, "_ours", lambda *args: graphs(*args) * (1 + 1e-6))
    off = answers(replace(known, pipeline=mistaken(known)), features(dataset))
    trial = on_trial(edge, off.predictions())
    assert trial.failed.sum() > 3


def mistaken(known: Trained) -> Any:
    """The pipeline with a curve that jumps at another score."""
    from copy import deepcopy

    pipeline = deepcopy(known.pipeline)
    curve = pipeline.steps[-1][1].calibrated_classifiers_[0].calibrators[0]
    jump(curve, [0.0, 0.4, 0.4 + 1e-9, 1.0])
    return pipeline


def test_a_model_without_steep_curves_stays_as_it_is() -> None:
    known, _ = trained("juice", "nb")
    model = known.pipeline.steps[-1][1]
    assert reading_our_scores(model) is model
