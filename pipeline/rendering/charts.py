"""Draws charts on given axes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.wording import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MANY_ROWS = 3000
"""More points than this are counted in hexagons instead of drawn one by one."""
MANY_CLASSES = 12
"""Confusion matrices up to this size show their numbers; more curves cannot be distinguished."""
RESIDUAL_BINS = 40


@dataclass(frozen=True)
class Scheme:
    """Colours of M. Okabe and K. Ito (2008), which colour-blind people can tell apart."""

    ground: str
    text: str
    grid: str
    series: tuple[str, ...]


LIGHT = Scheme(
    "#ffffff", "#1f2328", "#d0d7de", ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00")
)
DARK = Scheme(
    "#14181d", "#e6edf3", "#3a424c", ("#56b4e9", "#f0a35e", "#2fbf94", "#e3a3c9", "#f0e442")
)
DASHES = ("-", "--", "-.", ":")


@dataclass(frozen=True)
class HoldoutPredictions:
    """Answers for the holdout: actual and predicted (n,), scores (n, K) or None."""

    target: str
    actual: NDArray[Any]
    predicted: NDArray[Any]
    scores: NDArray[np.float64] | None = None
    labels: tuple[str, ...] = ()


def draw_predicted(axes: Axes, scheme: Scheme, *, holdout: HoldoutPredictions) -> None:
    """Predicted against actual numbers, with the line on which both are equal."""
    draw_points(axes, holdout.actual, holdout.predicted, scheme)
    both = np.concatenate([holdout.actual, holdout.predicted])
    ends = [both.min(), both.max()]
    axes.plot(ends, ends, color=scheme.series[1], linewidth=1.4)
    axes.set(xlabel=f"actual {_name_target(holdout)}", ylabel=f"predicted {_name_target(holdout)}")


def draw_residuals(axes: Axes, scheme: Scheme, *, holdout: HoldoutPredictions) -> None:
    """Actual minus predicted numbers, against the predicted ones."""
    draw_points(axes, holdout.predicted, holdout.actual - holdout.predicted, scheme)
    axes.axhline(0, color=scheme.series[1], linewidth=1.4)
    axes.set(xlabel=f"predicted {_name_target(holdout)}", ylabel="actual minus predicted")


def draw_residual_counts(axes: Axes, scheme: Scheme, *, holdout: HoldoutPredictions) -> None:
    """How many rows are how far off; the line is zero, the dashed one the median."""
    draw_histogram(axes, scheme, holdout.actual - holdout.predicted, "actual minus predicted")


def draw_histogram(axes: Axes, scheme: Scheme, left: NDArray[Any], label: str) -> None:
    """Differences, with a line at zero and a dashed one at their median."""
    low, high = left.min(), left.max()
    least = 1e-6 * max(abs(low), abs(high)) or 1.0
    if high - low < least:  # bins would be narrower than numbers can be apart
        low, high = low - least, high + least
    axes.hist(left, RESIDUAL_BINS, (low, high), color=scheme.series[0], rwidth=0.94)
    axes.axvline(0, color=scheme.series[1], linewidth=1.4)
    axes.axvline(np.median(left), color=scheme.text, linewidth=1.2, linestyle="--")
    axes.grid(axis="y", linewidth=0.6)
    axes.set(xlabel=label, ylabel="rows")


def draw_points(axes: Axes, x: NDArray[Any], y: NDArray[Any], scheme: Scheme) -> None:
    """Rows one by one, or counted in hexagons where they are too many."""
    from matplotlib.colors import LinearSegmentedColormap

    axes.grid(linewidth=0.6)
    if len(x) <= MANY_ROWS:
        axes.scatter(x, y, s=14, alpha=0.55, color=scheme.series[0], linewidths=0)
        return
    colours = LinearSegmentedColormap.from_list("count", [scheme.grid, scheme.series[0]])
    cells = axes.hexbin(x, y, gridsize=60, mincnt=1, bins="log", cmap=colours)
    axes.figure.colorbar(cells, ax=axes, label="rows")


def draw_confusion(axes: Axes, scheme: Scheme, *, holdout: HoldoutPredictions) -> None:
    """How often each actual class got each label; rows of the picture are actual classes."""
    from matplotlib.colors import LinearSegmentedColormap
    from sklearn.metrics import confusion_matrix

    labels = holdout.labels
    counts = confusion_matrix(holdout.actual, holdout.predicted, labels=list(labels))
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    colours = LinearSegmentedColormap.from_list("share", [scheme.ground, scheme.series[0]])
    image = axes.imshow(share, cmap=colours, vmin=0, vmax=1)
    axes.figure.colorbar(image, ax=axes, label="share of the actual class")
    axes.set(xlabel="predicted", ylabel=f"actual {_name_target(holdout)}")
    if len(labels) > MANY_CLASSES:
        return
    names = [shorten(label) for label in labels]
    turned = {"rotation": 30, "ha": "right"} if len("".join(names)) > 28 else {}
    axes.set_xticks(range(len(labels)), names, **turned)
    axes.set_yticks(range(len(labels)), names)
    for (i, j), value in np.ndenumerate(counts):
        colour = scheme.ground if share[i, j] > 0.55 else scheme.text
        axes.text(j, i, f"{value:,}", ha="center", va="center", color=colour)


def split_axes(axes: Axes, count: int, wide: int, **options: Any) -> list[Axes]:
    """So many axes in the place of one, `wide` beside each other."""
    figure = axes.figure
    axes.remove()
    figure.get_layout_engine().set(w_pad=0.1, h_pad=0.1)  # inches
    grid = figure.subplots(-(-count // wide), wide, squeeze=False, **options).ravel()
    for spare in grid[count:]:
        spare.set_axis_off()
    return list(grid[:count])


def _name_target(holdout: HoldoutPredictions) -> str:
    return shorten(holdout.target, 40)
