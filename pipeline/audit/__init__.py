"""Is the model right? Checks beside the parity proof, before training and after it.

A new check is one function `(Case) -> Iterator[Alarm]` and its row in `CHECKS`. What a stage finds
while it trains it adds to `Trained.alarms`.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from pipeline.audit import balance, copies, duplicates, identifiers, residuals, scores
from pipeline.audit.alarm import Alarm, Audit, worst_first
from pipeline.audit.case import Case

if TYPE_CHECKING:
    from pipeline.automl.experiment import Trained
    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset

__all__ = ["CHECKS", "Alarm", "Audit", "Case", "Check", "after", "before"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Check:
    """One question to a table or a model.

    Attributes:
        known: whether the table alone answers it, or only the finished training.
        asks: what is wrong if it fires, for people.
    """

    name: str
    known: Literal["before", "after"]
    run: Callable[[Case], Iterable[Alarm]]
    asks: str


CHECKS: tuple[Check, ...] = (
    Check(
        *(identifiers.NAME, "before", identifiers.identifiers),
        "a column names the rows; red where it alone reaches the model's score",
    ),
    Check(*(copies.COPY, "before", copies.copies), "a column is the target in another code"),
    Check(*(copies.GAPS, "before", copies.gaps), "a column is empty where the target has a value"),
    Check(*(copies.SINGLE, "before", copies.single), "one column alone reaches the model's score"),
    Check(
        *(duplicates.NAME, "before", duplicates.duplicates),
        "holdout rows that the training rows hold too",
    ),
    Check(*(balance.RARE, "before", balance.imbalance), "a rare class that the model misses"),
    Check(
        *(balance.NEVER, "after", balance.never_predicted),
        "the model never names a class, or is no better than one answer for every row",
    ),
    Check(*(scores.GOOD, "after", scores.too_good), "a score that measurements do not give"),
    Check(*(residuals.NAME, "after", residuals.bias), "predictions too high or too low"),
    Check(
        *(scores.DISAGREES, "after", scores.disagreement),
        "the holdout's score lies beyond the spread of the folds",
    ),
    Check(
        *(scores.LATER, "after", scores.later_rows),
        "where there is a date, the model is far worse on the newest rows",
    ),
)


def before(dataset: Dataset, config: TrainConfig) -> Audit:
    """What the table alone tells: seconds for 100 columns of 50,000 rows."""
    return _run(Case(dataset, config), [c for c in CHECKS if c.known == "before"])


def after(dataset: Dataset, config: TrainConfig, trained: Trained, metric: str) -> Audit:
    """What table and training tell, and what the stages of the training have found themselves.

    Args:
        trained: the finished search, its holdout scored.
        metric: leaderboard column of the metric that chose the winner.
    """
    return _run(Case(dataset, config, trained, metric), CHECKS)


def _run(case: Case, checks: Iterable[Check]) -> Audit:
    found = list(case.trained.alarms) if case.trained is not None else []
    done = list(dict.fromkeys(alarm.check for alarm in found))
    for check in checks:
        try:
            found += check.run(case)
        except Exception as err:  # noqa: BLE001  a training is paid for, whatever fails after it
            logger.warning("audit: the check %r could not be made: %r", check.name, err)
            continue
        done.append(check.name)
    return Audit(tuple(done), worst_first(found))
