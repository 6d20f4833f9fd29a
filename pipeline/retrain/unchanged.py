"""Finds a version that was made of the very same data, settings and code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.config.retrain_config import RetrainOutcome
from pipeline.gate.challenge import AGAINST, GATE, GATE_REASON, PASSED, REFUSED

if TYPE_CHECKING:
    from pipeline.retrain.context import RetrainContext

BY = "pipeline.retrain"
"""Who promotes, as the registry keeps it."""


@dataclass(frozen=True)
class EarlierVersion:
    """What became of an earlier version, or becomes of it now."""

    outcome: RetrainOutcome
    reason: str
    champion: str | None


def find_earlier(context: RetrainContext) -> EarlierVersion | None:
    """The version that a retraining would only make again; None if there is none.

    A version that passed the gate and died before its promotion is promoted now, if the champion
    is still the one that it was held against.
    """
    from pipeline.gate.champion import find_known_version
    from pipeline.registry.client import translate_errors

    if context.fingerprint is None or context.by_hand is None:
        return None
    found = (
        find_known_version(context.client, context.name, f)
        for f in (context.fingerprint, context.by_hand)
    )
    number = next(filter(None, found), None)
    if number is None:
        return None
    with translate_errors():
        tags = context.client.get_model_version(context.name, number).tags
    if tags.get("complete") == "false" and context.options.deadline is None:
        return None  # its search was cut short; this one has all the time it needs
    current = context.champion.version if context.champion else None
    if tags.get(GATE) == PASSED and "promoted" not in tags and number != current:
        return (
            _promote_finished(context, number) if tags.get(AGAINST, "") == (current or "") else None
        )
    if number == current:
        state = "it is the champion"
    elif "rolled_back" in tags:
        state = f"it was rolled back: {tags.get('rollback_reason', '')}"
    elif tags.get(GATE) == REFUSED:
        state = f"the gate has refused it: {tags.get(GATE_REASON, '')}"
    else:
        state = "it has been the champion before"
    reason = f"version {number} was made of the same data, settings, code and versions; {state}"
    return EarlierVersion(RetrainOutcome.unchanged, reason, current)


def _promote_finished(context: RetrainContext, number: str) -> EarlierVersion | None:
    from pipeline.registry import promotion

    reason = f"version {number} had passed the gate in a run that died before the promotion"
    if context.options.dry_run:
        return EarlierVersion(RetrainOutcome.planned, f"{reason}; it would be promoted", number)
    promotion.promote_version(context.client, context.name, number, reason, by=BY)
    return EarlierVersion(RetrainOutcome.promoted, reason, number)
