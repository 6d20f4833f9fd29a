"""An estimate says what there is a reason to say, and never counts down to a moment that passes."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cli.estimate import MODELS, QUICK, STAGES, USUAL, Estimate, format_rough_duration
from pipeline.system.progress import Work

IDS = ("lr", "dt", "rf", "gbr")


def searching(**settings: object) -> Estimate:
    """A search of four models that began ten seconds after the command."""
    made = Estimate(0.0)
    made.expect(Work(**{"models": IDS, "folds": 10, "rows": 1000, **settings}))  # type: ignore[arg-type]
    made.stage("experiment", 8.0)
    made.models(IDS, 10.0)
    return made


def seconds(text: str) -> float:
    found = re.search(r"about (\d+) (s|min|h) ", text)
    assert found is not None, text
    return float(found[1]) * {"s": 1, "min": 60, "h": 3600}[found[2]]


def test_nothing_is_said_of_a_command_that_expects_nothing() -> None:
    assert Estimate(0.0).text(1.0) == ""


def test_before_a_search_the_usual_time_is_said_until_it_has_passed() -> None:
    made = Estimate(0.0)
    made.expect(Work((), 10))
    said = made.text(0.1)
    assert said.startswith("usually about ")
    assert said.endswith("in all")
    usual = sum(MODELS.get(i, QUICK) for i in USUAL) * 10 + sum(STAGES.values())
    assert seconds(said) == seconds(f"about {format_rough_duration(usual)} ")
    assert made.text(usual + 60) == ""


def test_a_search_without_a_finished_model_says_nothing() -> None:
    assert searching().text(20.0) == ""


def test_a_search_goes_by_what_its_own_models_took() -> None:
    slow, quick = searching(), searching()
    slow.finished("lr", 100.0)
    quick.finished("lr", 1.0)
    assert seconds(slow.text(20.0)) > 10 * seconds(quick.text(20.0))
    assert quick.text(20.0).endswith("left")


def test_a_search_on_busy_processors_is_held_to_the_clock_on_the_wall() -> None:
    made = searching(workers=2)
    made.started("rf", 10.0)
    made.finished("rf", 20.0)
    free = made.text(20.0)  # two workers, side by side
    assert seconds(made.text(110.0)) > seconds(free) + 20


def test_slow_stages_before_a_search_lengthen_what_is_usual() -> None:
    texts = []
    for moment in (1.0, 4.0):
        made = Estimate(0.0)
        made.expect(Work(IDS, 10))
        made.stage("dataset", moment)
        texts.append(made.text(moment + 0.1))
    assert seconds(texts[1]) > 2 * seconds(texts[0])


def test_more_workers_need_less_time() -> None:
    alone, both = searching(), searching(workers=2)
    for made in (alone, both):
        made.finished("lr", 100.0)
    assert seconds(both.text(20.0)) < seconds(alone.text(20.0))


def test_a_model_that_takes_longer_than_thought_leaves_nothing_to_say() -> None:
    made = searching()
    for model_id in IDS[:3]:
        made.finished(model_id, 1.0)
    made.started("gbr", 12.0)
    assert made.text(12.1) != ""
    assert made.text(1000.0) == ""


def test_a_budget_bounds_the_search() -> None:
    made = searching(search_until=30.0, composed=True)
    made.finished("lr", 1000.0)
    assert made.text(20.0) == "about 10 s of comparing left"


def test_the_stages_after_the_search_end_in_nothing_when_they_are_overdue() -> None:
    made = searching()
    made.searched()
    made.stage("select", 40.0)
    first = seconds(made.text(40.0))
    made.stage("track", 50.0)
    assert 0 < seconds(made.text(50.0)) < first
    assert made.text(500.0) == ""


def test_nobody_knows_how_long_a_gate_takes() -> None:
    made = searching()
    made.searched()
    made.stage("gate", 40.0)
    assert made.text(41.0) == ""


@given(st.floats(0.001, 1e6))
def test_a_guess_is_coarse_and_near(value: float) -> None:
    found = seconds(f"about {format_rough_duration(value)} ")
    assert found > 0
    assert abs(found - value) <= max(10.0, value / 2)


EVENTS = st.lists(
    st.one_of(
        st.tuples(st.just("stage"), st.sampled_from([*STAGES, "gate", "compose", ""])),
        st.tuples(st.just("started"), st.sampled_from([*IDS, "blend"])),
        st.tuples(st.just("finished"), st.sampled_from([*IDS, "blend"])),
        st.tuples(st.just("models"), st.sampled_from([(), IDS])),
        st.tuples(st.just("searched"), st.none()),
    ),
    max_size=12,
)


@given(EVENTS, st.floats(0, 1e5), st.sampled_from([(), IDS]))
def test_events_in_any_order_never_raise(
    events: list[tuple[str, object]], took: float, ids: tuple[str, ...]
) -> None:
    made, now = Estimate(0.0), 0.0
    made.expect(Work(ids, 10))
    for name, value in events:
        now += took / 10
        arguments = {"searched": (), "finished": (value, took)}.get(name, (value, now))
        getattr(made, name)(*arguments)
        text = made.text(now)
        assert text == "" or seconds(text) > 0


@pytest.mark.parametrize(
    ("value", "text"), [(1, "5 s"), (41, "50 s"), (61, "1 min"), (5399, "90 min"), (7200, "2 h")]
)
def test_durations_are_said_in_round_numbers(value: float, text: str) -> None:
    assert format_rough_duration(value) == text
