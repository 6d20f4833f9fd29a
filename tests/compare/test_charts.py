"""What is drawn of two models' answers is what numpy makes of them."""

from __future__ import annotations

import numpy as np

from pipeline.compare.charts import draw_prediction_changes
from pipeline.rendering.drawing import Drawing
from tests.compare.answers import of_classes, of_numbers
from tests.report.drawn import drawn


def bars(drawing: Drawing) -> tuple[int, float]:
    """How many rows a histogram counts, and where it draws the median."""
    (axes,) = drawn(drawing.draw)
    _, median = axes.get_lines()
    return int(sum(bar.get_height() for bar in axes.patches)), float(median.get_xdata()[0])


def test_numbers_that_both_give_are_drawn_one_by_one_and_counted() -> None:
    found = of_numbers([(1.0, 1.5), (4.0, 3.0), (None, 2.0), (0.0, 2.0)])
    points, changes = draw_prediction_changes(found, "price")
    (axes,) = drawn(points.draw)
    (cloud,) = axes.collections
    assert cloud.get_offsets().tolist() == [[1.0, 1.5], [4.0, 3.0], [0.0, 2.0]]
    assert bars(changes) == (3, np.median([0.5, -1.0, 2.0]))


def test_of_three_classes_the_probability_of_the_first_models_label_is_drawn() -> None:
    older, newer = np.array([[0.9, 0.1], [0.2, 0.8]]), np.array([[0.6, 0.4], [1.0, 0.0]])
    found = of_classes([("a", "b"), ("b", "b")], (older, newer))  # of a and b, and of b and c
    points, changes = draw_prediction_changes(found, "kind")
    (axes,) = drawn(points.draw)
    assert axes.collections[0].get_offsets().tolist() == [[0.9, 0.0], [0.8, 1.0]]
    assert bars(changes)[0] == 2


def test_labels_alone_have_no_picture() -> None:
    assert list(draw_prediction_changes(of_classes([("a", "b")]), "kind")) == []
