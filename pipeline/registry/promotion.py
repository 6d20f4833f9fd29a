"""Promotes and rolls back versions: alias moves that are never left half done.

A move is written down before the first alias changes, as the model's tag `unfinished_move`. The
next one finishes it where the champion has moved already, and takes it back where not. The
champions are a stack: a promotion puts a version on top, a rollback takes it off for good;
`champion` is the top and `previous` the one below.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pipeline.errors import ParityError, UsageError
from pipeline.registry import alias_history
from pipeline.registry.alias_history import Move
from pipeline.registry.client import (
    CHALLENGER,
    CHAMPION,
    PREVIOUS,
    REGISTERING,
    VersionEntry,
    get_registered_model,
    list_model_versions,
    lock_registry,
    translate_errors,
)

if TYPE_CHECKING:
    from mlflow import MlflowClient

_LISTED = 10


def promote_version(
    client: MlflowClient, name: str, version: str, reason: str, *, by: str = ""
) -> Move | None:
    """Make a proven version the champion; the champion so far becomes `previous`.

    A version that was rolled back may be promoted again; its history keeps both.

    Args:
        reason: kept as the version's tag `promotion_reason`.
        by: who asks for it; the user of this process when empty.

    Returns:
        The move, also one that was cut off and is now finished; None where the version is the
        champion already.

    Raises:
        UsageError: there is no such model or version, or the reason cannot be kept.
        ParityError: the version is not proven.
        TrackingError: the registry does not answer; every alias is on a proven version.
        LockedError: another process is busy with the registry.
    """
    with _whole():
        return promote_locked(client, name, version, reason, by=by)


def promote_locked(
    client: MlflowClient, name: str, version: str, reason: str, *, by: str = ""
) -> Move | None:
    """`promote_version` for a caller that holds the registry's lock."""
    signature = alias_history.sign_move(reason, by)
    settled = settle_move(client, name)
    entries = _entries_by_version(client, name)
    held = _aliases_by_name(entries)
    if held.get(CHAMPION) == version:
        return settled if settled is not None and settled.version == version else None
    _require_proven(entries, name, version)
    move = Move(
        action="promote",
        version=version,
        replaced=held.get(CHAMPION),
        previous=_next_previous(entries, held, version),
        former=held.get(PREVIOUS),
        number=1 + max(map(alias_history.champion_number, entries.values())),
        **signature,
    )
    alias_history.begin_move(client, name, move)
    _point(client, name, PREVIOUS, move.previous)
    _point(client, name, CHAMPION, version)
    _complete(client, name, move)
    return move


def roll_back(client: MlflowClient, name: str, reason: str, *, by: str = "") -> Move:
    """Take the champion off for good: the one before it becomes the champion again.

    `previous` then names the champion before that one, and goes where there is none. It never
    names a version that was rolled back, so a second rollback goes one step further back.

    Returns:
        The move. Where a rollback was cut off after the champion had moved, it is that one, now
        finished: the same command again does not go back twice.

    Raises:
        UsageError: there is no such model or champion, nothing to go back to, or the reason cannot
            be kept.
        TrackingError: the registry does not answer; every alias is on a proven version.
        LockedError: another process is busy with the registry.
    """
    signature = alias_history.sign_move(reason, by)
    with _whole():
        settled = settle_move(client, name)
        if settled is not None and settled.action == "rollback":
            return settled
        entries = _entries_by_version(client, name)
        held = _aliases_by_name(entries)
        champion, target, below = _step_back(entries, held, name)
        move = Move(
            action="rollback",
            version=target,
            replaced=champion,
            previous=below,
            former=held.get(PREVIOUS),
            number=alias_history.champion_number(entries[champion]),
            **signature,
        )
        alias_history.begin_move(client, name, move)
        _point(client, name, CHAMPION, target)
        _complete(client, name, move)
        return move


def stage_challenger(client: MlflowClient, name: str, version: str) -> None:
    """Let `challenger` name a proven version; for a caller that holds the registry's lock.

    Raises:
        UsageError: there is no such model or version.
        ParityError: the version is not proven.
    """
    _require_proven(_entries_by_version(client, name), name, version)
    client.set_registered_model_alias(name, CHALLENGER, version)


def complete_registration(client: MlflowClient, name: str, version: str) -> None:
    """Finish what a killed registration has left; for a caller that holds the registry's lock.

    The version becomes the challenger, as it would have been before anybody decided on it, unless
    it is not proven, an alias names it already, or a newer version has one.
    """
    entries = _entries_by_version(client, name)
    found = entries[version]
    newer = any(e.aliases for e in entries.values() if int(e.version) > int(version))
    if found.proven and not found.aliases and not newer:
        stage_challenger(client, name, version)
    client.delete_model_version_tag(name, version, REGISTERING)


