"""Checks that every alias names a proven version, and that no move is unfinished."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from pipeline.doctor.finding import Finding
from pipeline.errors import LockedError
from pipeline.registry import alias_history, download, promotion
from pipeline.registry import client as registry
from pipeline.registry.client import CHALLENGER, CHAMPION, PREVIOUS, VersionEntry
from pipeline.track import store

if TYPE_CHECKING:
    from mlflow import MlflowClient


_SECONDS = 10.0
_FIX = "python -m pipeline.doctor --fix"


def check(names: Sequence[str]) -> Iterator[Finding]:
    """One finding per alias that is not what it should be; else one ok per model."""
    client = download.connect_existing()
    known = registry.list_model_names(client)
    for name in names or known:
        if name not in known:
            hint = registry.suggest_model_name(client, name)
            yield Finding(name, "problem", "no such model", "a registered one", hint)
            continue
        yield from _of_model(client, name)
    if not names and not known:
        yield Finding("store", "ok", "nothing is registered")


def _of_model(client: MlflowClient, name: str) -> Iterator[Finding]:
    try:
        with store.lock_store(
            "registry", _SECONDS
        ):  # or a move that is just made would look cut off
            unfinished = (
                alias_history.UNFINISHED in registry.get_registered_model(client, name).tags
            )
            held = registry.list_aliases(client, name)
            entries = {entry.version: entry for entry in registry.list_model_versions(client, name)}
    except LockedError:
        yield Finding(name, "note", "another process is changing it", "", "look again later")
        return
    found = [*_aliases(client, name, held, entries)]
    if unfinished:
        action = f"{_FIX} finishes the move, or takes it back"
        settle = partial(_settle, client, name)
        found = [Finding(name, "note", "a move of the aliases was cut off", "", action, settle)]
    elif held.get(PREVIOUS) is not None and held[PREVIOUS] == held.get(CHAMPION):
        text = f"version {held[PREVIOUS]} is both {CHAMPION} and {PREVIOUS}"
        found.append(_remove_alias(client, name, PREVIOUS, ("note", text)))
    found += [_cut_off(client, entry) for entry in entries.values() if entry.unfinished]
    yield from found
    if not found:
        stated = ", ".join(f"{alias} {version}" for alias, version in sorted(held.items()))
        yield Finding(name, "ok", stated or "no version yet")


def _cut_off(client: MlflowClient, entry: VersionEntry) -> Finding:
    return Finding(
        f"{entry.name} {entry.version}",
        "note",
        "its registration was cut off",
        "",
        f"{_FIX} completes it: a proven version becomes the challenger unless there is a newer one",
        partial(_complete, client, entry),
    )


def _aliases(
    client: MlflowClient, name: str, held: Mapping[str, str], entries: Mapping[str, VersionEntry]
) -> Iterator[Finding]:
    for alias, version in sorted(held.items()):
        entry = entries.get(version)
        if entry is not None and entry.proven:
            continue
        found = f"version {version}, which does not exist"
        if entry is not None:
            found = f"version {version} with the verdict {entry.tags.get('verdict', 'none')!r}"
        if alias in (PREVIOUS, CHALLENGER):
            yield _remove_alias(client, name, alias, ("problem", found))
        elif alias == CHAMPION:
            action = f"python -m pipeline.models rollback {name} --reason TEXT"
            yield Finding(f"{name}@{alias}", "problem", found, "a proven version", action)
    if CHAMPION not in held and entries:
        yield _headless(name, entries)


def _headless(name: str, entries: Mapping[str, VersionEntry]) -> Finding:
    """Versions without a champion: a gate may not have let one pass yet, or it was lost."""
    lost = any(alias_history.champion_number(entry) for entry in entries.values())
    best = next((entry.version for entry in entries.values() if entry.proven), "VERSION")
    return Finding(
        f"{name}@{CHAMPION}",
        "problem" if lost else "note",
        "no version" if lost else "no version has become champion yet",
        "a proven version",
        f"python -m pipeline.models promote {name} {best} --reason TEXT",
    )


def _remove_alias(client: MlflowClient, name: str, alias: str, what: tuple[str, str]) -> Finding:
    """An alias that nobody needs is better gone than wrong."""
    status, found = what
    return Finding(
        f"{name}@{alias}",
        "note" if status == "note" else "problem",
        found,
        "a proven version of its own, or none",
        f"{_FIX} takes the alias away",
        partial(_delete, client, name, alias),
    )


def _delete(client: MlflowClient, name: str, alias: str) -> None:
    with registry.lock_registry():
        client.delete_registered_model_alias(name, alias)


def _complete(client: MlflowClient, entry: VersionEntry) -> None:
    with registry.lock_registry():
        promotion.complete_registration(client, entry.name, entry.version)


def _settle(client: MlflowClient, name: str) -> None:
    with registry.lock_registry():
        promotion.settle_move(client, name)
