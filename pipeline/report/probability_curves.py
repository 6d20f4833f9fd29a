"""Draws ROC, precision-recall, calibration and threshold curves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.rendering.charts import DASHES, MANY_CLASSES, HoldoutPredictions, Scheme, split_axes
from pipeline.rendering.wording import shorten

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Curve = tuple[str, NDArray[np.bool_], NDArray[np.float64]]
"""A class's label, membership (n,) and score (n,)."""

CALIBRATION_BINS = 10
SCORE_BINS = 20


def select_curves(holdout: HoldoutPredictions, most: int = MANY_CLASSES) -> list[Curve]:
    """Each class with a curve, in the order of the confusion matrix; of more, the most frequent.

    Two classes have one curve, that of the second; a class that no row or every row belongs to
    has none.
    """
    scores = holdout.scores
    if scores is None:
        return []
    places = [1] if len(holdout.labels) == 2 else range(len(holdout.labels))
    found = [(holdout.labels[k], holdout.actual == holdout.labels[k], scores[:, k]) for k in places]
    usable = [curve for curve in found if 0 < curve[1].sum() < len(curve[1])]
    frequent = sorted(range(len(usable)), key=lambda k: -int(usable[k][1].sum()))[:most]
    return [usable[k] for k in sorted(frequent)]


def draw_roc(axes: Axes, scheme: Scheme, *, holdout: HoldoutPredictions) -> None:
    """True against false positive rate for every threshold, a curve per class."""
    from sklearn.metrics import roc_auc_score, roc_curve

    axes.plot([0, 1], [0, 1], color=scheme.text, linestyle=":", linewidth=1)
    for i, (label, actual, score) in enumerate(select_curves(holdout)):
        x, y, _ = roc_curve(actual, score)
        area = roc_auc_score(actual, score)
        axes.plot(x, y, label=f"class {shorten(label)}: area {area:.3f}", **_line(i, scheme))
    axes.set(xlabel="false positive rate", ylabel="true positive rate")
    _finish(axes, "lower right")


def draw_precision_recall(axes: Axes, scheme: Scheme, *, holdout: HoldoutPredictions) -> None:
    """Precision against recall for every threshold, a curve per class."""
    from sklearn.metrics import average_precision_score, precision_recall_curve

    for i, (label, actual, score) in enumerate(select_curves(holdout)):
        precision, recall, _ = precision_recall_curve(actual, score)
        average = average_precision_score(actual, score)
        name = f"class {shorten(label)}: average precision {average:.3f}"
        axes.step(recall, precision, where="post", label=name, **_line(i, scheme))
    axes.set(xlabel="recall", ylabel="precision", ylim=(-0.02, 1.05))
    _finish(axes, "lower left")


def draw_calibration(axes: Axes, scheme: Scheme, *, holdout: HoldoutPredictions) -> None:
    """How often a class came true among rows of like probability, and how many such rows there are.

    At most as many classes as there are colours.
    """
    from sklearn.calibration import calibration_curve

    upper, lower = split_axes(axes, 2, 1, sharex=True, height_ratios=(4, 1))
    upper.plot([0, 1], [0, 1], color=scheme.text, linestyle=":", linewidth=1)
    for i, (label, actual, score) in enumerate(select_curves(holdout, len(scheme.series))):
        happened, promised = calibration_curve(actual, score, n_bins=CALIBRATION_BINS)
        line = _line(i, scheme)
        upper.plot(promised, happened, label=f"class {shorten(label)}", marker="o", **line)
        counts, edges = np.histogram(score, SCORE_BINS, (0, 1))
        lower.stairs(counts, edges, **line)
    upper.set(ylabel="share that came true", xlim=(-0.02, 1.02), ylim=(-0.02, 1.05))
    lower.set(xlabel="predicted probability", ylabel="rows")
    lower.grid(linewidth=0.6)
    _finish(upper, "upper left")


def draw_thresholds(
    axes: Axes, scheme: Scheme, *, holdout: HoldoutPredictions, used: float
) -> None:
    """Precision, recall and F1 of the second class, were it predicted from a threshold on."""
    from sklearn.metrics import precision_recall_curve

    _, actual, score = select_curves(holdout)[0]
    *rates, x = precision_recall_curve(actual, score)
    precision, recall = (rate[:-1] for rate in rates)
    both = precision + recall
    f1 = np.divide(2 * precision * recall, both, out=np.zeros_like(both), where=both > 0)
    for i, (name, y) in enumerate((("precision", precision), ("recall", recall), ("F1", f1))):
        axes.plot(x, y, label=name, **_line(i, scheme))
    own = f"the model's own: {used:g}"
    axes.axvline(used, color=scheme.text, linestyle=":", linewidth=1.2, label=own)
    axes.set(xlabel="threshold", ylabel="score", xlim=(-0.02, 1.02), ylim=(-0.02, 1.05))
    _finish(axes, "best")


def are_probabilities(holdout: HoldoutPredictions) -> bool:
    """Whether the scores can be probabilities at all."""
    scores = holdout.scores
    return scores is not None and bool(((scores >= 0) & (scores <= 1)).all())


def _line(i: int, scheme: Scheme) -> dict[str, Any]:
    colours = scheme.series
    dashes = DASHES[(i // len(colours) + i) % len(DASHES)]
    return {"color": colours[i % len(colours)], "linestyle": dashes, "linewidth": 1.8}


def _finish(axes: Axes, place: str) -> None:
    axes.grid(linewidth=0.6)
    axes.legend(loc=place, fontsize=9)
