"""Report, plots: each chart's own drawing, on axes that it is given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes

MANY_ROWS = 3000
"""More points than this are counted in hexagons instead of drawn one by one."""
MANY_CLASSES = 12
"""Confusion matrices up to this size show their numbers; more curves than colours are too many."""


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
class Holdout:
    """Answers for the holdout: actual and predicted (n,), scores (n, K) or None."""

    target: str
    actual: NDArray[Any]
    predicted: NDArray[Any]
    scores: NDArray[np.float64] | None = None
    labels: tuple[str, ...] = ()


def predicted(axes: Axes, holdout: Holdout, scheme: Scheme) -> None:
    """Predicted against actual numbers, with the line on which both are equal."""
    _points(axes, holdout.actual, holdout.predicted, scheme)
    both = np.concatenate([holdout.actual, holdout.predicted])
    ends = [both.min(), both.max()]
    axes.plot(ends, ends, color=scheme.series[1], linewidth=1.4)
    axes.set(xlabel=f"actual {holdout.target}", ylabel=f"predicted {holdout.target}")


def residuals(axes: Axes, holdout: Holdout, scheme: Scheme) -> None:
    """Actual minus predicted numbers, against the predicted ones."""
    _points(axes, holdout.predicted, holdout.actual - holdout.predicted, scheme)
    axes.axhline(0, color=scheme.series[1], linewidth=1.4)
    axes.set(xlabel=f"predicted {holdout.target}", ylabel="actual minus predicted")


def _points(axes: Axes, x: NDArray[Any], y: NDArray[Any], scheme: Scheme) -> None:
    from matplotlib.colors import LinearSegmentedColormap

    axes.grid(linewidth=0.6)
    if len(x) <= MANY_ROWS:
        axes.scatter(x, y, s=14, alpha=0.55, color=scheme.series[0], linewidths=0)
        return
    colours = LinearSegmentedColormap.from_list("count", [scheme.grid, scheme.series[0]])
    cells = axes.hexbin(x, y, gridsize=60, mincnt=1, bins="log", cmap=colours)
    axes.figure.colorbar(cells, ax=axes, label="rows")


def confusion(axes: Axes, holdout: Holdout, scheme: Scheme) -> None:
    """How often each actual class got each label; rows of the picture are actual classes."""
    from matplotlib.colors import LinearSegmentedColormap
    from sklearn.metrics import confusion_matrix

    labels = holdout.labels
    counts = confusion_matrix(holdout.actual, holdout.predicted, labels=list(labels))
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    colours = LinearSegmentedColormap.from_list("share", [scheme.ground, scheme.series[0]])
    image = axes.imshow(share, cmap=colours, vmin=0, vmax=1)
    axes.figure.colorbar(image, ax=axes, label="share of the actual class")
    axes.set(xlabel="predicted", ylabel=f"actual {holdout.target}")
    if len(labels) > MANY_CLASSES:
        return
    names = [_short(label) for label in labels]
    turned = {"rotation": 30, "ha": "right"} if len("".join(names)) > 28 else {}
    axes.set_xticks(range(len(labels)), names, **turned)
    axes.set_yticks(range(len(labels)), names)
    for (i, j), value in np.ndenumerate(counts):
        colour = scheme.ground if share[i, j] > 0.55 else scheme.text
        axes.text(j, i, f"{value:,}", ha="center", va="center", color=colour)


def curves(holdout: Holdout) -> list[tuple[str, NDArray[np.bool_], NDArray[np.float64]]]:
    """Label, membership (n,) and score (n,) of each class with a curve, the most frequent first.

    Two classes have one curve, that of the second; a class that no row or every row belongs to
    has none.
    """
    scores = holdout.scores
    if scores is None:
        return []
    places = [1] if len(holdout.labels) == 2 else range(len(holdout.labels))
    found = [(holdout.labels[k], holdout.actual == holdout.labels[k], scores[:, k]) for k in places]
    usable = [curve for curve in found if 0 < curve[1].sum() < len(curve[1])]
    return sorted(usable, key=lambda curve: -int(curve[1].sum()))[:MANY_CLASSES]


def roc(axes: Axes, holdout: Holdout, scheme: Scheme) -> None:
    """True against false positive rate for every threshold, a curve per class."""
    from sklearn.metrics import roc_auc_score, roc_curve

    axes.plot([0, 1], [0, 1], color=scheme.text, linestyle=":", linewidth=1)
    for i, (label, actual, score) in enumerate(curves(holdout)):
        x, y, _ = roc_curve(actual, score)
        area = roc_auc_score(actual, score)
        axes.plot(x, y, label=f"class {_short(label)}: area {area:.3f}", **_line(i, scheme))
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    _finish(axes, "lower right")


def precision_recall(axes: Axes, holdout: Holdout, scheme: Scheme) -> None:
    """Precision against recall for every threshold, a curve per class."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    for i, (label, actual, score) in enumerate(curves(holdout)):
        precision, recall, _ = precision_recall_curve(actual, score)
        average = average_precision_score(actual, score)
        name = f"class {_short(label)}: average precision {average:.3f}"
        axes.step(recall, precision, where="post", label=name, **_line(i, scheme))
    axes.set(xlabel="recall", ylabel="precision", ylim=(-0.02, 1.05))
    _finish(axes, "lower left")


def _line(i: int, scheme: Scheme) -> dict[str, Any]:
    colours = scheme.series
    dashes = DASHES[(i // len(colours) + i) % len(DASHES)]
    return {"color": colours[i % len(colours)], "linestyle": dashes, "linewidth": 1.8}


def _finish(axes: Axes, place: str) -> None:
    axes.grid(linewidth=0.6)
    axes.legend(loc=place, fontsize=9)


def _short(label: str, longest: int = 18) -> str:
    return label if len(label) <= longest else label[: longest - 1] + "…"
