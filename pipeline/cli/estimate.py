"""Estimates how long a training will still take.

Before a model has finished: what such a search usually takes, at the pace of the stages so far.
From then on: what the finished models took, in proportion to what models usually take among each
other, and no less than the search's own pace by the clock on the wall says, where other work keeps
the processors busy. Where that is used up, or nobody can know, nothing; nothing counts down to a
moment that passes.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from pipeline.system.progress import Work
from pipeline.tasks import REGRESSION

MODELS: Mapping[str, float] = {
    **{"rf": 0.6, "et": 0.4, "gbr": 0.2, "gbc": 0.8, "ada": 0.15, "xgboost": 0.15},
    **{"lightgbm": 0.15, "catboost": 1.5, "mlp": 1.0, "gpc": 2.0, "tr": 3.0, "rbfsvm": 0.2},
    **{"kr": 0.3, "ransac": 0.2, "ard": 0.1, "svm": 0.1, "knn": 0.1, "huber": 0.1, "lr": 0.1},
}
"""Seconds for one fold of a thousand rows on one core, roughly: only their proportions last, for a
search corrects them by its own pace."""

QUICK = 0.05
"""Seconds of any other model."""

USUAL = tuple(model for model in REGRESSION.models if model not in REGRESSION.slow)
"""The models of a search of which nothing is known yet."""

STAGES: Mapping[str, float] = {
    **{"start": 1.0, "dataset": 8.0, "experiment": 4.0, "select": 5.0, "export": 0.5},
    **{"verify": 1.5, "track": 12.0, "register": 1.0},
}
"""Seconds of the stages of a training, its search apart, roughly; a run corrects them likewise."""

ROWS, FOLDS = 1000, 10
"""Of a table and a search of which nothing is known yet."""


class Estimate:
    """What is known of one training's time. Every moment is one of the monotonic clock.

    Attributes:
        began: when the command did.
    """

    def __init__(self, began: float) -> None:
        self.began = began
        self._work: Work | None = None
        self._stage, self._since = "start", began
        self._running: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._left: list[str] = []
        self._searching: float | None = None
        self._first: float | None = None

    def expect(self, work: Work) -> None:
        self._work = work

    def stage(self, name: str, now: float) -> None:
        self._stage, self._since, self._running = name, now, {}

    def models(self, ids: Sequence[str], now: float) -> None:
        self._left, self._took, self._running = list(ids), {}, {}
        self._searching, self._first = now, None

    def started(self, model_id: str, now: float) -> None:
        self._running[model_id] = now
        self._first = now if self._first is None else self._first

    def finished(self, model_id: str, seconds: float) -> None:
        self._running.pop(model_id, None)
        if model_id in self._left:
            self._left.remove(model_id)
            self._took[model_id] = seconds

    def searched(self) -> None:
        """The search is over, whatever has not finished."""
        self._left, self._running = [], {}

    def text(self, now: float) -> str:
        """`about 40 s left`, `usually about 2 min`, or nothing."""
        if self._work is None:
            return ""
        if self._searching is None:
            if self._work.composed:
                return ""
            fold = self._alone(self._work.models or USUAL) * max(
                1.0, (self._work.rows or ROWS) / ROWS
            )
            seconds = max(1.0, self._pace()) * (sum(STAGES.values()) + fold * self._work.folds)
            return _phrase("usually about", seconds, "in all") if now - self.began < seconds else ""
        if self._stage == "experiment" and self._left:
            return self._of_the_search(now)
        if self._stage not in STAGES:
            return ""  # a gate, a composed model: nobody knows
        return _phrase("about", self._of_the_stages(now), "left")

    def _alone(self, ids: Sequence[str]) -> float:
        """Usual seconds of one fold of all these models; the slowest one bounds the workers."""
        assert self._work is not None
        costs = [MODELS.get(i, QUICK) for i in ids]
        return max(sum(costs) / self._work.workers, max(costs, default=0.0))

    def _of_the_search(self, now: float) -> str:
        """From the models that have finished; those of other machines and tables say nothing."""
        assert self._work is not None
        if not self._took:
            return ""
        usual = sum(MODELS.get(i, QUICK) for i in self._took)
        pace = sum(self._took.values()) / usual
        rest = {i: pace * MODELS.get(i, QUICK) - self._spent(i, now) for i in self._left}
        if min(rest.values()) <= 0 and len(rest) <= self._work.workers:
            return ""  # longer than it was thought to be
        known = [max(0.0, seconds) for seconds in rest.values()]
        seconds = max(sum(known) / self._work.workers, *known, self._by_the_wall(pace, now))
        if self._work.search_until is not None:
            seconds = min(seconds, max(0.0, self._work.search_until - now))
        if self._work.composed:
            return _phrase("about", seconds, "of comparing left")
        return _phrase("about", seconds + self._of_the_stages(now), "left")

    def _by_the_wall(self, pace: float, now: float) -> float:
        """Seconds that are left at the pace of the search so far, whatever slows it down."""
        if self._first is None:
            return 0.0
        usual = {i: MODELS.get(i, QUICK) for i in (*self._took, *self._left)}
        done = sum(usual[i] for i in self._took) + sum(
            min(usual[i], self._spent(i, now) / pace) for i in self._left if i in self._running
        )
        return (now - self._first) * (sum(usual.values()) / done - 1)

    def _pace(self) -> float:
        """How much longer than usual the stages before this one took."""
        names = list(STAGES)
        before = names[: names.index(self._stage)] if self._stage in names else []
        usual = sum(STAGES[name] for name in before)
        return min(4.0, max(0.5, (self._since - self.began) / usual)) if usual else 1.0

    def _spent(self, model_id: str, now: float) -> float:
        return now - self._running.get(model_id, now)

    def _of_the_stages(self, now: float) -> float:
        """What the stages after the search need, at the pace of those before it; 0 if overdue."""
        assert self._searching is not None
        names = list(STAGES)
        before = sum(STAGES[name] for name in names[:3])
        pace = min(4.0, max(0.5, (self._searching - self.began) / before))
        here = names.index(self._stage)
        rest = pace * sum(STAGES[name] for name in names[here + 1 :])
        if self._stage == "experiment":
            return rest
        own = pace * STAGES[self._stage] - (now - self._since)
        return own + rest if own > 0 else 0.0


def _phrase(before: str, seconds: float, after: str) -> str:
    return f"{before} {format_rough_duration(seconds)} {after}" if seconds > 0 else ""


def format_rough_duration(seconds: float) -> str:
    """A duration as coarse as a guess is: 5 s, 40 s, 3 min, 2 h."""
    if seconds < 60:
        step = 5 if seconds < 20 else 10
        return f"{step * max(1, math.ceil(seconds / step))} s"
    if seconds < 90 * 60:
        return f"{round(seconds / 60):.0f} min"
    return f"{round(seconds / 3600):.0f} h"
