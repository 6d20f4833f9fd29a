"""Measures and draws partial dependence."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.manifest.columns import Input, Kind
from pipeline.rendering.charts import DASHES, Scheme
from pipeline.rendering.drawing import Drawing, ReportContext, Tables
from pipeline.rendering.wording import format_count, shorten
from pipeline.report import holdout, importance
from pipeline.report.chapter import Chapter, Holds
from pipeline.report.holdout_sample import HoldoutSample, ScoringBudget, sample_holdout
from pipeline.runtime.predictions import Predictions
from pipeline.track.training_result import Converted, TrainingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes


FILE = "dependence.json"
COLUMNS: Mapping[str, Holds] = {
    **{"column": "word", "kind": "word", "value": "word", "class": "word"},
    **{"mean": "number", "rows": "count"},
}
BEST, VALUES, CATEGORIES, CLASSES = 4, 20, 10, 5
BUDGET = ScoringBudget(rows=500, total=BEST * VALUES * 500, seconds=10.0)
OUTER = 0.02
"""The share of rows with the smallest and with the largest numbers that the values leave out."""
BINS = 24
DTYPES: Mapping[Kind, Any] = {
    "number": np.float64,
    "text": np.object_,
    "boolean": np.bool_,
    "date": "datetime64[ns]",
}
SIZE = (4.6, 3.4)
MOST_TICKS = 6


@dataclass(frozen=True)
class Curve:
    """What is drawn of one column.

    Attributes:
        rows: of the table, those of the column.
        values: the column in the holdout.
        meant: what the means are of.
        scale: the smallest and largest mean that all pictures show.
    """

    rows: pd.DataFrame
    values: pd.Series
    meant: str
    scale: tuple[float, float]


def measure_dependence(evidence: TrainingResult) -> Mapping[str, pd.DataFrame]:
    """The importance of the columns, and the partial dependence on the most important ones.

    Values are text, dates as ISO 8601 writes them; `mean` is the mean prediction, for classes the
    mean probability, or of a model without probabilities the share of rows predicted so.
    """
    ranked = importance.measure_importance(evidence)
    if not isinstance(evidence, Converted):
        return ranked
    best = _best(evidence, ranked[importance.FILE])
    rows = sample_holdout(evidence, BEST * VALUES, BUDGET) if best else None
    found = [r for column in best for r in _dependence(evidence, rows, column)] if rows else []
    return {**ranked, FILE: pd.DataFrame(found, columns=list(COLUMNS))}


def _best(evidence: Converted, ranked: pd.DataFrame) -> list[Input]:
    """The most important columns, without those that the model does not use and mere names."""
    inputs = {column.name: column for column in evidence.model.manifest.inputs}
    used = [inputs[name] for name in ranked["column"][ranked["changed"] > 0]]
    held = evidence.trained.holdout_predictions
    return [c for c in used if c.kind != "text" or held[c.name].dropna().duplicated().any()][:BEST]


def _dependence(
    evidence: Converted, rows: HoldoutSample, column: Input
) -> Iterator[tuple[Any, ...]]:
    values = evidence.trained.holdout_predictions[column.name]
    shown = _classes(evidence)
    for value in choose_grid(column, values):
        every = np.full(len(rows.actual), value, dtype=DTYPES[column.kind])
        found = rows.predicted({column.name: every})
        for label, mean in _means(found, evidence.trained.labels, shown):
            yield column.name, column.kind, _write_value(value), label, mean, len(rows.actual)


def choose_grid(column: Input, values: pd.Series) -> list[Any]:
    """Values that a column has, in the order of the picture, at most `VALUES`."""
    known = values.dropna()
    if column.kind == "boolean":
        return [False, True]
    if column.kind == "text":
        return list(known.astype(str).value_counts().head(CATEGORIES).index)
    found = np.unique(known.to_numpy())
    if len(found) > VALUES:
        places = np.linspace(OUTER, 1 - OUTER, VALUES) * (len(known) - 1)
        found = np.unique(np.sort(known.to_numpy())[places.round().astype(int)])
    if column.kind == "number":
        return [float(str(value)) for value in found]  # 35.53 in float32 is not 35.529998779
    return list(found)


def _classes(evidence: Converted) -> tuple[Any, ...]:
    """The classes that are shown: the second of two, else the most frequent, in their own order."""
    trained = evidence.trained
    if trained.labels is None or len(trained.labels) == 2:
        return (trained.labels or ())[1:]
    target = trained.holdout_predictions[evidence.dataset.spec.target]
    counts = target.astype(str).value_counts()
    frequent = sorted(trained.labels, key=lambda c: -counts.get(str(c), 0))[:CLASSES]
    return tuple(label for label in trained.labels if label in frequent)


def _means(
    found: Predictions, labels: tuple[Any, ...] | None, shown: tuple[Any, ...]
) -> Iterator[tuple[str, float]]:
    if labels is None:
        yield "", float(np.mean(found.labels))
    for label in shown:
        if found.scores is None:
            yield str(label), float(np.mean(found.labels == label))
        else:
            yield str(label), float(np.mean(found.scores[:, (labels or ()).index(label)]))


def _write_value(value: Any) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)


def draw_dependence(facts: ReportContext, tables: Tables) -> Iterator[Drawing]:
    """A picture per column, all on one scale."""
    found = tables.get(FILE)
    if found is None or found.empty:
        return
    held = tables[holdout.FILE]
    meant = _describe_scale(facts, holdout.read_holdout(facts, held).scores is not None)
    room = 0.06 * (found["mean"].max() - found["mean"].min()) or 0.5
    scale = (found["mean"].min() - room, found["mean"].max() + room)
    for place, (name, rows) in enumerate(found.groupby("column", sort=False)):
        count = format_count(int(rows["rows"].iloc[0]), "holdout row")
        yield Drawing(
            f"dependence_{place + 1}",
            "dependence",
            f"{meant[:1].upper()}{meant[1:]} in {count}, had they all this value of {name}. "
            "Grey: how often which value occurs in the holdout.",
            partial(_draw_curve, curve=Curve(rows, held[name], meant, scale)),
            SIZE,
        )


def check_dependence(table: pd.DataFrame) -> None:
    """Refuse values that their kind cannot have.

    Raises:
        ValueError: there are such values, or another kind.
    """
    if not table["kind"].isin(list(DTYPES)).all():
        raise ValueError(f"kind: got another one than {', '.join(DTYPES)}")
    for kind in ("number", "date"):
        table["value"][table["kind"] == kind].to_numpy(DTYPES[kind])


def _describe_scale(facts: ReportContext, has_scores: bool) -> str:
    labels = facts["labels"]
    if labels is None:
        return f"mean predicted {facts['target']}"
    which = f"{facts['target']} = {labels[1]}" if len(labels) == 2 else "each class"
    return f"mean probability of {which}" if has_scores else f"share predicted as {which}"


def _draw_curve(axes: Axes, scheme: Scheme, *, curve: Curve) -> None:
    rows = curve.rows
    name, meant = shorten(str(rows["column"].iloc[0]), 30), shorten(curve.meant, 34)
    if rows["kind"].iloc[0] in ("number", "date"):
        _line(axes, scheme, rows, curve.values)
        axes.set(xlabel=name, ylabel=meant, ylim=curve.scale)
        axes.yaxis.set_major_formatter("{x:,.6g}")
    else:
        _dots(axes, scheme, rows, curve.values)
        axes.set(ylabel=name, xlabel=meant, xlim=curve.scale)
        axes.xaxis.set_major_formatter("{x:,.6g}")
    axes.grid(linewidth=0.6)
    if rows["class"].nunique() > 1:
        axes.legend(fontsize=9)


def _line(axes: Axes, scheme: Scheme, rows: pd.DataFrame, values: pd.Series) -> None:
    import matplotlib.dates

    dated = rows["kind"].iloc[0] == "date"
    counts = _behind(axes, axes.twinx())
    known = values.dropna().to_numpy()
    counts.hist(known, BINS, color=scheme.grid, alpha=0.6)
    counts.set_ylim(0, 3 * counts.get_ylim()[1])
    for i, (label, part) in enumerate(rows.groupby("class", sort=False)):
        x = part["value"].to_numpy(DTYPES["date" if dated else "number"])
        axes.plot(x, part["mean"], label=shorten(str(label)), marker="o", ms=4, **_look(scheme, i))
    if not dated and len(x) <= MOST_TICKS:
        axes.set_xticks(x)
    if dated:
        place = matplotlib.dates.AutoDateLocator(maxticks=MOST_TICKS)
        axes.xaxis.set_major_locator(place)
        axes.xaxis.set_major_formatter(matplotlib.dates.ConciseDateFormatter(place))


def _dots(axes: Axes, scheme: Scheme, rows: pd.DataFrame, values: pd.Series) -> None:
    names = list(dict.fromkeys(rows["value"]))
    found = values.dropna().astype(str).value_counts()
    counts = _behind(axes, axes.twiny())
    counts.barh(range(len(names)), [found.get(n, 0) for n in names], color=scheme.grid, alpha=0.6)
    counts.set_xlim(0, 1.5 * counts.get_xlim()[1])
    for i, (label, part) in enumerate(rows.groupby("class", sort=False)):
        look = {**_look(scheme, i), "linestyle": "none"}
        axes.plot(part["mean"], range(len(part)), label=shorten(str(label)), marker="o", **look)
    axes.set_yticks(range(len(names)), [shorten(str(name), 16) for name in names])
    axes.invert_yaxis()
    counts.set_ylim(axes.get_ylim())


def _behind(axes: Axes, other: Any) -> Any:
    """Axes that share one direction, without ticks, in the background."""
    other.set_zorder(axes.get_zorder() - 1)
    axes.patch.set_visible(False)
    other.set_axis_off()
    return other


def _look(scheme: Scheme, i: int) -> dict[str, Any]:
    return {"color": scheme.series[i], "linestyle": DASHES[i % len(DASHES)], "linewidth": 1.8}


CHAPTER = Chapter(
    "dependence",
    draw_dependence,
    title="How predictions change with a column",
    text="Partial dependence of the columns that matter most, all on one scale. Where a value "
    "never occurs beside the other values of these rows, the curve says what the model would do, "
    "not what happens.",
    under="importance",
    measure=measure_dependence,
    keeps={FILE: COLUMNS},
    check=check_dependence,
)
