"""Deleting old versions of a model; one that an alias names is never among them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.registry.client import Entry, answering, changing, versions
from pipeline.registry.promotion import settle

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class Judgement:
    """What becomes of one version, and why."""

    entry: Entry
    kept: bool
    why: str


def judged(
    entries: Sequence[Entry], keep: int, older_than: timedelta, now: datetime
) -> list[Judgement]:
    """Which versions may go: those beyond the newest `keep` that are older, and have no alias.

    Args:
        entries: every version, the newest first.
        keep: how many of the newest stay whatever their age.
        older_than: versions of at most this age stay.
        now: in UTC.
    """
    return [
        _judged(entry, place < keep, keep, now - entry.created, older_than)
        for place, entry in enumerate(entries)
    ]


def prune(
    client: MlflowClient, name: str, keep: int, older_than: timedelta, *, dry_run: bool = False
) -> list[Judgement]:
    """Delete old versions; their runs and logged models stay.

    Every version's aliases are read again under the lock right before it is deleted, because
    MLflow deletes them with it.

    Returns:
        Every version there was, the newest first, and what became of it; with `dry_run`, what
        would.

    Raises:
        UsageError: there is no such model.
        TrackingError: the registry does not answer.
        LockedError: another process is busy with the registry.
    """
    with answering("what is deleted so far stays so; give the command again"):
        plan = judged(versions(client, name), keep, older_than, datetime.now(UTC))
        return plan if dry_run else [_carried_out(client, judgement) for judgement in plan]


def _judged(
    entry: Entry, is_new: bool, keep: int, age: timedelta, older_than: timedelta
) -> Judgement:
    if entry.aliases:
        return Judgement(entry, True, f"is {', '.join(entry.aliases)}")
    if is_new:
        return Judgement(entry, True, f"is among the newest {keep}")
    if age <= older_than:
        return Judgement(entry, True, f"is not older than {older_than.days} days")
    return Judgement(entry, False, f"is {age.days} days old and has no alias")


def _carried_out(client: MlflowClient, judgement: Judgement) -> Judgement:
    if judgement.kept:
        return judgement
    name, version = judgement.entry.name, judgement.entry.version
    with changing():
        settle(client, name)  # a move that was cut off may need the version
        entry = next((e for e in versions(client, name) if e.version == version), None)
        if entry is not None and entry.aliases:
            return replace(judgement, kept=True, why=f"has become {', '.join(entry.aliases)}")
        if entry is not None:
            client.delete_model_version(name, version)
    return judgement
