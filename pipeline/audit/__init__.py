"""Audits a table and a trained model for leaks, copies, bias and other reasons for doubt.

A new check is one function `(Case) -> Iterator[Alarm]` and its row in `CHECKS`. What a stage finds
while it trains it adds to `SearchResult.alarms`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pipeline.audit import balance, copies, duplicates, identifiers, residuals, scores
from pipeline.audit.alarm import Alarm, Audit, order_by_severity
from pipeline.audit.case import AuditCase

if TYPE_CHECKING:
    from pipeline.automl.experiment import SearchResult
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset

__all__ = ["CHECKS", "Alarm", "Audit", "AuditCase", "AuditCheck", "audit_table", "audit_training"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AuditCheck:
    """One question to a table or a model.

    Attributes:
        known: whether the table alone answers it, or only the finished training.
        asks: what is wrong if it fires, for people.
    """

    name: str
    known: Literal["before", "after"]
    run: Callable[[AuditCase], Iterable[Alarm]]
    asks: str


CHECKS: tuple[AuditCheck, ...] = (
    AuditCheck(
        *(identifiers.NAME, "before", identifiers.find_identifiers),
        "a column names the rows; red where it alone reaches the model's score",
    ),
    AuditCheck(
        *(copies.COPY, "before", copies.find_target_copies),
        "a column is the target in another code",
    ),
    AuditCheck(
        *(copies.GAPS, "before", copies.find_telling_gaps),
        "a column is empty where the target has a value",
    ),
    AuditCheck(
        *(copies.SINGLE, "before", copies.find_single_predictors),
        "one column alone reaches the model's score",
    ),
    AuditCheck(
        *(duplicates.NAME, "before", duplicates.find_duplicates),
        "holdout rows that the training rows hold too",
    ),
    AuditCheck(
        *(balance.RARE, "before", balance.find_rare_classes), "a rare class that the model misses"
    ),
    AuditCheck(
        *(balance.NEVER, "after", balance.find_unpredicted_classes),
        "the model never names a class, or is no better than one answer for every row",
    ),
    AuditCheck(
        *(scores.GOOD, "after", scores.find_too_good_scores),
        "a score that measurements do not give",
    ),
    AuditCheck(*(residuals.NAME, "after", residuals.find_bias), "predictions too high or too low"),
    AuditCheck(
        *(scores.DISAGREES, "after", scores.find_fold_disagreement),
        "the holdout's score lies beyond the spread of the folds",
    ),
    AuditCheck(
        *(scores.LATER, "after", scores.find_temporal_decay),
        "where there is a date, the model is far worse on the newest rows",
    ),
)


def audit_table(dataset: Dataset, config: TrainConfig) -> Audit:
    """What the table alone tells: seconds for 100 columns of 50,000 rows."""
    return _run(AuditCase(dataset, config), [c for c in CHECKS if c.known == "before"])


def audit_training(
    dataset: Dataset, config: TrainConfig, trained: SearchResult, metric: str
) -> Audit:
    """What table and training tell, and what the stages of the training have found themselves.

    Args:
        trained: the finished search, its holdout scored.
        metric: leaderboard column of the metric that chose the winner.
    """
    return _run(AuditCase(dataset, config, trained, metric), CHECKS)


def _run(case: AuditCase, checks: Iterable[AuditCheck]) -> Audit:
    found = list(case.trained.alarms) if case.trained is not None else []
    done = list(dict.fromkeys(alarm.check for alarm in found))
    for check in checks:
        try:
            found += check.run(case)
        except Exception as err:  # noqa: BLE001  a training is paid for, whatever fails after it
            logger.warning("audit: the check %r could not be made: %r", check.name, err)
            continue
        done.append(check.name)
    return Audit(tuple(done), order_by_severity(found))
