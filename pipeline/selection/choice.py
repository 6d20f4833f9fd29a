"""Chooses the best candidate that keeps the budgets."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pipeline.automl.candidate_cost import Cost
from pipeline.automl.experiment import Candidate, SearchResult, train_rival
from pipeline.config.ensemble_rules import list_ensemble_steps
from pipeline.config.train_config import TrainConfig
from pipeline.data.dataset import Dataset
from pipeline.errors import GateError
from pipeline.tasks import TaskMetric

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class TriedCandidate:
    """One candidate that may win.

    Attributes:
        value: its cross-validated metric, negated where smaller is better.
        error: standard error of the metric's mean over the folds; 0 where nobody knows.
    """

    id: str
    metric: float
    value: float
    error: float
    cost: Cost


@dataclass(frozen=True)
class ChoiceRules:
    """What the settings say about the choice.

    Attributes:
        select: metric, latency or size.
        metric: name of the metric, for people.
        budgets: the largest value allowed, by attribute of `Cost`.
    """

    select: str
    metric: str
    budgets: Mapping[str, float]

    def broken(self, cost: Cost) -> Iterator[str]:
        """The budgets that a candidate exceeds."""
        return (name for name, most in self.budgets.items() if getattr(cost, name) > most)


@dataclass(frozen=True)
class Selection:
    """The candidates as graphs and the one that was chosen.

    Attributes:
        text: why, where it is not simply the first of the leaderboard; else empty.
    """

    chosen: str
    text: str


UNITS: Mapping[str, Callable[[float], str]] = {
    "microseconds_per_row": lambda value: f"{value:,.1f} µs per row",
    "bytes": lambda value: f"{value:,.0f} bytes",
}
FASTEST: Mapping[str, tuple[str, str]] = {
    "latency": ("microseconds_per_row", "fastest"),
    "size": ("bytes", "smallest"),
}


def select_candidate(trained: SearchResult, dataset: Dataset, config: TrainConfig) -> SearchResult:
    """The training whose winner is the best of those tried that keeps the budgets.

    Raises:
        GateError: there are proven candidates, but none within the budgets.
        PipelineError: the chosen one cannot be fitted again.
    """
    asked = _is_asked(config)
    rules, ranking = _rules(trained.metric, config)
    if not asked and not trained.left_out and list_ensemble_steps(config):
        return trained  # the composed model is what was asked for
    contenders = [
        _contender(c, ranking)
        for c in trained.candidates
        if c.cost is not None and (c.id == trained.model_id or c.id != "dummy")
    ]
    contenders.sort(key=lambda c: c.id != trained.model_id)
    if not contenders:
        return trained
    selection = choose_candidate(contenders, rules)
    if trained.choice and selection.chosen == trained.model_id:
        return trained  # the metric cannot tell, and the guard has said so
    if selection.chosen != trained.model_id and not asked:
        logger.warning("%s", selection.text)
    if selection.chosen != trained.model_id:
        trained = train_rival(trained, dataset, config, selection.chosen)
    return replace(trained, choice=selection.text)


def _is_asked(config: TrainConfig) -> bool:
    """Whether the settings say more than to take the best."""
    budgets = (config.max_microseconds_per_row, config.max_bytes)
    return config.select != "metric" or any(budget is not None for budget in budgets)


def choose_candidate(contenders: Sequence[TriedCandidate], rules: ChoiceRules) -> Selection:
    """The contender that wins by the rules.

    By metric the first that keeps the budgets. By latency or size the fastest or smallest among
    those whose metric is within one standard error of the best that keeps them (the rule of
    Breiman et al., 1984, for choosing a simpler model).

    Args:
        contenders: the winner of the search first, then by metric.
        rules: what is chosen by, and the budgets.

    Raises:
        GateError: none of the proven ones keeps the budgets.
    """
    proven = [c for c in contenders if c.cost.proven]
    if not proven:  # the stages that follow say why, with all the evidence
        return Selection(contenders[0].id, "")
    within = [c for c in proven if not any(rules.broken(c.cost))]
    if not within:
        raise _beyond(proven, rules)
    chosen = within[0]
    if rules.select != "metric":
        name, _ = FASTEST[rules.select]
        best = max(within, key=lambda c: c.value)
        equals = [c for c in within if c.value >= best.value - best.error]
        chosen = min(equals, key=lambda c: (getattr(c.cost, name), -c.value))
    return Selection(chosen.id, _explain(chosen, contenders, rules))


def _explain(
    chosen: TriedCandidate, contenders: Sequence[TriedCandidate], rules: ChoiceRules
) -> str:
    """Why this one, and what that costs in the metric against the best that was tried."""
    best = max(contenders, key=lambda c: c.value)
    asked = rules.select != "metric" or bool(rules.budgets)
    if chosen is best:
        return f"{chosen.id} is the best by {rules.metric} and keeps to what was asked" * asked
    return (
        f"{chosen.id} was chosen, not {best.id}, {_reason(best, rules)}: "
        f"{rules.metric} {chosen.metric:.4f} instead of {best.metric:.4f} "
        f"(costs {abs(best.value - chosen.value):.4f}), {_figures(chosen)} "
        f"instead of {_figures(best)}"
    )


def _reason(best: TriedCandidate, rules: ChoiceRules) -> str:
    if not best.cost.convertible:
        return f"which has no graph ({best.cost.refusal})"
    if not best.cost.proven:
        return f"whose graph fails on {best.cost.failures:,} rows"
    if broken := list(rules.broken(best.cost)):
        limits = ", ".join(UNITS[name](rules.budgets[name]) for name in broken)
        return f"which is beyond the budget of {limits}"
    if rules.select == "metric":
        return "since it is what was composed"
    return f"as the {FASTEST[rules.select][1]} within one standard error of it"


def _figures(contender: TriedCandidate) -> str:
    if not contender.cost.convertible:
        return "none"
    return " and ".join(show(getattr(contender.cost, name)) for name, show in UNITS.items())


def _beyond(proven: Sequence[TriedCandidate], rules: ChoiceRules) -> GateError:
    limits = " and ".join(UNITS[name](most) for name, most in rules.budgets.items())
    table = "; ".join(f"{c.id}: {rules.metric} {c.metric:.4f}, {_figures(c)}" for c in proven)
    enough = ", ".join(
        f"max_{name} to {math.ceil(min(getattr(c.cost, name) for c in proven)):,}"
        for name in rules.budgets
    )
    return GateError(
        f"none of the first {len(proven)} models is within the budget of {limits}: {table}",
        hint=f"raise {enough} or more, let more models compete with top, or include smaller ones",
        costs={c.id: dict(c.cost.figures) for c in proven},
    )


def _rules(metric: TaskMetric, config: TrainConfig) -> tuple[ChoiceRules, tuple[str, float, int]]:
    """What the settings ask for; and the metric's column, its sign, and the number of folds."""
    given = {"microseconds_per_row": config.max_microseconds_per_row, "bytes": config.max_bytes}
    budgets = {key: float(most) for key, most in given.items() if most is not None}
    ranking = metric.column, metric.sign, config.fold
    return ChoiceRules(config.select, metric.column, budgets), ranking


def _contender(candidate: Candidate, ranking: tuple[str, float, int]) -> TriedCandidate:
    name, sign, folds = ranking
    assert candidate.cost is not None
    metric = candidate.metrics.get(name, math.nan)
    return TriedCandidate(
        id=candidate.id,
        metric=metric,
        value=-math.inf if math.isnan(metric) else sign * metric,
        error=candidate.spread.get(name, 0.0) / math.sqrt(folds),
        cost=candidate.cost,
    )
