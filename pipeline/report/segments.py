"""Finds the segments of the holdout in which the winner errs most."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.rendering.charts import HoldoutPredictions, Scheme, split_axes
from pipeline.rendering.drawing import Drawing, ReportContext, Tables
from pipeline.rendering.wording import format_number, shorten
from pipeline.report import holdout
from pipeline.report.bins import FEW_ROWS, split_into_parts
from pipeline.report.chapter import Chapter, Holds
from pipeline.report.result_tables import TextTable
from pipeline.tasks import TASKS
from pipeline.track.training_result import TrainingResult

if TYPE_CHECKING:
    from matplotlib.axes import Axes


FILE = "segments.json"
SECTION = "segments"
COLUMNS: Mapping[str, Holds] = {
    **{"column": "word", "segment": "word", "rows": "count"},
    **{"error": "number", "low": "number", "high": "number"},
}
Row = tuple[str, str, int, float, float, float]
MOST_COLUMNS = 6
"""Columns that are drawn; tables/segments.json has all."""
WORST = 8
QUANTILE = 1.96
"""Of the normal distribution, for 95%."""


def measure_segments(evidence: TrainingResult) -> Mapping[str, pd.DataFrame]:
    """The error of all rows and of every part of every column."""
    trained = evidence.trained
    facts = {"target": evidence.dataset.spec.target, "labels": trained.labels}
    found = holdout.read_holdout(facts, trained.holdout_predictions)
    return {
        FILE: tabulate_segments(found, trained.holdout_predictions[list(evidence.dataset.features)])
    }


def tabulate_segments(found: HoldoutPredictions, features: pd.DataFrame) -> pd.DataFrame:
    """Rows, error and its 95% interval: of all rows first, then of the most telling column on.

    A column tells as much as the share of the errors' variance that lies between its parts, less
    what chance would put there.
    """
    wrong = found.actual != found.predicted if found.labels else found.actual - found.predicted
    errors = np.asarray(abs(wrong), np.float64)
    ranked = []
    for name in features:
        parts = split_into_parts(features[name])
        if len(parts.names) > 1:
            ranked.append((_epsilon_squared(errors, parts.codes), str(name), parts))
    ranked.sort(key=lambda entry: -entry[0])
    rows = [_row("", "all rows", errors, found)]
    for _, name, parts in ranked:
        for code, part in enumerate(parts.names):
            rows.append(_row(name, part, errors[parts.codes == code], found))
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(column: str, part: str, errors: NDArray[np.float64], found: HoldoutPredictions) -> Row:
    mean = float(errors.mean())
    low, high = _wilson(mean, len(errors)) if found.labels else _interval(errors)
    return column, part, len(errors), mean, low, high


def _wilson(rate: float, rows: int) -> tuple[float, float]:
    """Wilson's interval of a rate: within 0 and 1, and not empty for a rate of 0."""
    square = QUANTILE**2 / rows
    middle = (rate + square / 2) / (1 + square)
    half = QUANTILE * math.sqrt(rate * (1 - rate) / rows + square / 4 / rows) / (1 + square)
    return max(0.0, middle - half), min(1.0, middle + half)


def _interval(errors: NDArray[np.float64]) -> tuple[float, float]:
    """The interval of a mean; unknown for a single row, and where squares overflow."""
    if len(errors) == 1:
        return math.nan, math.nan
    mean = float(errors.mean())
    half = QUANTILE * float(errors.std(ddof=1)) / math.sqrt(len(errors))
    return (max(0.0, mean - half), mean + half) if math.isfinite(half) else (math.nan, math.nan)


def _epsilon_squared(errors: NDArray[np.float64], codes: NDArray[np.intp]) -> float:
    """Epsilon squared: the correlation ratio of the parts with enough rows, less their number's."""
    enough = np.bincount(codes)[codes] >= FEW_ROWS
    errors, (_, codes) = errors[enough], np.unique(codes[enough], return_inverse=True)
    counts = np.bincount(codes)
    if len(counts) < 2:
        return -math.inf
    within = float(((errors - (np.bincount(codes, errors) / counts)[codes]) ** 2).sum())
    total = float(((errors - errors.mean()) ** 2).sum())
    if total == 0:
        return -math.inf
    return 1 - (within / (len(errors) - len(counts))) / (total / (len(errors) - 1))


