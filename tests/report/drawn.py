"""Pictures of a holdout before they become files."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pipeline.automl.experiment import SearchResult
from pipeline.rendering import charts
from pipeline.rendering.charts import HoldoutPredictions
from pipeline.rendering.png import Plot, render_plot
from pipeline.report import holdout


def read(trained: SearchResult, target: str) -> HoldoutPredictions:
    return holdout.read_holdout(
        {"target": target, "labels": trained.labels}, trained.holdout_predictions
    )


def plots(trained: SearchResult, target: str) -> list[Plot]:
    facts = {"target": target, "labels": trained.labels, "threshold": 0.5}
    tables = {holdout.FILE: trained.holdout_predictions}
    chapter = holdout.NUMBERS if trained.labels is None else holdout.CLASSES
    return [render_plot(drawing) for drawing in chapter.drawings(facts, tables)]


def drawn(draw: Any, **values: Any) -> list[Axes]:
    """The axes of a picture before it becomes one."""
    figure = Figure(layout="compressed")
    draw(figure.add_subplot(), charts.LIGHT, **values)
    return list(figure.axes)


def two_classes(rows: int = 300, labels: tuple[str, str] = ("no", "yes")) -> HoldoutPredictions:
    """Scores that are better than guessing, and too sure of themselves."""
    random = np.random.default_rng(1)
    truth = random.random(rows)
    actual = np.where(random.random(rows) < truth, *labels[::-1])
    score = np.clip(truth * 1.4 - 0.2, 0, 1)
    scores = np.column_stack([1 - score, score])
    predicted = np.where(score >= 0.5, *labels[::-1])
    return HoldoutPredictions("answer", actual, predicted, scores, labels)


def lines(axes: Axes) -> dict[str, Any]:
    """The points of each line that the legend names."""
    return {str(line.get_label()): line.get_xydata() for line in axes.get_lines()}
