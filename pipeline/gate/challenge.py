"""Prepares a challenge: the gate's holdout, the ruling, and its wording."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from shlex import quote

import pandas as pd

from pipeline.config.retrain_config import Gate
from pipeline.config.train_config import DatasetSpec, TrainConfig
from pipeline.data.dataset import Dataset
from pipeline.errors import DataError, TrackingError
from pipeline.gate.absolute_checks import check_audit
from pipeline.gate.champion import Champion
from pipeline.gate.contender import Contender
from pipeline.gate.decision import Decision
from pipeline.gate.holdout import select_kept_back, split_holdout
from pipeline.gate.judge import judge
from pipeline.registry.alias_history import shorten_reason, sign_move
from pipeline.registry.model_names import check_model_name
from pipeline.registry.register import Claim, Version
from pipeline.selection.metric import Metric
from pipeline.track import store
from pipeline.track.record import fingerprint_training
from pipeline.track.training_result import Converted

logger = logging.getLogger(__name__)

GATE, AGAINST, GATE_REASON = "gate", "gate_champion", "gate_reason"
"""Tags of a version: the gate's verdict, the champion that it was held against, and why."""
AUDIT = "audit"
"""Tag of a version: the level of its audit."""
PASSED, REFUSED = "passed", "refused"
_LONGEST = 4000
"""Characters of a reason in a tag; the registry takes 5,000."""
_INSTEAD = "--promote REASON or --no-register trains on all rows"


@dataclass(frozen=True)
class Ruling:
    """What a gate says of a proven graph.

    Attributes:
        tags: of its version.
        claim: that the version is to be the champion; None: it stays the challenger for now.
        decision: with its checks; None where there was nothing to decide.
    """

    tags: Mapping[str, str]
    claim: Claim | None = None
    decision: Decision | None = None


@dataclass(frozen=True, eq=False)
class Challenge:
    """What a challenger is judged by.

    Attributes:
        champion: the version in use; None if there is none.
        side: the champion for the gate.
        held: the gate's holdout, with all columns.
    """

    champion: Champion | None
    contender: Contender | None
    held: pd.DataFrame
    gate: Gate

    def decide(self, evidence: Converted, metrics: tuple[Metric, ...]) -> Decision:
        """The gate's decision on a proven graph.

        Raises:
            DataError: the holdout has a class that the challenger was not trained on.
        """
        ours = Contender.of_evidence(evidence)
        decision = judge(ours, self.contender, self.held, metrics, self.gate)
        if self.champion is None or not evidence.audit.checks:
            return decision
        before = self.champion.tags.get(AUDIT, "")
        return decision.add(check_audit(evidence.audit.level, evidence.audit.text, before))

    def tags(self, decision: Decision) -> Mapping[str, str]:
        """What the version keeps of a decision."""
        return {
            GATE: PASSED if decision.passed else REFUSED,
            AGAINST: self.champion.version if self.champion else "",
            GATE_REASON: decision.reasons[:_LONGEST],
        }

    def rule(self, evidence: Converted) -> Ruling:
        """The gate's ruling on a training by hand: what passes claims to be the champion."""
        from pipeline.selection.metric import build_metrics

        if self.champion is not None:
            made = fingerprint_training(evidence.dataset, evidence.config)
            if made == self.champion.tags.get("fingerprint"):
                return Ruling({AGAINST: self.champion.version, GATE_REASON: _SAME})
        decision = self.decide(evidence, tuple(build_metrics(evidence)))
        tags, claim = self.tags(decision), None
        if decision.passed:
            claim = Claim(shorten_reason(decision.text), tags[AGAINST] or None)
        return Ruling(tags, claim, decision)


Judge = Callable[["Converted"], Ruling]
"""Decides on a proven graph whose artifact folder is whole."""
_SAME = "it is made of the same data, settings, code and versions as the champion"


