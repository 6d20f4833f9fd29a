"""A year of weekly files through `pipeline.retrain`: the right champion in every week."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pytest

from pipeline.gate.holdout import select_held_out
from tests.commands import Preloaded
from tests.retrain import weeks
from tests.retrain.shop import Shop, shop

pytestmark = pytest.mark.long

GATE = tomllib.loads(weeks.CONFIG)["gate"]
DRAWN = 13
"""One week of so many draws the pictures of its report; tests/report holds what they show."""


@dataclass(frozen=True)
class Week:
    """What one retraining said, and the champion before and after it."""

    number: int
    summary: dict[str, Any]
    before: str | None
    after: str | None

    @property
    def outcome(self) -> str:
        return str(self.summary["outcome"])


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, ready: Preloaded) -> Iterator[Shop]:
    with shop(tmp_path_factory.mktemp("year"), ready) as made:
        yield made


@pytest.fixture(scope="module")
def year(place: Shop) -> list[Week]:
    found = []
    for number in range(1, weeks.WEEKS + 1):
        before = place.champion()
        summary = place.retrained(number, pictures=number % DRAWN == 1)
        found.append(Week(number, summary, before, place.champion()))
    return found


def accuracy(place: Shop, version: str, frame: pd.DataFrame) -> float:
    return float((place.labels(version, frame) == frame["plan"].to_numpy()).mean())


def kept(place: Shop, number: int) -> pd.DataFrame:
    """The rows of a good week that no model was trained on, read as anybody would."""
    frame = pd.read_csv(place.folder / f"week-{number:02}.csv")
    return frame[select_held_out(frame, GATE["holdout"])].reset_index(drop=True)


def test_a_bad_file_leaves_the_champion_and_says_why(year: list[Week]) -> None:
    bad = {week.number: week for week in year if week.number in weeks.EVENTS}
    assert len(bad) == len(weeks.EVENTS)
    for number, event in weeks.EVENTS.items():
        week = bad[number]
        assert (week.outcome, week.summary["exit_code"]) == ("refused", 3), week
        assert week.before == week.after is not None
        for word in event.says:
            assert word in week.summary["reason"], week.summary
        assert week.summary["hint"] or "\n" in week.summary["reason"]


def test_a_file_that_is_known_is_not_trained_on_again(year: list[Week]) -> None:
    for number in weeks.UNCHANGED:
        week = year[number - 1]
        assert (week.outcome, week.summary["exit_code"]) == ("unchanged", 0), week
        assert week.before == week.after


def test_every_other_week_has_the_champion_that_does_best_on_rows_nobody_saw(
    place: Shop, year: list[Week]
) -> None:
    decided = [week for week in year if week.outcome in ("promoted", "refused")]
    decided = [week for week in decided if week.number not in weeks.EVENTS]
    assert len(decided) == weeks.WEEKS - len(weeks.EVENTS) - len(weeks.UNCHANGED)
    for week in decided:
        rows, challenger = kept(place, week.number), week.summary["challenger"]
        new = accuracy(place, challenger, rows)
        assert week.summary["challenger_metric"] == pytest.approx(new, abs=1e-12), week
        wins = new >= GATE["minimum"]
        if week.before is not None:
            old = accuracy(place, week.before, rows)
            assert week.summary["champion_metric"] == pytest.approx(old, abs=1e-12), week
            wins = wins and new >= old
        assert week.outcome == ("promoted" if wins else "refused"), week
        assert week.after == (challenger if wins else week.before)
        assert week.summary["exit_code"] == (0 if wins else 6)
    assert {week.outcome for week in decided} == {"promoted", "refused"}


def test_other_customers_get_another_champion(place: Shop, year: list[Week]) -> None:
    before, after = year[weeks.MOVED - 2].after, year[-1].after
    assert before is not None and after is not None and before != after
    rows = kept(place, weeks.WEEKS)
    assert accuracy(place, after, rows) > accuracy(place, before, rows) + 0.1


def test_mlflow_tells_the_year_like_the_summaries(place: Shop, year: list[Week]) -> None:
    told = [(tags["decision"], tags["reason"]) for tags in place.decisions()]
    said = [(w.outcome, w.summary["reason"]) for w in year if w.outcome != "unchanged"]
    assert [word for word, _ in told] == [word for word, _ in said]
    for (_, tag), (outcome, reason) in zip(told, said, strict=True):
        assert tag in reason or reason in tag, outcome
    assert "RUNNING" not in place.statuses()
