"""Deletes old versions of a model, but none that an alias names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pipeline.registry.client import (
    VersionEntry,
    list_model_versions,
    lock_registry,
    translate_errors,
)
from pipeline.registry.promotion import settle_move

if TYPE_CHECKING:
    from mlflow import MlflowClient


@dataclass(frozen=True)
class PruningJudgement:
    """What becomes of one version, and why."""

    entry: VersionEntry
    kept: bool
    why: str


def judge_versions(
    entries: Sequence[VersionEntry], keep: int, older_than: timedelta, now: datetime
) -> list[PruningJudgement]:
    """Which versions may go: those beyond the newest `keep` that are older, and have no alias.

    Args:
        entries: every version, the newest first.
        keep: how many of the newest stay whatever their age.
        older_than: versions of at most this age stay.
        now: in UTC.
    """
    return [
        _judge(entry, place < keep, keep, now - entry.created, older_than)
        for place, entry in enumerate(entries)
    ]


def prune_versions(
    client: MlflowClient, name: str, keep: int, older_than: timedelta, *, dry_run: bool = False
) -> list[PruningJudgement]:
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
    with translate_errors("what is deleted so far stays so; give the command again"):
        plan = judge_versions(
            list_model_versions(client, name), keep, older_than, datetime.now(UTC)
        )
        return plan if dry_run else [_carry_out(client, judgement) for judgement in plan]


def _judge(
    entry: VersionEntry, is_new: bool, keep: int, age: timedelta, older_than: timedelta
) -> PruningJudgement:
    if entry.aliases:
        return PruningJudgement(entry, True, f"is {', '.join(entry.aliases)}")
    if is_new:
        return PruningJudgement(entry, True, f"is among the newest {keep}")
    if age <= older_than:
        return PruningJudgement(entry, True, f"is not older than {older_than.days} days")
    return PruningJudgement(entry, False, f"is {age.days} days old and has no alias")


def _carry_out(client: MlflowClient, judgement: PruningJudgement) -> PruningJudgement:
    if judgement.kept:
        return judgement
    name, version = judgement.entry.name, judgement.entry.version
    with lock_registry():
        settle_move(client, name)  # a move that was cut off may need the version
        entry = next((e for e in list_model_versions(client, name) if e.version == version), None)
        if entry is not None and entry.aliases:
            return replace(judgement, kept=True, why=f"has become {', '.join(entry.aliases)}")
        if entry is not None:
            client.delete_model_version(name, version)
    return judgement
