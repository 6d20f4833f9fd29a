"""Shows the progress of a run: a live leaderboard on a terminal, else log lines."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from pipeline.cli.estimate import Estimate
from pipeline.cli.ticker import DRAWING, Ticker
from pipeline.system.progress import Work
from pipeline.tasks import TASKS, TaskMetric

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.live import Live
    from rich.table import Table

logger = logging.getLogger(__name__)

SHOWN = 10
"""Rows of the live leaderboard; all of them come with the result."""
FIRST = ("id", "model", "Model", "µs/Row", "Bytes", "Convertible", "TT (Sec)", "seconds", "Flips")
"""Columns of a leaderboard that matter most, behind the metric that decides."""
GAP = 2
"""Blanks between two columns."""


def format_decimals(value: float) -> str:
    """A metric with four decimals; "-" where it could not be computed."""
    return "-" if math.isnan(value) else f"{value:.4f}"


def choose_columns(widths: Mapping[str, int], metric: str, most: int) -> list[str]:
    """The columns of a leaderboard that fit a line, in their own order; the first is always there.

    The most important are the first column and the metric; one that is wider than half the line,
    as names of composed models are, comes last, and one that does not fit leaves room to the next.

    Args:
        widths: of every column.
        most: characters of a line.
    """
    first, *others = widths
    order = (first, metric, *FIRST)
    ranks = {name.lower(): place for place, name in enumerate(order)}
    chosen, left = {first}, most - widths[first]

    def place(name: str) -> tuple[bool, int]:
        return widths[name] > most // 2, ranks.get(name.lower(), len(order))

    for name in sorted(others, key=place):
        if GAP + widths[name] <= left:
            chosen.add(name)
            left -= GAP + widths[name]
    return [name for name in widths if name in chosen]


class LoggedProgress:
    """One log record per stage, step and finished model, each with the seconds so far.

    Args:
        models: the level at which models begin.
    """

    def __init__(self, models: int = logging.DEBUG) -> None:
        self._level, self._began = models, time.monotonic()
        self._stage = ""
        self._known: set[str] = set()
        self._finished: set[str] = set()

    def expect(self, work: Work) -> None:
        pass

    def stage(self, name: str, detail: str = "") -> None:
        self._stage = name
        self._log(f"{name}: {detail}" if detail else name, stage=name, detail=detail)

    def step(self, text: str) -> None:
        self._log(f"{self._stage}: {text}", step=text)

    def models(self, names: Mapping[str, str]) -> None:
        self._known, self._finished = set(names), set()
        text = f"comparing {len(names)} models"
        self._log(text, self._level, models=list(names))

    def model_started(self, model_id: str) -> None:
        self._log(f"{model_id} started", self._level, model=model_id)

    def model_finished(self, model_id: str, metrics: Mapping[str, float], seconds: float) -> None:
        self._finished.add(model_id)
        # JSON has no NaN
        known = {name: value for name, value in metrics.items() if math.isfinite(value)}
        verb = "finished" if metrics else "failed"
        count = f"{len(self._finished)} of {len(self._known | self._finished)} models"
        self._log(
            f"{model_id} {verb} after {seconds:.1f} s, {count}",
            model=model_id,
            metrics=known,
            seconds=round(seconds, 3),
        )

    def _log(self, message: str, level: int = logging.INFO, **event: object) -> None:
        elapsed = time.monotonic() - self._began
        event["elapsed"] = round(elapsed, 1)
        logger.log(level, "%5.1f s  %s", elapsed, message, extra={"event": event})


def align_table(columns: Sequence[str], rows: Sequence[Sequence[object]]) -> Iterator[str]:
    """A table as aligned lines, its head first."""
    texts = format_cells(rows)
    widths = measure_widths(columns, texts)
    numeric = [
        all(isinstance(v, int | float) for v in column) for column in zip(*rows, strict=True)
    ]
    for row in [list(columns), *texts]:
        cells = (
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric or [False] * len(row), strict=True)
        )
        yield "  ".join(cells).rstrip()


def format_cells(rows: Sequence[Sequence[object]]) -> list[list[str]]:
    """Cells as they are shown."""
    return [[format_decimals(v) if isinstance(v, float) else str(v) for v in row] for row in rows]


def measure_widths(columns: Sequence[str], texts: Sequence[Sequence[str]]) -> list[int]:
    """Width of every column."""
    return [max(map(len, column)) for column in zip(columns, *texts, strict=True)]


class LiveProgress:
    """A line per stage; below it the time, what goes on, an estimate, and the search's leaderboard.

    It is drawn again at every event and every second. A thread does that, since importing takes
    seconds without an event; `ticker.DRAWING` keeps it from the search's forks.
    """

    def __init__(self, console: Console, metric: str | None = None) -> None:
        self._console, self._metric, self._began = console, metric, time.monotonic()
        self._estimate = Estimate(self._began)
        self._live: Live | None = None
        self._ticker: Ticker | None = None
        self._doing = ""
        self._names: dict[str, str] = {}
        self._running: list[str] = []
        self._finished: dict[str, tuple[Mapping[str, float], float]] = {}

    def __enter__(self) -> LiveProgress:
        return self

    def __exit__(self, *error: object) -> None:
        self.free()

    def free(self) -> None:
        """Give the terminal back, as for a result; the next event takes it again."""
        ticker, self._ticker = self._ticker, None
        if ticker is not None:
            ticker.stop()
        live, self._live = self._live, None
        if live is not None:
            live.stop()

    def expect(self, work: Work) -> None:
        with DRAWING:
            self._estimate.expect(work)

    def stage(self, name: str, detail: str = "") -> None:
        with DRAWING:
            if name not in ("experiment", "compose"):  # these go on with the same leaderboard
                self._names, self._finished = {}, {}
            self._running, self._doing = [], name
            self._estimate.stage(name, time.monotonic())
            line = f"{self._elapsed():6.1f} s  {name:<12}{detail}"
            self._console.print(line, markup=False, highlight=False)
        self._draw()

    def step(self, text: str) -> None:
        with DRAWING:
            self._doing, self._running = text, []
            self._estimate.searched()
        self._draw()

    def models(self, names: Mapping[str, str]) -> None:
        with DRAWING:
            self._names, self._running, self._finished = dict(names), [], {}
            self._estimate.models(list(names), time.monotonic())
        self._draw()

    def model_started(self, model_id: str) -> None:
        with DRAWING:
            self._running.append(model_id)
            self._estimate.started(model_id, time.monotonic())
        self._draw()

    def model_finished(self, model_id: str, metrics: Mapping[str, float], seconds: float) -> None:
        with DRAWING:
            self._running = [other for other in self._running if other != model_id]
            self._finished[model_id] = (metrics, seconds)
            self._estimate.finished(model_id, seconds)
        self._draw()

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _draw(self) -> None:
        from rich.live import Live

        with DRAWING:
            if self._live is None:
                self._live = Live(
                    console=self._console, auto_refresh=False, transient=True, redirect_stdout=False
                )
                self._live.start()
            self._tick()
        if self._ticker is None:
            self._ticker = Ticker(self._tick)
            self._ticker.start()

    def _tick(self) -> None:
        if self._live is not None:
            self._live.update(self._picture(), refresh=True)

    def _picture(self) -> RenderableType:
        from rich.console import Group
        from rich.text import Text

        parts = [self._estimate.text(time.monotonic()), self._doing]
        if self._names or self._finished:
            parts = [self._counted(), *parts]
        if self._running:
            parts[-1] = "fitting " + ", ".join(self._name(m) for m in self._running)
        status = f"{self._elapsed():6.0f} s    " + "; ".join(part for part in parts if part)
        line = Text(status, no_wrap=True, overflow="ellipsis")
        return Group(line, self._leaderboard()) if self._finished else line

    def _counted(self) -> str:
        known = self._names.keys() | self._finished.keys()  # composed models come on top
        return f"{len(self._finished)} of {len(known)} models"

    def _leaderboard(self) -> Table:
        from rich.table import Table
        from rich.text import Text

        ranked = self.ranked()
        metrics = list(next((self._finished[m][0] for m in ranked if self._finished[m][0]), {}))
        columns = ["model", *metrics, "seconds"]
        rows = [self._row(model_id, metrics) for model_id in ranked[:SHOWN]]
        widths = {
            name: max(len(cells[place]) for cells in [columns, *rows])
            for place, name in enumerate(columns)
        }
        shown = choose_columns(widths, self._decisive() or "", self._console.width - GAP)
        table = Table(box=None, header_style="bold")
        for name in shown:
            table.add_column(Text(name), no_wrap=True, overflow="ellipsis")  # a name is no markup
        for row in rows:
            cells = dict(zip(columns, row, strict=True))
            table.add_row(*(Text(cells[name]) for name in shown))
        return table

    def _row(self, model_id: str, columns: Sequence[str]) -> list[str]:
        metrics, seconds = self._finished[model_id]
        cells = [format_decimals(metrics[c]) if c in metrics else "failed" for c in columns]
        return [self._name(model_id), *cells, f"{seconds:.1f}"]

    def _decisive(self) -> str | None:
        known = next((metrics for metrics, _ in self._finished.values() if metrics), {})
        given = _find_metric(self._metric or "")
        defaults = (task.default_metric for task in TASKS.values())
        usual = [given.column if given else self._metric, *defaults, *known]
        return next((name for name in usual if name in known), None)

    def ranked(self) -> list[str]:
        """Ids of the finished models, best first, failed ones last."""
        by = self._decisive()
        metric = _find_metric(by or "")
        sign = metric.sign if metric else 1

        def place(model_id: str) -> float:
            value = self._finished[model_id][0].get(by or "", math.nan)
            if math.isnan(value):
                return math.inf
            return -sign * value

        return sorted(self._finished, key=place)

    def _name(self, model_id: str) -> str:
        return self._names.get(model_id, model_id)


def _find_metric(name: str) -> TaskMetric | None:
    """The metric of an id or of a leaderboard column, whatever the task."""
    return next((found for task in TASKS.values() if (found := task.find_metric(name))), None)