def describe_segments(facts: ReportContext, tables: Tables) -> dict[str, Any] | None:
    """What the page says beside the picture: the error of all rows and the worst segments."""
    found = tables.get(FILE)
    if found is None or len(found) < 2:
        return None
    found = found.astype(dict.fromkeys(("error", "low", "high"), float))
    return {
        "error": TASKS[facts["task"]].error,
        "tried": len(found) - 1,
        "worst": asdict(select_worst_segments(found)),
    }


def select_worst_segments(found: pd.DataFrame) -> TextTable:
    """The segments that are surely worse than all rows, the surest first: by their lower bound."""
    overall = float(found["error"].iloc[0])
    kept = (found["low"] > overall) & (found["rows"] >= FEW_ROWS)
    bad = found[kept].sort_values("low", ascending=False).head(WORST)
    rows = tuple(
        (
            column,
            part,
            f"{count:,}",
            format_number(error),
            f"{format_number(low)} to {format_number(high)}",
            times,
        )
        for column, part, count, error, low, high, times in zip(
            *(bad[name].tolist() for name in COLUMNS),
            (bad["error"] / (overall or 1)).map("{:.1f} ×".format),
            strict=True,
        )
    )
    head = ("column", "segment", "rows", "error", "95% interval", "of all rows' error")
    return TextTable(head, rows, ("",) * len(rows))


def draw_segments(facts: ReportContext, tables: Tables) -> Iterator[Drawing]:
    """One picture, unless there is nothing to tell: no errors, or no column with parts."""
    found = tables.get(FILE)
    if found is None or len(found) < 2 or found["error"].iloc[0] == 0:
        return
    columns = list(dict.fromkeys(found["column"][1:]))[:MOST_COLUMNS]
    name = TASKS[facts["task"]].error
    longest = _longest(found, columns)
    wide, high = min(3, len(columns)), -(-len(columns) // 3)
    yield Drawing(
        "error_by_segment",
        SECTION,
        f"The {name} in the parts of the {len(columns)} columns across which it differs most, "
        "with the number of holdout rows and the 95% interval. The dashed line is the error of "
        f"all rows; grey: fewer than {FEW_ROWS} rows.",
        partial(_draw, found=found, columns=columns, name=name),
        (3.5 * wide, high * (1.0 + 0.24 * longest)),
    )


def _longest(found: pd.DataFrame, columns: list[str]) -> int:
    return max(int((found["column"] == column).sum()) for column in columns)


def _draw(
    axes: Axes, scheme: Scheme, *, found: pd.DataFrame, columns: list[str], name: str
) -> None:
    overall = float(found["error"].iloc[0])
    shown = found[found["column"].isin(columns) & (found["rows"] >= FEW_ROWS)]
    end = np.nanmax([overall, *shown["error"], *shown["high"]])
    wide, longest = min(3, len(columns)), _longest(found, columns)
    grid = split_axes(axes, len(columns), wide, sharex=True)
    for place, (cells, column) in enumerate(zip(grid, columns, strict=True)):
        rows = found[found["column"] == column]
        _bars(cells, scheme, rows)
        cells.set_xlim(0, 1.03 * end)  # a part of few rows may end beyond
        cells.set_ylim(longest - 0.5, -0.5)
        cells.axvline(overall, color=scheme.series[1], linewidth=1.3, linestyle="--")
        cells.set_title(shorten(column, 30), fontsize=10, loc="left", y=1.0)
        if place >= len(columns) - wide:
            cells.set_xlabel(name, fontsize=9)


def _bars(axes: Any, scheme: Scheme, rows: pd.DataFrame) -> None:
    places = np.arange(len(rows))
    colours = [scheme.grid if few else scheme.series[0] for few in rows["rows"] < FEW_ROWS]
    axes.barh(places, rows["error"], height=0.72, color=colours)
    known = rows["low"].notna().to_numpy()
    bounds = rows[["low", "high"]].to_numpy(float)[known]
    axes.hlines(places[known], bounds[:, 0], bounds[:, 1], color=scheme.text, linewidth=1.1)
    names = [
        f"{shorten(str(part), 26)} ({count:,})"
        for part, count in zip(rows["segment"], rows["rows"], strict=True)
    ]
    axes.set_yticks(places, names, fontsize=8.5)
    axes.tick_params(axis="x", labelsize=8.5, labelbottom=True)
    axes.grid(axis="x", linewidth=0.6)


CHAPTER = Chapter(
    SECTION,
    draw_segments,
    under="metrics",
    measure=measure_segments,
    keeps={FILE: COLUMNS},
    describe=describe_segments,
    template="segments.html",
)
