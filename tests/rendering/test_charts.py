"""Charts say what numpy and scikit-learn say of the same rows."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

from pipeline.rendering import charts
from pipeline.rendering.charts import HoldoutPredictions
from tests.report.drawn import drawn


@pytest.mark.parametrize("left", [[0.0], [3e17] * 9, [1e17, 1e17 + 16], [-1e300, 1e300]])
def test_residuals_of_any_size_are_drawn_without_a_warning(left: list[float]) -> None:
    found = HoldoutPredictions("y", np.array(left), np.zeros(len(left)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.simplefilter("ignore", DeprecationWarning)  # of matplotlib itself
        (axes,) = drawn(charts.draw_residual_counts, holdout=found)
        axes.figure.draw_without_rendering()
    assert sum(bar.get_height() for bar in axes.patches) == len(left)
