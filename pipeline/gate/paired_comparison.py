"""Compares both models by one metric, row by row.

The rule. The gain is the challenger's metric less the champion's, with its sign turned where
smaller is better, so that a positive gain is better. On rows that neither model has seen, both
are measured on the same rows, and each resample draws the same rows for both: what makes a row
hard cancels out. A challenger is refused if

- the whole interval of the gain lies below zero: it is worse, and not by chance; or
- the gain is below minus `tolerance` times the champion's metric: it may be chance, but nobody
  has shown that it is not worse.

So `tolerance` forgives a small loss only as long as it may be chance. Were a certain loss
forgiven, a year of weekly retrainings could lose `tolerance` 52 times.

Demanding that the whole interval lie above zero would keep an old champion in use while equals
come and go, and data moves on; demanding nothing but the gain's sign would refuse nobody who is
surely worse within the tolerance.

Where the champion has seen the rows, or cannot take them, there is only what PyCaret kept from
each while it was chosen. If these are the same rows, as when one table is trained on twice, the
same rule holds. If not, the difference is mostly theirs, and only a challenger whose whole interval
lies below zero is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from pipeline.config.retrain_config import Gate
from pipeline.gate.bootstrap import (
    Interval,
    Statistic,
    bootstrap_interval,
    choose_resamples,
    make_statistic,
)
from pipeline.gate.scored_rows import ScoredRows
from pipeline.rendering.wording import format_count, format_number
from pipeline.selection.metric import Metric


@dataclass(frozen=True)
class PairedComparison:
    """Both models by one metric.

    Attributes:
        wanted: the name of the metric that decides, where this one stands in for it.
        challenger, champion: its values as PyCaret shows them.
        gain: by how much the challenger is better, with its interval.
        rows: how many rows each was measured on, the challenger first.
        paired: whether these are the same rows.
        margin: the loss that is forgiven if it may be chance.
        own: whether they are what PyCaret kept from both, which their final fit has seen.
    """

    metric: str
    wanted: str
    challenger: float
    champion: float
    gain: Interval
    rows: tuple[int, int]
    paired: bool
    margin: float
    own: bool = False

    @property
    def surely_worse(self) -> bool:
        """Whether the whole interval lies below zero."""
        return self.gain.high < 0

    @property
    def passed(self) -> bool:
        close = self.gain.estimate >= -self.margin
        return not self.surely_worse and (close or not self.paired)

    @property
    def text(self) -> str:
        first, second = map(format_number, (self.challenger, self.champion))
        rows = format_count(self.rows[0], "holdout row") + " that neither has seen"
        if self.own:
            rows = f"PyCaret's own holdout of {self.rows[0]:,} rows, the same for both"
        if not self.paired:
            rows = f"PyCaret's own holdouts of {self.rows[0]:,} and {self.rows[1]:,} rows"
        gain = f"gain {self.gain.estimate:+.4g} ({self.gain})"
        name = f"{self.metric} (for {self.wanted})" if self.wanted else self.metric
        text = f"{name} {first} against the champion's {second} on {rows}: {gain}"
        return text if self.passed else f"{text}, {self._reason}"

    @property
    def _reason(self) -> str:
        if self.surely_worse:
            return "so it is worse"
        if not self.margin:
            return "so nothing shows that it is as good"
        return f"a larger loss than the {self.margin:.3g} that the tolerance forgives"


def compare_paired(
    metrics: Sequence[Metric],
    scored: tuple[ScoredRows, ScoredRows],
    settings: Gate,
    *,
    paired: bool,
) -> PairedComparison | None:
    """Both models by the first metric that both have; None if they have none.

    Args:
        metrics: the one that decides, then those that stand in for it.
        scored: the challenger's and the champion's.
        settings: `confidence` and `tolerance`.
        paired: whether both are of the same rows, in the same order.
    """
    for metric in metrics:
        values = tuple(rows.value(metric) for rows in scored)
        if all(map(math.isfinite, values)):
            found = _contest(metric, values, scored, settings, paired=paired)
            wanted = "" if metric is metrics[0] else metrics[0].name
            return replace(found, wanted=wanted)
    return None


def _contest(
    metric: Metric,
    values: tuple[float, ...],
    scored: tuple[ScoredRows, ScoredRows],
    settings: Gate,
    *,
    paired: bool,
) -> PairedComparison:
    challenger, champion = (metric.sign * value for value in values)
    rows = len(scored[0].actual), len(scored[1].actual)
    ours, theirs = (make_statistic(metric, *rows.codes(metric)) for rows in scored)
    gain, sizes = _difference(ours, theirs, paired=paired), rows[:1] if paired else rows
    with _quick():
        found = bootstrap_interval(
            gain, sizes, settings.confidence, choose_resamples(metric, max(rows))
        )
    margin = settings.tolerance * abs(champion)
    return PairedComparison(metric.name, "", challenger, champion, found, rows, paired, margin)


def _difference(ours: Statistic, theirs: Statistic, *, paired: bool) -> Statistic:
    if paired:
        return lambda rows: ours(rows) - theirs(rows)
    return lambda rows, others: ours(rows) - theirs(others)


@contextmanager
def _quick() -> Iterator[None]:
    """scikit-learn checks the arguments of each call, which takes longer than most metrics."""
    import sklearn

    with sklearn.config_context(assume_finite=True, skip_parameter_validation=True):
        yield
