"""Measures and draws permutation importance."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rendering.charts import Scheme
from pipeline.rendering.drawing import Drawing, ReportContext, Tables
from pipeline.rendering.wording import format_number, shorten
from pipeline.report.chapter import Chapter, Holds
from pipeline.report.data_summary import MOST_COLUMNS
from pipeline.report.holdout_sample import HoldoutSample, ScoringBudget, sample_holdout
from pipeline.report.result_tables import TextTable
from pipeline.runtime.predictions import Predictions
from pipeline.selection.metric import Metric, build_metrics
from pipeline.track.training_result import Converted, TrainingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes


FILE = "importance.json"
COLUMNS: Mapping[str, Holds] = {
    **{"column": "word", "importance": "number", "spread": "number", "changed": "number"},
    **{"metric": "word", "rows": "count", "repeats": "count", "seen": "flag"},
}
REPEATS = 5
BUDGET = ScoringBudget(rows=2000, total=400_000, seconds=10.0)
DRAWN = 20
NAMED = 12
"""Columns that a sentence names."""


def measure_importance(evidence: TrainingResult) -> Mapping[str, pd.DataFrame]:
    """Every raw column's permutation importance on the holdout, the most important first.

    `importance` is by how much the metric gets worse: its mean and standard deviation over the
    shuffles; `changed` is the share of rows that are then predicted differently at all; `seen`
    says whether the model was fitted again on these rows. The table is empty where this would
    take too long.
    """
    if not isinstance(evidence, Converted):
        return {}
    names = [column.name for column in evidence.model.manifest.inputs][:MOST_COLUMNS]
    rows = sample_holdout(evidence, REPEATS * len(names) + 1, BUDGET)
    found = list(_measure(evidence, rows, names)) if rows else []
    found.sort(key=lambda record: -record[1])
    return {FILE: pd.DataFrame(found, columns=list(COLUMNS))}


def _measure(
    evidence: Converted, rows: HoldoutSample, names: list[str]
) -> Iterator[tuple[Any, ...]]:
    whole = rows.predicted()
    metric = next(
        (m for m in build_metrics(evidence) if np.isfinite(m.value(rows.actual, whole))), None
    )
    if metric is None:
        return
    random = np.random.default_rng(evidence.trained.seed)
    for name in names:
        lost, changed = zip(
            *(_shuffle_and_score(rows, whole, metric, name, random) for _ in range(REPEATS)),
            strict=True,
        )
        figures = (float(np.mean(lost)), float(np.std(lost)), float(np.mean(changed)))
        about = (metric.name, len(rows.actual), REPEATS, evidence.config.finalize)
        yield (name, *figures, *about)


def _shuffle_and_score(
    rows: HoldoutSample, whole: Predictions, metric: Metric, name: str, random: np.random.Generator
) -> tuple[float, float]:
    """How much worse the metric is, and how many of the predictions are others."""
    order = random.permutation(len(rows.actual))
    found = rows.predicted({name: rows.frame[name].to_numpy()[order]})
    lost = metric.value(rows.actual, whole) - metric.value(rows.actual, found)
    return lost, float(_differ(whole, found).mean())


def _differ(one: Predictions, other: Predictions) -> NDArray[np.bool_]:
    differ: NDArray[np.bool_] = one.labels != other.labels
    if one.scores is not None and other.scores is not None:
        differ |= (one.scores != other.scores).any(axis=1)
    return differ


def describe_importance(_: ReportContext, tables: Tables) -> dict[str, Any] | None:
    """What page and card say beside the picture; None without a graph."""
    found = tables.get(FILE)
    if found is None:
        return None
    if found.empty:
        return {"metric": ""}
    unused = found["changed"] == 0
    weak = ~unused & (found["importance"] <= found["spread"])
    return {
        **{name: found[name].iloc[0].item() for name in ("rows", "repeats", "seen")},
        "metric": found["metric"].iloc[0],
        "unused": _name_columns(found[unused]),
        "weak": _name_columns(found[weak]),
        "table": asdict(_table(found)),
        "more": max(0, len(found) - DRAWN),
    }


def _name_columns(found: pd.DataFrame) -> str:
    names = list(map(str, found["column"]))
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest:,} more" if rest > 0 else "")


def _table(found: pd.DataFrame) -> TextTable:
    rows = tuple(
        (str(name), format_number(mean), format_number(spread), f"{changed:.1%}")
        for name, mean, spread, changed in found[list(COLUMNS)[:4]].head(DRAWN).to_numpy()
    )
    head = ("column", f"{found['metric'].iloc[0]} worse by", "± spread", "predictions changed")
    return TextTable(head, rows, ("",) * len(rows))


def draw_importance(_: ReportContext, tables: Tables) -> Iterator[Drawing]:
    """A bar per column, if there is anything to tell."""
    found = tables.get(FILE)
    if found is None or found.empty:
        return
    metric, rows, repeats = (found[name].iloc[0] for name in ("metric", "rows", "repeats"))
    first = f"The first {DRAWN} of {len(found)} columns" if len(found) > DRAWN else "Every column"
    yield Drawing(
        "importance",
        "importance",
        f"{first}: how much worse {metric} is on {rows:,} holdout rows with the column's values "
        f"shuffled. The bar is the mean of {repeats} shuffles, the line their standard deviation.",
        partial(_bars, found=found.head(DRAWN)),
        (6.0, 1.3 + 0.33 * min(len(found), DRAWN)),
    )


def _bars(axes: Axes, scheme: Scheme, *, found: pd.DataFrame) -> None:
    places = np.arange(len(found))
    axes.barh(places, found["importance"], height=0.7, color=scheme.series[0])
    low, high = (found["importance"] + sign * found["spread"] for sign in (-1, 1))
    axes.hlines(places, low, high, color=scheme.series[1], linewidth=2)
    axes.axvline(0, color=scheme.text, linewidth=0.8)
    axes.set_yticks(places, [shorten(str(name), 24) for name in found["column"]])
    axes.margins(y=0.02)
    axes.invert_yaxis()
    axes.grid(axis="x", linewidth=0.6)
    axes.set_xlabel(f"{found['metric'].iloc[0]} worse by")


CHAPTER = Chapter(  # pipeline.report.dependence measures it, and starts from there
    "importance",
    draw_importance,
    title="What the model looks at",
    link="Columns",
    keeps={FILE: COLUMNS},
    describe=describe_importance,
    template="importance.html",
)
