"""Aliases move in an order that leaves each on a proven version, and rollbacks do not bounce."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from pipeline.errors import LockedError, ParityError, TrackingError, UsageError
from pipeline.registry import alias_history, promotion
from pipeline.registry import client as registry
from pipeline.registry.promotion import promote_version, roll_back
from pipeline.track import store
from tests import versions
from tests.registry.moves import WHY, held, promoted

if TYPE_CHECKING:
    from mlflow import MlflowClient


def test_the_champion_so_far_becomes_previous_and_the_challenger_has_won(
    client: MlflowClient,
) -> None:
    promoted(client, 1)
    number = versions.add(client, "m")
    promotion.stage_challenger(client, "m", number)
    assert held(client) == {"champion": "1", "challenger": "2"}
    move = promote_version(client, "m", number, WHY, by="a gate")
    assert move is not None
    assert (move.version, move.replaced, move.previous) == ("2", "1", "1")
    assert held(client) == {"champion": "2", "previous": "1"}


def test_another_challenger_stays(client: MlflowClient) -> None:
    promoted(client, 1)
    for _ in range(2):
        promotion.stage_challenger(client, "m", versions.add(client, "m"))
    promote_version(client, "m", "2", WHY)
    assert held(client) == {"champion": "2", "previous": "1", "challenger": "3"}


def test_a_second_rollback_goes_one_step_further_back(client: MlflowClient) -> None:
    promoted(client, 3)
    roll_back(client, "m", "wrong")
    assert held(client) == {"champion": "2", "previous": "1"}
    roll_back(client, "m", "wrong too")
    assert held(client) == {"champion": "1"}
    with pytest.raises(UsageError, match="before version 1"):
        roll_back(client, "m", "wrong as well")
    assert held(client) == {"champion": "1"}


def test_what_was_rolled_back_does_not_become_previous_again(client: MlflowClient) -> None:
    promoted(client, 2)
    roll_back(client, "m", "wrong")
    promoted(client, 1)
    assert held(client) == {"champion": "3", "previous": "1"}
    roll_back(client, "m", "wrong")
    assert held(client) == {"champion": "1"}


def test_what_was_rolled_back_can_be_promoted_again_on_purpose(client: MlflowClient) -> None:
    promoted(client, 2)
    roll_back(client, "m", "wrong")
    promote_version(client, "m", "2", "it was the data")
    assert held(client) == {"champion": "2", "previous": "1"}
    assert "rolled_back" not in versions.tags(client, "m", "2")
    assert len(alias_history.read_history(registry.list_model_versions(client, "m")[0])) == 3


def test_a_clock_that_goes_back_changes_no_order(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted(client, 2)
    for entry in registry.list_model_versions(client, "m"):
        client.set_model_version_tag("m", entry.version, "promoted", "2999-01-01T00:00:00+00:00")
    promoted(client, 1)
    for expected in ("2", "1"):
        assert roll_back(client, "m", "wrong").version == expected


def test_promoting_the_champion_changes_nothing(client: MlflowClient) -> None:
    promoted(client, 2)
    before = versions.tags(client, "m", "2")
    assert promote_version(client, "m", "2", "again") is None
    assert held(client) == {"champion": "2", "previous": "1"}
    assert versions.tags(client, "m", "2") == before


@pytest.mark.parametrize("verdict", ["fail", "none", ""])
def test_what_is_not_proven_is_refused(client: MlflowClient, verdict: str) -> None:
    promoted(client, 1)
    number = versions.add(client, "m", verdict)
    for move in (promote_version, lambda *given: promotion.stage_challenger(*given[:3])):
        with pytest.raises(ParityError, match="expected 'pass'"):
            move(client, "m", number, WHY)  # type: ignore[operator]
    assert held(client) == {"champion": "1"}


def test_what_does_not_exist_is_refused(client: MlflowClient) -> None:
    promoted(client, 1)
    with pytest.raises(UsageError, match="version '7' of 'm', expected one that exists"):
        promote_version(client, "m", "7", WHY)
    with pytest.raises(UsageError) as raised:
        promote_version(client, "n", "1", WHY)
    assert raised.value.hint == "Known: m"
    versions.add(client, "without")
    with pytest.raises(UsageError, match="without a champion"):
        roll_back(client, "without", "wrong")


def test_an_alias_that_was_moved_by_hand_counts(client: MlflowClient) -> None:
    promoted(client, 3)
    client.set_registered_model_alias("m", "champion", "1")
    assert roll_back(client, "m", "wrong").version == "2"
    assert held(client) == {"champion": "2", "previous": "3"}


def test_versions_of_an_earlier_release_can_be_rolled_back_to(client: MlflowClient) -> None:
    for alias in ("previous", "champion"):
        client.set_registered_model_alias("m", alias, versions.add(client, "m"))
    assert roll_back(client, "m", "wrong").version == "1"


def test_who_is_busy_with_the_registry_is_waited_for_and_then_said(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted(client, 2)
    lock = store.lock_store
    monkeypatch.setattr(store, "lock_store", lambda purpose: lock(purpose, 0.1))
    with lock("registry"), pytest.raises(LockedError):
        roll_back(client, "m", "wrong")
    assert held(client) == {"champion": "2", "previous": "1"}


def test_a_registry_that_fails_half_way_is_settled_by_the_next_command(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted(client, 2)
    number = versions.add(client, "m")

    def gone(*given: str) -> None:
        raise OSError("connection refused")

    with monkeypatch.context() as patch:
        patch.setattr(client, "set_model_version_tag", gone)
        with pytest.raises(TrackingError, match="connection refused"):
            promote_version(client, "m", number, WHY)
    assert versions.all_sound(client, "m")
    move = promote_version(client, "m", number, "again")
    assert move is not None
    assert versions.tags(client, "m", number)["promotion_reason"] == WHY
    assert held(client) == {"champion": "3", "previous": "2"}
