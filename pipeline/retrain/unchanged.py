"""Whether a version was made of the very same data, settings and code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipeline.config.retrain_config import Outcome
from pipeline.gate.challenge import AGAINST, GATE, GATE_REASON, PASSED, REFUSED

if TYPE_CHECKING:
    from pipeline.retrain.context import Bench

BY = "pipeline.retrain"
"""Who promotes, as the registry keeps it."""


@dataclass(frozen=True)
class Earlier:
    """What became of an earlier version, or becomes of it now."""

    outcome: Outcome
    reason: str
    champion: str | None


def earlier(bench: Bench) -> Earlier | None:
    """The version that a retraining would only make again; None if there is none.

    A version that passed the gate and died before its promotion is promoted now, if the champion
    is still the one that it was held against.
    """
    from pipeline.gate.champion import known
    from pipeline.registry.client import answering

    if bench.fingerprint is None or bench.by_hand is None:
        return None
    found = (known(bench.client, bench.name, f) for f in (bench.fingerprint, bench.by_hand))
    number = next(filter(None, found), None)
    if number is None:
        return None
    with answering():
        tags = bench.client.get_model_version(bench.name, number).tags
    if tags.get("complete") == "false" and bench.orders.deadline is None:
        return None  # its search was cut short; this one has all the time it needs
    current = bench.champion.version if bench.champion else None
    if tags.get(GATE) == PASSED and "promoted" not in tags and number != current:
        return _finished(bench, number) if tags.get(AGAINST, "") == (current or "") else None
    if number == current:
        state = "it is the champion"
    elif "rolled_back" in tags:
        state = f"it was rolled back: {tags.get('rollback_reason', '')}"
    elif tags.get(GATE) == REFUSED:
        state = f"the gate has refused it: {tags.get(GATE_REASON, '')}"
    else:
        state = "it has been the champion before"
    reason = f"version {number} was made of the same data, settings, code and versions; {state}"
    return Earlier(Outcome.unchanged, reason, current)


def _finished(bench: Bench, number: str) -> Earlier | None:
    from pipeline.registry import promotion

    reason = f"version {number} had passed the gate in a run that died before the promotion"
    if bench.orders.dry_run:
        return Earlier(Outcome.planned, f"{reason}; it would be promoted", number)
    promotion.promote(bench.client, bench.name, number, reason, by=BY)
    return Earlier(Outcome.promoted, reason, number)
