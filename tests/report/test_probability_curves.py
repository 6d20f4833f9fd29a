"""Curves of probabilities are those of scikit-learn."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    f1_score,
    precision_score,
    recall_score,
)

from pipeline.rendering import charts
from pipeline.report import probability_curves
from pipeline.track.training_result import Converted
from tests.report.drawn import drawn, lines, read, two_classes


def test_two_classes_have_one_curve_and_an_absent_class_none(penguins: Converted) -> None:
    found = read(penguins.trained, "species")
    assert found.scores is not None
    two = replace(found, scores=found.scores[:, :2], labels=found.labels[:2])
    assert [label for label, _, _ in probability_curves.select_curves(two)] == [found.labels[1]]
    frequent = [label for label, _, _ in probability_curves.select_curves(found, most=2)]
    assert frequent == ["Adelie", "Gentoo"]  # in the order of the matrix, as all are
    absent = replace(found, labels=("Adelie", "Dodo", "Gentoo"))
    assert "Dodo" not in [label for label, _, _ in probability_curves.select_curves(absent)]


def test_calibration_is_scikit_learns_and_counts_every_row() -> None:
    found = two_classes()
    assert found.scores is not None
    upper, lower = drawn(probability_curves.draw_calibration, holdout=found)
    happened, promised = calibration_curve(found.actual == "yes", found.scores[:, 1], n_bins=10)
    assert (lines(upper)["class yes"] == np.column_stack([promised, happened])).all()
    (stairs,) = lower.patches
    assert stairs.get_data().values.sum() == len(found.actual)


def test_calibration_has_no_more_classes_than_colours(penguins: Converted) -> None:
    found = read(penguins.trained, "species")
    many = replace(found, labels=found.labels * 3, scores=np.hstack([found.scores] * 3))
    upper, _ = drawn(probability_curves.draw_calibration, holdout=many)
    named = [name for name in lines(upper) if name.startswith("class")]
    assert len(named) <= len(charts.LIGHT.series)


def test_the_threshold_curve_says_what_another_threshold_would_give() -> None:
    found = two_classes()
    assert found.scores is not None
    (axes,) = drawn(probability_curves.draw_thresholds, holdout=found, used=0.3)
    shown, actual = lines(axes), found.actual == "yes"
    for name, metric in (
        ("precision", precision_score),
        ("recall", recall_score),
        ("F1", f1_score),
    ):
        for threshold, value in shown[name][:: len(shown[name]) // 7]:
            expected = metric(actual, found.scores[:, 1] >= threshold)
            assert value == pytest.approx(expected, rel=1e-12)  # another order of operations
    assert (shown["the model's own: 0.3"][:, 0] == 0.3).all()


@pytest.mark.parametrize("level", [0.0, 0.5, 1.0])
def test_scores_that_are_all_alike_are_drawn_without_a_warning(level: float) -> None:
    found = two_classes()
    scores = np.full((len(found.actual), 2), [1 - level, level])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib itself
        drawn(probability_curves.draw_calibration, holdout=replace(found, scores=scores))
        drawn(probability_curves.draw_thresholds, holdout=replace(found, scores=scores), used=0.5)


def test_scores_that_are_no_probabilities_are_not_taken_for_some() -> None:
    found = two_classes()
    assert found.scores is not None
    assert probability_curves.are_probabilities(found)
    assert not probability_curves.are_probabilities(replace(found, scores=found.scores * 3))
    assert not probability_curves.are_probabilities(replace(found, scores=None))
