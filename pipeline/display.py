"""A run as people and machines watch it: a live leaderboard on a terminal, else log lines."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.table import Table

logger = logging.getLogger(__name__)

SMALLER_IS_BETTER = frozenset({"MAE", "MSE", "RMSE", "RMSLE", "MAPE"})
SHOWN = 10
"""Rows of the live leaderboard; all of them come with the result."""
FIRST = ("id", "model", "Model", "µs/Row", "Bytes", "Convertible", "TT (Sec)", "seconds", "Flips")
"""Columns of a leaderboard that matter most, behind the metric that decides."""
GAP = 2
"""Blanks between two columns."""


def decimals(value: float) -> str:
    """A metric with four decimals; "-" where it could not be computed."""
    return "-" if math.isnan(value) else f"{value:.4f}"


def fitting(widths: Mapping[str, int], metric: str, most: int) -> list[str]:
    """The columns of a leaderboard that fit a line, in their own order; the first is always there.

    The most important are the first column and the metric; one that is wider than half the line,
    as names of composed models are, comes last, and one that does not fit leaves room to the next.

    Args:
        widths: of every column.
        metric: the one that decides.
        most: characters of a line.
    """
    first, *others = widths
    ranks = {name.lower(): place for place, name in enumerate((first, metric, *FIRST))}
    chosen, left = {first}, most - widths[first]

    def place(name: str) -> tuple[bool, int]:
        return widths[name] > most // 2, ranks.get(name.lower(), len(ranks))

    for name in sorted(others, key=place):
        if GAP + widths[name] <= left:
            chosen.add(name)
            left -= GAP + widths[name]
    return [name for name in widths if name in chosen]


class LoggedProgress:
    """One log record per stage, and per model where the level of `models` is logged."""

    def __init__(self, models: int = logging.DEBUG) -> None:
        self._level = models

    def stage(self, name: str, detail: str = "") -> None:
        _log(logging.INFO, f"{name}: {detail}" if detail else name, stage=name, detail=detail)

    def models(self, names: Mapping[str, str]) -> None:
        _log(self._level, f"comparing {len(names)} models", models=list(names))

    def model_started(self, model_id: str) -> None:
        _log(self._level, f"{model_id} started", model=model_id)

    def model_finished(self, model_id: str, metrics: Mapping[str, float], seconds: float) -> None:
        # JSON has no NaN
        known = {name: value for name, value in metrics.items() if math.isfinite(value)}
        verb = "finished" if metrics else "failed"
        _log(
            self._level,
            f"{model_id} {verb} after {seconds:.1f} s",
            model=model_id,
            metrics=known,
            seconds=round(seconds, 3),
        )


def _log(level: int, message: str, **event: object) -> None:
    logger.log(level, message, extra={"event": event})


class LiveProgress:
    """A line per stage, and below it the search's leaderboard, redrawn in place at every event.

    Nothing runs between the events: a refreshing thread would hold locks across the search's fork.
    Outside the search the terminal is free, so that results can be written to it.
    """

    def __init__(self, console: Console, metric: str | None = None) -> None:
        self._console, self._metric, self._began = console, metric, time.monotonic()
        self._live: Live | None = None
        self._names: dict[str, str] = {}
        self._running: list[str] = []
        self._finished: dict[str, tuple[Mapping[str, float], float]] = {}

    def __enter__(self) -> LiveProgress:
        return self

    def __exit__(self, *error: object) -> None:
        self._end_search()

    def stage(self, name: str, detail: str = "") -> None:
        self._end_search()
        seconds = time.monotonic() - self._began
        line = f"{seconds:6.1f} s  {name:<12}{detail}"
        self._console.print(line, markup=False, highlight=False)

    def models(self, names: Mapping[str, str]) -> None:
        self._end_search()
        self._names, self._running, self._finished = dict(names), [], {}
        self._draw()

    def model_started(self, model_id: str) -> None:
        self._running.append(model_id)
        self._draw()

    def model_finished(self, model_id: str, metrics: Mapping[str, float], seconds: float) -> None:
        self._running = [other for other in self._running if other != model_id]
        self._finished[model_id] = (metrics, seconds)
        self._draw()

    def _end_search(self) -> None:
        if self._live is not None:
            self._live.stop()
        self._live = None

    def _draw(self) -> None:
        from rich.live import Live

        if self._live is None:
            self._live = Live(
                console=self._console, auto_refresh=False, transient=True, redirect_stdout=False
            )
            self._live.start()
        self._live.update(self._picture(), refresh=True)

    def _picture(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        known = self._names.keys() | self._finished.keys()  # composed models come on top
        status = f"          {len(self._finished)} of {len(known)} models"
        if self._running:
            status += ", fitting " + ", ".join(self._name(m) for m in self._running)
        return Group(Text(status), self._leaderboard()) if self._finished else Text(status)

    def _leaderboard(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        ranked = self.ranked()
        columns = list(next((self._finished[m][0] for m in ranked if self._finished[m][0]), {}))
        table = Table(box=None, header_style="bold")
        for name in ("model", *columns, "seconds"):
            table.add_column(Text(name))  # a name is no markup
        for model_id in ranked[:SHOWN]:
            metrics, seconds = self._finished[model_id]
            cells = [decimals(metrics[c]) if c in metrics else "failed" for c in columns]
            table.add_row(Text(self._name(model_id)), *cells, f"{seconds:.1f}")
        return table

    def ranked(self) -> list[str]:
        """Ids of the finished models, best first, failed ones last."""
        known = next((metrics for metrics, _ in self._finished.values() if metrics), {})
        usual = [self._metric, "R2", "Accuracy", *known]
        by = next((name for name in usual if name in known), None)

        def place(model_id: str) -> float:
            value = self._finished[model_id][0].get(by or "", math.nan)
            if math.isnan(value):
                return math.inf
            return value if by in SMALLER_IS_BETTER else -value

        return sorted(self._finished, key=place)

    def _name(self, model_id: str) -> str:
        return self._names.get(model_id, model_id)
