"""What the registry remembers of its moves, whatever its tags hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from pipeline.errors import UsageError
from pipeline.registry import alias_history
from pipeline.registry import client as registry
from pipeline.registry.promotion import promote_version, roll_back
from tests import versions
from tests.registry.moves import WHY, held, promoted

if TYPE_CHECKING:
    from mlflow import MlflowClient


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