@contextmanager
def prepare_challenge(
    dataset: Dataset, config: TrainConfig, *, judged: bool = True
) -> Iterator[tuple[Dataset, Judge | None]]:
    """The rows to train on by hand, and who decides afterwards; None where there is no champion.

    Rows are kept from the training only if the champion has not seen them either: otherwise all
    are trained on, and both models are compared by what PyCaret kept from each.

    Args:
        judged: False: the version is to be the champion whatever the gate would say.

    Raises:
        ConfigError: the registered model of this name predicts something else.
        DataError: what the gate leaves is too little to train on.
        TrackingError: the champion cannot be fetched.
    """
    found = _champion(dataset.spec) if config.register and config.onnx else None
    if found is None or not judged:
        yield dataset, None
        return
    with tempfile.TemporaryDirectory(prefix="train-") as text:
        folder, gate = Path(text), config.gate or Gate()
        try:
            contender = found.contender(found.left(folder), folder)
            rest, held = _split(dataset, config, gate, contender)
        except TrackingError as err:
            raise TrackingError(err.message, hint=f"{err.hint}. {_INSTEAD}") from err
        _announce(found, len(held), len(dataset.frame))
        yield rest, Challenge(found, contender, held, gate).rule


def _champion(spec: DatasetSpec) -> Champion | None:
    from pipeline.gate.champion import find_champion

    name = check_model_name(spec)
    return None if name is None else find_champion(store.connect(), name)


def _split(
    dataset: Dataset, config: TrainConfig, gate: Gate, champion: Contender
) -> tuple[Dataset, pd.DataFrame]:
    """The rows to train on and the gate's holdout, which is empty if the champion has seen it."""
    held = dataset.part(select_kept_back(dataset, gate.holdout)).frame
    if champion.unseen(held).sum() < gate.min_rows:
        return dataset, held.head(0)
    try:
        return split_holdout(dataset, gate.holdout, config)
    except DataError as err:
        raise DataError(err.message, hint=f"{err.hint}. Or: {_INSTEAD}", **err.details) from err


def _announce(champion: Champion, held: int, rows: int) -> None:
    name = f"{champion.name}, {format_version(champion.version, champion.tags)}"
    if held:
        logger.info(
            "champion: %s; %s of %s rows are kept from the training to hold the new model "
            "against it; %s",
            *(name, f"{held:,}", f"{rows:,}", _INSTEAD),
        )
    else:
        logger.info(
            "champion: %s; it was trained on these rows, so none are kept from the training, and "
            "PyCaret's own holdouts decide; --promote REASON replaces it whatever they say",
            name,
        )


def format_version(version: str, tags: Mapping[str, str]) -> str:
    """A version for people: version 2 (R2 0.8650)."""
    if "metric" not in tags or "holdout" not in tags:
        return f"version {version}"
    return f"version {version} ({tags['metric']} {float(tags['holdout']):.4f})"


def describe_champion_fate(version: Version) -> Iterator[tuple[str, str]]:
    """What has become of the champion, as heads and lines."""
    new, before = format_version(version.version, version.tags), version.before
    reason = version.tags.get(GATE_REASON, "")
    if "champion" in version.aliases:
        if before is None:
            yield "Champion", f"{new}, the first one"
            return
        yield "Champion", f"{format_version(before.version, before.tags)} is replaced by {new}"
        yield from [("Reason", reason)] * bool(reason)
        return
    stays = (
        "there is none"
        if before is None
        else f"{format_version(before.version, before.tags)} stays"
    )
    yield "Champion", f"{stays}; {new} is the challenger"
    if version.claimed or not reason:
        reason = "another version became the champion while this one was trained"
    yield "Reason", reason
    command = f"python -m pipeline.models promote {quote(version.name)} {version.version}"
    yield "Promote", f'{command} --reason "why"'


def claim_promotion(reason: str) -> Claim:
    """The claim of a person, whatever the champion is.

    Raises:
        UsageError: the reason cannot be kept.
    """
    return Claim(sign_move(reason, "")["reason"], anyway=True, by="")
