"""What was made before is not made again, whatever became of it; what died is finished."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from pipeline.automl.deadline import Deadline
from pipeline.config.retrain_config import RetrainOutcome
from pipeline.gate.challenge import AGAINST, GATE, GATE_REASON, PASSED, REFUSED
from pipeline.registry import promotion
from pipeline.retrain.run_options import RunOptions
from pipeline.retrain.unchanged import BY, find_earlier
from tests.retrain.stand_in import Context, with_champion

MADE = {"fingerprint": "now"}


@pytest.fixture
def promoted(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(
        promotion,
        "promote_version",
        lambda client, name, number, reason, by: calls.append((name, number, by)),
    )
    return calls


def test_new_data_is_new() -> None:
    assert find_earlier(with_champion("1", v1={"fingerprint": "another"})) is None  # type: ignore[arg-type]
    assert find_earlier(Context(fingerprint=None)) is None  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tags", "state"),
    [
        ({"rolled_back": "yesterday", "rollback_reason": "wrong"}, "it was rolled back: wrong"),
        ({GATE: REFUSED, GATE_REASON: "too slow"}, "the gate has refused it: too slow"),
        ({GATE: PASSED, "promoted": "x"}, "it has been the champion before"),
        ({}, "it has been the champion before"),
    ],
)
def test_a_version_of_the_same_is_told_with_what_became_of_it(
    tags: dict[str, str], state: str, promoted: list[Any]
) -> None:
    found = find_earlier(with_champion("9", v1=MADE | tags, v9={}))  # type: ignore[arg-type]
    assert found is not None
    assert (found.outcome, found.champion) == (RetrainOutcome.unchanged, "9")
    assert found.reason.endswith(state)
    assert not promoted


@pytest.mark.parametrize("fingerprint", ["now", "by hand"])
def test_the_champion_itself_is_the_newest_of_its_kind(fingerprint: str) -> None:
    versions = {f"v{k}": {"fingerprint": fingerprint} for k in (2, 10, 9)}
    found = find_earlier(with_champion("10", **versions))  # type: ignore[arg-type]
    assert found is not None
    assert "version 10" in found.reason and "it is the champion" in found.reason


def test_a_version_that_died_before_its_promotion_is_promoted_now(promoted: list[Any]) -> None:
    context = with_champion("1", v1={}, v2=MADE | {GATE: PASSED, AGAINST: "1"})
    dry = replace(context, options=RunOptions(dry_run=True))
    planned = find_earlier(dry)  # type: ignore[arg-type]
    assert planned is not None
    assert (planned.outcome, promoted) == (RetrainOutcome.planned, [])
    found = find_earlier(context)  # type: ignore[arg-type]
    assert found is not None
    assert (found.outcome, found.champion) == (RetrainOutcome.promoted, "2")
    assert promoted == [("shop", "2", BY)]


def test_but_not_against_another_champion_than_the_one_that_it_was_held_against(
    promoted: list[Any],
) -> None:
    context = with_champion("3", v2=MADE | {GATE: PASSED, AGAINST: "1"}, v3={})
    assert find_earlier(context) is None  # type: ignore[arg-type]
    assert not promoted


def test_a_search_that_was_cut_short_is_made_again_by_one_that_has_time() -> None:
    context = with_champion("1", v1=MADE | {"complete": "false"})
    assert find_earlier(context) is None  # type: ignore[arg-type]
    short = replace(context, options=RunOptions(deadline=Deadline(60)))
    assert find_earlier(short) is not None  # type: ignore[arg-type]
