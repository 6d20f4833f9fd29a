"""Measures and draws the distribution of every column."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.data.column_types import column_kind
from pipeline.rendering.charts import Scheme, split_axes
from pipeline.rendering.drawing import Drawing, ReportContext, Tables
from pipeline.rendering.wording import format_cell, format_count, shorten
from pipeline.report.chapter import Chapter, Holds
from pipeline.report.data_summary import MOST_COLUMNS
from pipeline.track.training_result import TrainingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes


FILE = "distributions.json"
BARS = 20
CATEGORIES = 12
MONTHS = 24
"""Dates of a longer time are counted by the year, or by so many years that the bars suffice."""
DRAWN = 12
WIDE = 3
MOST_TICKS = 6
TICKS = 4
FEW_BARS = 5
"""Fewer words leave room below them, so that their bars are not fat."""

Bar = tuple[str, str, float | None, float | None, int]
"""What it counts (value, range, other or missing), its label, its ends if a range, its rows."""
COLUMNS: Mapping[str, Holds] = {
    **{"column": "word", "kind": "word", "of": "word", "bar": "word"},
    **{"low": "number", "high": "number", "rows": "count"},
}


def measure_distributions(evidence: TrainingResult) -> Mapping[str, pd.DataFrame]:
    """Bars of every column of the whole table, the target first."""
    dataset = evidence.dataset
    target = dataset.frame[dataset.spec.target]
    if evidence.trained.task.target == "classes":
        target = target.astype(object)  # classes, even if they are written as numbers
    features = (dataset.frame[name] for name in dataset.features[:MOST_COLUMNS])
    rows = [
        (str(values.name), column_kind(values), *bar)
        for values in (target, *features)
        for bar in count_bars(values)
    ]
    return {FILE: pd.DataFrame(rows, columns=list(COLUMNS))}


def count_bars(values: pd.Series) -> list[Bar]:
    """A typed column's bars, in the order in which they are read; missing values come last."""
    known = values.dropna()
    made = {"M": _dates, "i": _numbers, "f": _numbers}.get(values.dtype.kind, _categories)
    found = made(known) if len(known) else []
    missing = len(values) - len(known)
    return [*found, *([_bar("missing", missing, of="missing")] if missing else [])]


def _bar(label: Any, rows: Any, *, of: str = "value") -> Bar:
    return of, str(label), None, None, int(rows)


def _categories(values: pd.Series) -> list[Bar]:
    counts = values.astype(str).value_counts()
    if counts.iloc[0] == 1 and len(counts) > CATEGORIES:  # names of rows say nothing
        return [_bar(f"{len(counts):,} different", len(counts), of="other")]
    found = [_bar(name, rows) for name, rows in counts.head(CATEGORIES).items()]
    others = counts[CATEGORIES:]
    if len(others):
        found.append(_bar(format_count(len(others), "other"), others.sum(), of="other"))
    return found


def _numbers(values: pd.Series) -> list[Bar]:
    """A bar per value if these are few, else ranges of equal width."""
    counts = values.value_counts().sort_index()
    if len(counts) <= BARS:
        distinct = counts.index.to_numpy(float)
        return [
            _bar(format_cell(value), rows) for value, rows in zip(distinct, counts, strict=True)
        ]
    numbers = values.to_numpy(float)
    low, high = numbers.min(), numbers.max()
    edges = 2 * np.linspace(low / 2, high / 2, BARS + 1)  # high - low could overflow
    edges[[0, -1]] = low, high
    counted_rows, _ = np.histogram(numbers, edges)
    return [
        (
            "range",
            f"{format_cell(start)} to {format_cell(end)}",
            float(start),
            float(end),
            int(rows),
        )
        for start, end, rows in zip(edges, edges[1:], counted_rows, strict=False)
    ]


