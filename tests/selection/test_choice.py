"""The choice between candidates: budgets are kept, and their price in the metric is said."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.automl.candidate_cost import Cost
from pipeline.automl.experiment import SearchResult
from pipeline.config.train_config import TrainConfig
from pipeline.errors import GateError
from pipeline.selection.choice import (
    ChoiceRules,
    TriedCandidate,
    choose_candidate,
    select_candidate,
)
from tests.tables import dataset, trained


def contender(
    name: str, value: float, speed: float = 10.0, size: int = 1000, *, error: float = 0.02
) -> TriedCandidate:
    return TriedCandidate(name, abs(value), value, error, Cost("", 0.0, 0, 0, 9, speed, size))


GBR = contender("gbr", 0.84, 24.0, 27_000)
RF = contender("rf", 0.83, 50.0, 2_900_000)
DT = contender("dt", 0.825, 9.0, 50_000)
LR = contender("lr", 0.75, 8.0, 4_600)
ALL = [GBR, RF, DT, LR]
METRIC = ChoiceRules("metric", "R2", {})


def rules(by: str = "metric", **budgets: float) -> ChoiceRules:
    return ChoiceRules(by, "R2", budgets)


def failing(of: TriedCandidate, **cost: Any) -> TriedCandidate:
    return replace(of, cost=replace(of.cost, **cost))


@pytest.mark.parametrize(
    ("asked", "chosen"),
    [
        (METRIC, "gbr"),
        (rules("latency"), "dt"),
        (rules("size"), "gbr"),
        (rules(bytes=1e6), "gbr"),
        (rules(bytes=5_000), "lr"),
        (rules(microseconds_per_row=20), "dt"),
        (rules("size", microseconds_per_row=20), "dt"),
        (rules("latency", bytes=10_000), "lr"),
    ],
)
def test_the_best_within_the_budgets_wins(asked: ChoiceRules, chosen: str) -> None:
    assert choose_candidate(ALL, asked).chosen == chosen


def test_the_fastest_must_be_within_one_standard_error_of_the_best() -> None:
    near, far = (replace(GBR, error=0.0149), replace(GBR, error=0.0151))
    assert choose_candidate([near, DT], rules("latency")).chosen == "gbr"
    assert choose_candidate([far, DT], rules("latency")).chosen == "dt"


def test_the_text_says_what_the_budget_costs_in_the_metric() -> None:
    text = choose_candidate(ALL, rules(bytes=5_000)).text
    assert "lr was chosen, not gbr, which is beyond the budget of 5,000 bytes" in text
    assert "R2 0.7500 instead of 0.8400 (costs 0.0900)" in text
    assert "8.0 µs per row and 4,600 bytes instead of 24.0 µs per row and 27,000 bytes" in text
    assert (
        "as the fastest within one standard error" in choose_candidate(ALL, rules("latency")).text
    )


def test_the_best_without_conditions_needs_no_words() -> None:
    assert choose_candidate(ALL, METRIC).text == ""
    assert choose_candidate(ALL, rules(bytes=1e9)).text.startswith("gbr is the best by R2")


def test_a_metric_that_is_better_when_smaller_is_compared_by_its_sign() -> None:
    small, large = contender("small", -2.0, 50.0), contender("large", -3.0, 1.0)
    rest = ChoiceRules("metric", "MAE", {"microseconds_per_row": 5.0})
    assert choose_candidate([small, large], ChoiceRules("metric", "MAE", {})).chosen == "small"
    assert (
        "MAE 3.0000 instead of 2.0000 (costs 1.0000)" in choose_candidate([small, large], rest).text
    )


@pytest.mark.parametrize(
    ("cost", "reason"),
    [
        ({"refusal": "no exact form"}, "which has no graph (no exact form)"),
        ({"failures": 3}, "whose graph fails on 3 rows"),
    ],
)
def test_a_candidate_without_a_proven_graph_is_passed_over(
    cost: dict[str, Any], reason: str
) -> None:
    selection = choose_candidate([failing(GBR, **cost), RF, DT], METRIC)
    assert selection.chosen == "rf"
    assert reason in selection.text


def test_where_none_is_proven_the_first_goes_on_to_say_why() -> None:
    selection = choose_candidate([failing(c, failures=1) for c in ALL], rules(bytes=1))
    assert (selection.chosen, selection.text) == ("gbr", "")


def test_no_candidate_within_the_budgets_is_refused_with_what_each_costs() -> None:
    with pytest.raises(GateError) as error:
        choose_candidate(
            [*ALL, failing(LR, refusal="none")], rules(bytes=4_000, microseconds_per_row=7.5)
        )
    assert error.value.exit_code == 6
    for text in ("first 4 models", "4,000 bytes", "7.5 µs", "rf: R2 0.8300, 50.0 µs per row and"):
        assert text in error.value.message
    assert "max_bytes to 4,600" in error.value.hint
    assert "max_microseconds_per_row to 8" in error.value.hint


contenders = st.lists(
    st.builds(
        contender,
        st.uuids().map(str),
        st.one_of(st.floats(-1, 1), st.just(-math.inf)),
        st.floats(1, 1e4),
        st.integers(100, 10**6),
        error=st.floats(0, 0.5),
    ),
    min_size=1,
)


@given(
    contenders,
    st.sampled_from(["metric", "latency", "size"]),
    st.floats(1, 1e4),
    st.integers(100, 10**6),
)
def test_whatever_wins_keeps_the_budgets_and_is_beaten_by_no_other_that_may_win(
    given: list[TriedCandidate], by: str, speed: float, size: int
) -> None:
    asked = rules(by, microseconds_per_row=speed, bytes=size)
    ranked = sorted(given, key=lambda c: -c.value)
    within = [c for c in ranked if not any(asked.broken(c.cost))]
    if not within:
        with pytest.raises(GateError):
            choose_candidate(ranked, asked)
        return
    chosen = next(c for c in ranked if c.id == choose_candidate(ranked, asked).chosen)
    assert chosen in within
    best = within[0]
    if by == "metric":
        assert chosen.value == best.value
        return
    assert chosen.value >= best.value - best.error
    name = {"latency": "microseconds_per_row", "size": "bytes"}[by]
    assert getattr(chosen.cost, name) <= getattr(best.cost, name)


def searched(**settings: Any) -> tuple[SearchResult, TrainConfig]:
    found, _ = trained("insurance", "lr")
    config = TrainConfig(include=("lr",), fold=2, **settings)
    return found, config


def test_a_composed_model_stays_unless_something_else_is_asked_for() -> None:
    found, config = searched(tune={"n_iter": 2})
    one = replace(found.candidates[0], cost=Cost(failures=1))
    better = replace(one, id="dt", metrics={**one.metrics, "R2": 0.99}, cost=Cost(bytes=10))
    kept = select_candidate(replace(found, candidates=(better, one)), dataset("insurance"), config)
    assert (kept.model_id, kept.choice) == ("lr", "")


def test_the_winner_of_a_search_cut_short_gives_way_to_a_proven_one_whatever_was_asked_for() -> (
    None
):
    found, config = searched(tune={"n_iter": 2})
    one = replace(found.candidates[0], cost=Cost(refusal="no exact form"))
    proven = replace(one, id="dt", cost=Cost(bytes=10))
    cut = replace(found, candidates=(one, proven), left_out=("[tune]",))
    assert select_candidate(cut, dataset("insurance"), config).model_id == "dt"