def settle_move(client: MlflowClient, name: str) -> Move | None:
    """Finish a move that was cut off, or take it back; for a caller that holds the lock.

    Returns:
        The move that was finished; None where there was none, or where it was taken back.

    Raises:
        UsageError: there is no such model.
    """
    text = get_registered_model(client, name).tags.get(alias_history.UNFINISHED)
    if text is None:
        return None
    entries, move = _entries_by_version(client, name), alias_history.read_unfinished_move(text)
    if move is not None and _aliases_by_name(entries).get(CHAMPION) == move.version:
        _complete(client, name, move)
        return move
    if move is not None:
        _point(client, name, PREVIOUS, move.former if move.former in entries else None)
    alias_history.forget_move(client, name)
    return None


@contextmanager
def _whole() -> Iterator[None]:
    with (
        lock_registry(),
        translate_errors("every alias is on a proven version; give the command again"),
    ):
        yield


def _next_previous(
    entries: Mapping[str, VersionEntry], held: Mapping[str, str], version: str
) -> str | None:
    """Where `previous` goes when a version is promoted: the champion so far, if it is proven."""
    champion, former = held.get(CHAMPION), held.get(PREVIOUS)
    proven = champion is not None and entries[champion].proven
    found = champion if proven else former
    return None if found == version else found


def _step_back(
    entries: Mapping[str, VersionEntry], held: Mapping[str, str], name: str
) -> tuple[str, str, str | None]:
    """The champion, the one before it, and the one before that, if any."""
    if (champion := held.get(CHAMPION)) is None:
        raise UsageError(
            f"got the model {name!r} without a champion, expected one to roll back",
            hint=f"python -m pipeline.models promote {name} VERSION --reason TEXT",
        )
    stack = sorted(
        filter(alias_history.champion_number, entries.values()),
        key=alias_history.champion_number,
        reverse=True,
    )
    # somebody may have moved an alias by hand, so `previous` comes before what the tags say
    places = dict.fromkeys([held.get(PREVIOUS), *(entry.version for entry in stack)])
    sound = (entries[place] for place in places if place is not None and place != champion)
    found = [e.version for e in sound if e.proven and not alias_history.was_rolled_back(e)]
    if not found:
        raise UsageError(
            f"got no champion of {name!r} before version {champion}, expected one to go back to",
            hint=f"version {champion} stays; promote another one that is proven",
        )
    return champion, found[0], next(iter(found[1:]), None)


def _complete(client: MlflowClient, name: str, move: Move) -> None:
    """What follows once the champion has moved; doing it twice is doing it once."""
    entries = _entries_by_version(client, name)
    previous = move.previous if move.previous in entries else None
    if _aliases_by_name(entries).get(PREVIOUS) != previous:
        _point(client, name, PREVIOUS, previous)
    subject = entries.get(move.subject or "")
    if subject is not None:
        alias_history.record_move(client, subject, move)
        if move.action == "promote" and CHALLENGER in subject.aliases:
            client.delete_registered_model_alias(name, CHALLENGER)
    alias_history.forget_move(client, name)


def _point(client: MlflowClient, name: str, alias: str, version: str | None) -> None:
    """Set an alias, or take it away."""
    if version is None:
        client.delete_registered_model_alias(name, alias)
    else:
        client.set_registered_model_alias(name, alias, version)


def _entries_by_version(client: MlflowClient, name: str) -> dict[str, VersionEntry]:
    return {entry.version: entry for entry in list_model_versions(client, name)}


def _aliases_by_name(entries: Mapping[str, VersionEntry]) -> dict[str, str]:
    """The version of every alias."""
    return {alias: entry.version for entry in entries.values() for alias in entry.aliases}


def _require_proven(entries: Mapping[str, VersionEntry], name: str, version: str) -> None:
    if version not in entries:
        known = ", ".join(list(entries)[:_LISTED]) or "none"
        raise UsageError(
            f"got version {version!r} of {name!r}, expected one that exists",
            hint=f"Known, the newest first: {known}",
        )
    if not entries[version].proven:
        verdict = entries[version].tags.get("verdict", "none")
        raise ParityError(
            f"got version {version} of {name!r} with the verdict {verdict!r}, expected 'pass'",
            hint="only a version that was proven to predict what PyCaret predicts is promoted",
        )
