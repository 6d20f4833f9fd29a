"""Report, plots: the winner on the holdout, as it was before it saw those rows."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.report import charts
from pipeline.report.charts import DARK, LIGHT, Holdout, Scheme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from pipeline.experiment import Trained

Draw = Callable[["Axes", Holdout, Scheme], None]

DPI = 150


@dataclass(frozen=True)
class Plot:
    """One picture: its file name without suffix, a caption, and PNG bytes for both schemes."""

    name: str
    caption: str
    light: bytes
    dark: bytes


def plots(trained: Trained, target: str) -> tuple[Plot, ...]:
    """The pictures that fit the task; curves only where the model gives probabilities."""
    drawings = _regression if trained.labels is None else _classification
    holdout = read(trained, target)
    return tuple(
        Plot(name, caption, _png(draw, holdout, LIGHT), _png(draw, holdout, DARK))
        for name, caption, draw in drawings(holdout)
    )


def read(trained: Trained, target: str) -> Holdout:
    """The holdout's predictions as arrays; labels become text."""
    table = trained.holdout_predictions
    actual, predicted = table[target], table["prediction_label"]
    if trained.labels is None:
        return Holdout(target, actual.to_numpy(float), predicted.to_numpy(float))
    labels = tuple(map(str, trained.labels))
    names = list(table.columns)[-len(labels) :]
    has_scores = all(str(name).startswith("prediction_score") for name in names)
    scores = table[names].to_numpy(float) if has_scores else None
    if isinstance(trained.labels[0], int):  # whatever PyCaret shrank them to
        actual, predicted = actual.astype("int64"), predicted.astype("int64")
    words = actual.astype(str).to_numpy(), predicted.astype(str).to_numpy()
    return Holdout(target, *words, scores, labels)


def _regression(holdout: Holdout) -> Iterator[tuple[str, str, Draw]]:
    rows = f"{len(holdout.actual):,} holdout rows"
    yield (
        "predicted_against_actual",
        f"Predicted against actual {holdout.target} on {rows}. On the line, both are equal.",
        charts.predicted,
    )
    yield (
        "residuals",
        f"What is left to explain on {rows}: actual minus predicted. Above zero the model "
        "predicts too little, below zero too much.",
        charts.residuals,
    )


def _classification(holdout: Holdout) -> Iterator[tuple[str, str, Draw]]:
    rows = f"{len(holdout.actual):,} holdout rows"
    yield "confusion_matrix", f"Actual and predicted classes of {rows}.", charts.confusion
    if holdout.scores is None:
        return
    binary = len(holdout.labels) == 2
    how = f"of class {holdout.labels[1]}" if binary else "one class against the rest"
    if not charts.curves(holdout):
        return
    yield "roc", f"ROC curve, {how}, on {rows}. The dotted line is guessing.", charts.roc
    yield "precision_recall", f"Precision and recall, {how}, on {rows}.", charts.precision_recall


def _png(draw: Draw, holdout: Holdout, scheme: Scheme) -> bytes:
    """Draw without pyplot; PyCaret's packages change the global style, so that is put aside."""
    import matplotlib.style
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    target = io.BytesIO()
    with matplotlib.style.context(["default", _style(scheme)]), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a letter the font lacks becomes a box
        figure = Figure(figsize=(6, 4.6), layout="compressed")
        FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        draw(axes, holdout, scheme)
        _plain_text(figure)
        figure.savefig(target, format="png", dpi=DPI, metadata={"Software": None})
    return target.getvalue()


def _style(scheme: Scheme) -> dict[str, Any]:
    return {
        "figure.facecolor": scheme.ground,
        "savefig.facecolor": scheme.ground,
        "axes.facecolor": scheme.ground,
        "axes.edgecolor": scheme.grid,
        "axes.labelcolor": scheme.text,
        "axes.axisbelow": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "grid.color": scheme.grid,
        "text.color": scheme.text,
        "xtick.color": scheme.text,
        "ytick.color": scheme.text,
        "legend.frameon": False,
        "font.size": 11,
    }


def _plain_text(figure: Figure) -> None:
    """A dollar sign in a name is a dollar sign, not mathematics."""
    from matplotlib.text import Text

    for text in figure.findobj(Text):
        text.set_parse_math(False)
