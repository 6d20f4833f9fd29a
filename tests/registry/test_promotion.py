"""Aliases move in an order that leaves each on a proven version, and rollbacks do not bounce."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import LockedError, ParityError, TrackingError, UsageError
from pipeline.registry import alias_history, promotion
from pipeline.registry import client as registry
from pipeline.registry.promotion import promote_version, roll_back
from pipeline.track import store
from tests import tracked, versions

if TYPE_CHECKING:
    from mlflow import MlflowClient

WHY = "its error is a tenth smaller"


@pytest.fixture
def client(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> MlflowClient:
    return tracked.enter(tmp_path, monkeypatch)


def promoted(client: MlflowClient, count: int, name: str = "m") -> None:
    """So many versions, each promoted after the one before it."""
    for _ in range(count):
        promote_version(client, name, versions.add(client, name), WHY)


def held(client: MlflowClient, name: str = "m") -> dict[str, str]:
    return registry.list_aliases(client, name)


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


def test_a_version_keeps_why_it_was_promoted_and_rolled_back(client: MlflowClient) -> None:
    promoted(client, 1)
    move = promote_version(client, "m", versions.add(client, "m"), f" {WHY}\n indeed ", by="a gate")
    assert move is not None
    tags = versions.tags(client, "m", "2")
    assert (tags["promotion_reason"], tags["promoted"]) == (f"{WHY} indeed", move.at)
    back = roll_back(client, "m", "wrong for the south")
    tags = versions.tags(client, "m", "2")
    assert (tags["rollback_reason"], tags["rolled_back"]) == ("wrong for the south", back.at)
    entry = registry.list_model_versions(client, "m")[0]
    found = [(kept["action"], kept["reason"]) for kept in alias_history.read_history(entry)]
    assert found == [("rollback", "wrong for the south"), ("promote", f"{WHY} indeed")]
    assert alias_history.read_history(entry)[1]["by"] == "a gate"


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


@pytest.mark.parametrize("reason", ["", " \n", "x" * 501, "a\x00b", "a\udcffb"])
def test_a_reason_that_cannot_be_kept_is_refused(client: MlflowClient, reason: str) -> None:
    promoted(client, 2)
    for move in (
        lambda: promote_version(client, "m", "1", reason),
        lambda: roll_back(client, "m", reason),
    ):
        with pytest.raises(UsageError, match="expected 1 to 500"):
            move()  # type: ignore[no-untyped-call]
    assert held(client) == {"champion": "2", "previous": "1"}


def test_a_whole_move_fits_where_postgresql_keeps_it(
    client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted(client, 1)
    kept: list[str] = []
    longest = '\N{GRINNING FACE}"\\' * 166
    number = versions.add(client, "m")
    monkeypatch.setattr(client, "set_registered_model_tag", lambda *given: kept.append(given[2]))
    promote_version(client, "m", number, longest, by=longest)
    assert kept
    assert all(len(text) <= 5000 for text in kept)


def test_a_long_history_forgets_its_oldest_moves(client: MlflowClient) -> None:
    promoted(client, 2)
    entry = registry.list_model_versions(client, "m")[0]
    move = alias_history.read_history(entry)[0] | {"reason": "x" * 400}
    many = json.dumps([move] * 40)
    client.set_model_version_tag("m", "2", alias_history.HISTORY, many)
    roll_back(client, "m", "wrong")
    found = alias_history.read_history(registry.list_model_versions(client, "m")[0])
    assert found[0]["action"] == "rollback"
    assert 20 < len(found) < 41
    assert len(versions.tags(client, "m", "2")[alias_history.HISTORY]) <= 20_000


@pytest.mark.parametrize("text", ["", "nothing", "[]", "{}", '{"action": 1}'])
def test_a_note_that_somebody_edited_is_thrown_away(client: MlflowClient, text: str) -> None:
    promoted(client, 2)
    client.set_registered_model_tag("m", alias_history.UNFINISHED, text)
    assert roll_back(client, "m", "wrong").version == "1"
    assert alias_history.UNFINISHED not in client.get_registered_model("m").tags


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
