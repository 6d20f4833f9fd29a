"""Records alias moves in the registry's tags."""

from __future__ import annotations

import getpass
import json
import os
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pipeline.errors import UsageError
from pipeline.registry.client import VersionEntry
from pipeline.system import typed_json

if TYPE_CHECKING:
    from mlflow import MlflowClient

UNFINISHED = "unfinished_move"
"""Tag of a registered model: the move that is being made, as JSON."""
HISTORY = "history"
"""Tag of a version: its moves as a JSON list, the newest last."""
NUMBER = "promotion_number"
"""Tag of a version: its place in the stack. A clock can go back, this does not."""
ROLLED_BACK = "rolled_back"
"""Tag of a version: when it was taken off, until it is promoted again."""

LONGEST_REASON = 500  # PostgreSQL takes 5000 characters for the tag that holds a whole move
_LONGEST_NAME = 100
_LONGEST_HISTORY = 20_000
_MOST_DIGITS = 18


@dataclass(frozen=True)
class Move:
    """One move of the aliases.

    Attributes:
        version: the champion afterwards.
        replaced: the champion before; None for the first one.
        previous: where the alias `previous` is afterwards; None: there is none.
        former: where it was before.
        number: of promotions so far; a rollback has that of the version it takes off.
        by: who or what asked for it.
        at: time in UTC, ISO 8601.
    """

    action: Literal["promote", "rollback"]
    version: str
    replaced: str | None
    previous: str | None
    former: str | None
    number: int
    reason: str
    by: str
    at: str

    @property
    def subject(self) -> str | None:
        """The version that is promoted or taken off, and keeps the reason."""
        return self.version if self.action == "promote" else self.replaced


def sign_move(reason: str, by: str) -> dict[str, str]:
    """Why, by whom and when, as fields of a move.

    Raises:
        UsageError: the reason is empty, too long, or holds what cannot be shown.
    """
    plain = " ".join(reason.split())
    if not (0 < len(plain) <= LONGEST_REASON and plain.isprintable()):
        raise UsageError(
            f"got a reason of {len(plain):,} characters, "
            f"expected 1 to {LONGEST_REASON} that can be shown",
            hint="say in a sentence why; the version keeps it",
        )
    at = datetime.now(UTC).isoformat(timespec="seconds")
    return {"reason": plain, "by": (by or _user())[:_LONGEST_NAME], "at": at}


def shorten_reason(reason: str) -> str:
    """A reason of any length and characters as `sign_move` takes it."""
    return "".join(c if c.isprintable() else " " for c in reason)[:LONGEST_REASON]


def begin_move(client: MlflowClient, name: str, move: Move) -> None:
    """Write a move down before the first alias changes."""
    text = json.dumps(asdict(move), ensure_ascii=False)
    client.set_registered_model_tag(name, UNFINISHED, text)


def read_unfinished_move(text: str) -> Move | None:
    """The move that `begin_move` wrote down; None where somebody edited the tag."""
    try:
        found: Move = typed_json.read_dataclass(Move, text)
    except ValueError:
        return None
    return found


def forget_move(client: MlflowClient, name: str) -> None:
    """Take the note of an unfinished move away, if there is one."""
    client.delete_registered_model_tag(name, UNFINISHED)


def record_move(client: MlflowClient, entry: VersionEntry, move: Move) -> None:
    """Let the subject of a move say what became of it; doing it twice is doing it once."""
    for key, value in _tags(entry, move).items():
        if value is None and key in entry.tags:
            client.delete_model_version_tag(entry.name, entry.version, key)
        elif value is not None and value != entry.tags.get(key):
            client.set_model_version_tag(entry.name, entry.version, key, value)


def read_history(entry: VersionEntry) -> list[dict[str, Any]]:
    """The moves of a version as dicts of `Move`'s fields, the newest first.

    What somebody edited into something else is left out.
    """
    try:
        kept = typed_json.parse_json(entry.tags.get(HISTORY, "[]"))
    except ValueError:
        return []
    moves = map(_move, kept if isinstance(kept, list) else [])
    return [asdict(move) for move in moves if move is not None][::-1]


def _move(value: object) -> Move | None:
    """A move from what JSON holds of it; None for anything else."""
    try:
        found: Move = typed_json.read_dataclass(Move, json.dumps(value))
    except ValueError:
        return None
    return found


def champion_number(entry: VersionEntry) -> int:
    """The version's place in the stack; 0 where it never was a champion."""
    text = entry.tags.get(NUMBER, "")
    return int(text) if text.isdecimal() and len(text) <= _MOST_DIGITS else 0


def was_rolled_back(entry: VersionEntry) -> bool:
    """Whether a version was taken off and has not been promoted since."""
    return ROLLED_BACK in entry.tags


def _tags(entry: VersionEntry, move: Move) -> dict[str, str | None]:
    """None: no such tag."""
    kept, this = read_history(entry)[::-1], asdict(move)
    kept = kept if kept[-1:] == [this] else [*kept, this]
    while len(text := json.dumps(kept, ensure_ascii=False)) > _LONGEST_HISTORY:
        del kept[0]
    if move.action == "rollback":
        return {ROLLED_BACK: move.at, "rollback_reason": move.reason, HISTORY: text}
    return {
        "promoted": move.at,
        "promotion_reason": move.reason,
        NUMBER: str(move.number),
        HISTORY: text,
        ROLLED_BACK: None,
        "rollback_reason": None,
    }


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container's user that no list names
        return f"user {os.getuid()}"