def _dates(values: pd.Series) -> list[Bar]:
    """By month, year or several years, with the empty ones between them."""
    months = values.dt.year * 12 + values.dt.month - 1
    by_month = months.max() - months.min() < MONTHS
    units = months if by_month else values.dt.year
    first = int(units.min())
    step = 1 if by_month else (int(units.max()) - first) // BARS + 1
    counts = ((units - first) // step).value_counts()
    found = []
    for place in range(int(counts.index.max()) + 1):
        start = first + place * step
        year = str(start) if step == 1 else f"{start} to {start + step - 1}"
        label = f"{start // 12}-{start % 12 + 1:02}" if by_month else year
        found.append(_bar(label, counts.get(place, 0)))
    return found


def draw_distributions(_: ReportContext, tables: Tables) -> Iterator[Drawing]:
    """One picture of the first columns."""
    found = tables.get(FILE)
    if found is None or not len(found):
        return
    columns = list(dict.fromkeys(found["column"]))
    shown = columns[:DRAWN]
    more = len(columns) - len(shown)
    rest = f" {format_count(more, 'more column')} in tables/{FILE}." if more else ""
    yield Drawing(
        "distributions",
        "data",
        f"How many of all rows have which value, {shown[0]} (the target) first; missing values "
        f"have a bar of their own, striped.{rest}",
        partial(_draw, found=found, columns=shown),
        (10.8, 2.5 * -(-len(shown) // WIDE)),
    )


def _draw(axes: Axes, scheme: Scheme, *, found: pd.DataFrame, columns: list[str]) -> None:
    grid = split_axes(axes, len(columns), WIDE)
    for cells, column in zip(grid, columns, strict=True):
        rows = found[found["column"] == column]
        missing = int(rows["rows"][rows["of"] == "missing"].sum())
        words = rows["kind"].isin(["text", "boolean"]).any()
        (_draw_lying if words else _draw_standing)(cells, scheme, rows)
        note = f" ({missing:,} missing)" if missing else ""
        cells.set_title(shorten(column, 34) + note, fontsize=10, loc="left", y=1.0)
        cells.tick_params(labelsize=8)
        cells.grid(axis="x" if words else "y", linewidth=0.6)


def _draw_lying(axes: Axes, scheme: Scheme, rows: pd.DataFrame) -> None:
    """Words are read beside their bars."""
    places = range(len(rows))
    _stripe(axes.barh(places, rows["rows"], color=scheme.series[0], height=0.8), scheme, rows)
    axes.set_yticks(places, [shorten(bar, 16) for bar in rows["bar"]])
    axes.set_ylim(max(len(rows), FEW_BARS) - 0.5, -0.5)


def _draw_standing(axes: Axes, scheme: Scheme, rows: pd.DataFrame) -> None:
    """Numbers and dates from left to right; the missing ones stand apart."""
    places = np.arange(len(rows), dtype=float)
    places[rows["of"] == "missing"] += 0.6
    _stripe(axes.bar(places, rows["rows"], color=scheme.series[0], width=0.92), scheme, rows)
    known = rows[rows["of"] != "missing"]
    ranges = known[known["of"] == "range"]
    if len(ranges):
        axes.set_xticks(*_ticks(ranges["low"].iloc[0], ranges["high"].iloc[-1]))
        return
    step = max(1, -(-len(known) // MOST_TICKS))
    axes.set_xticks(range(0, len(known), step), known["bar"][::step])


def _ticks(low: float, high: float) -> tuple[list[float], list[str]]:
    """Round numbers and where they stand on an axis that counts bars."""
    from matplotlib.ticker import MaxNLocator

    largest = max(abs(low), abs(high), sys.float_info.min)
    scale = 10.0 ** np.floor(np.log10(largest))  # so that nothing overflows
    inside = [
        value
        for value in MaxNLocator(TICKS).tick_values(low / scale, high / scale)
        if low / scale <= value <= high / scale
    ]
    width = (high / scale - low / scale) / BARS
    places = [float((value - low / scale) / width - 0.5) for value in inside]
    return places, [format_cell(float(value * scale)) for value in inside]


def _stripe(bars: Any, scheme: Scheme, rows: pd.DataFrame) -> None:
    """Missing values by colour and stripes, other values in grey."""
    for bar, of in zip(bars, rows["of"], strict=True):
        if of == "missing":
            bar.set(facecolor=scheme.ground, edgecolor=scheme.series[1], hatch="/////")
        elif of == "other":
            bar.set(facecolor=scheme.grid)


CHAPTER = Chapter(
    "data",
    draw_distributions,
    title="Distributions",
    under="data",
    measure=measure_distributions,
    keeps={FILE: COLUMNS},
)
