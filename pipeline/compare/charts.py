"""Draws the predictions of A against those of B."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.compare.paired_scores import PairedScores
from pipeline.compare.prediction_change import align_probabilities
from pipeline.rendering.charts import Scheme, draw_histogram, draw_points
from pipeline.rendering.drawing import Drawing
from pipeline.rendering.wording import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes


def draw_prediction_changes(found: PairedScores, target: str) -> Iterator[Drawing]:
    """Of numbers, or of probabilities where both models give them: A against B, and B minus A."""
    what = f"predicted {shorten(target, 40)}"
    values: list[NDArray[Any]] = [side.labels[found.answered] for side in (found.a, found.b)]
    if found.a.classes:
        if found.a.scores is None or found.b.scores is None:
            return
        values, what = _probabilities(found)
    yield Drawing(
        "predictions",
        "predictions",
        f"What both say of {len(values[0]):,} {found.source}: {what}. On the line, both are equal.",
        partial(_draw, older=values[0], newer=values[1], what=what),
    )
    yield Drawing(
        "changes",
        "predictions",
        f"How many of {len(values[0]):,} {found.source} changed by how much: B minus A, {what}. "
        "The dashed line is the median.",
        partial(draw_histogram, left=values[1] - values[0], label="B minus A"),
    )


def _probabilities(found: PairedScores) -> tuple[list[NDArray[Any]], str]:
    """Of the second class of two; of more, that of the class which A predicts."""
    names = list(dict.fromkeys([*found.a.classes, *found.b.classes]))
    sides = [align_probabilities(side, names)[found.answered] for side in (found.a, found.b)]
    if len(names) == 2:
        return [side[:, 1] for side in sides], f"probability of {shorten(names[1], 30)}"
    place = {name: k for k, name in enumerate(names)}
    chosen = np.array([place[label] for label in found.a.labels[found.answered]], dtype=np.intp)
    rows = np.arange(len(chosen))
    return [side[rows, chosen] for side in sides], "probability of A's class"


def _draw(
    axes: Axes, scheme: Scheme, *, older: NDArray[Any], newer: NDArray[Any], what: str
) -> None:
    draw_points(axes, older, newer, scheme)
    both = np.concatenate([older, newer])
    ends = [both.min(), both.max()]
    axes.plot(ends, ends, color=scheme.series[1], linewidth=1.4)
    axes.set(xlabel=f"A: {what}", ylabel=f"B: {what}")
