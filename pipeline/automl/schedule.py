"""Decides which model is compared when, and how long the search may still take."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipeline.automl.cross_validate import CrossValidation
from pipeline.automl.deadline import Deadline
from pipeline.system.progress import Progress

logger = logging.getLogger(__name__)

SLOWEST_FIRST = (
    *("gpc", "catboost", "mlp", "tr", "rbfsvm", "rf", "gbc", "et", "gbr", "kr", "ada"),
    *("xgboost", "svm", "lightgbm", "ard", "ransac", "huber", "lr", "knn"),
)
"""Measured on the shipped tables; a long fit that starts last leaves the other cores idle."""


class ModelSchedule:
    """The models of one search, handed out one by one until its time is used up.

    Which model is compared when decides nothing but the clock.

    Attributes:
        found: the outcomes so far by model id, written by the search.
    """

    def __init__(self, arguments: Mapping[str, Any], deadline: Deadline | None) -> None:
        self.found: dict[str, CrossValidation] = {}
        self._minutes = float(arguments.get("budget_time") or 0)
        self._deadline = deadline

    def of(self, ids: Sequence[str], progress: Progress) -> Iterator[str]:
        """Model after model, announced as it starts, until no more may start; the first one may."""
        started = time.monotonic()
        for place, model_id in enumerate(self._ordered(ids)):
            over = time.monotonic() - started > 60 * self._minutes
            if self._minutes and over and place > 0:
                logger.warning(
                    "time budget of %g minutes used up before %s", self._minutes, model_id
                )
                return
            if self.seconds() == 0:
                return
            progress.model_started(model_id)
            yield model_id

    def seconds(self) -> float | None:
        """How long the search may still take; None: as long as it needs to, as for a result.

        The dummy is no result: nothing can be chosen from it.
        """
        has_result = any(o.row is not None for i, o in self.found.items() if i != "dummy")
        if self._deadline is None or not has_result:
            return None
        return max(0.0, self._deadline.search_remaining())

    def left_out(self, ids: Sequence[str]) -> tuple[str, ...]:
        """The models that the deadline has left no time for."""
        return tuple(i for i in ids if i not in self.found) if self.seconds() == 0 else ()

    def _ordered(self, ids: Sequence[str]) -> Sequence[str]:
        """The slow ones first; under a deadline last, so that most are compared before it."""
        if self._minutes:  # as PyCaret takes them
            return ids
        places = {model_id: place for place, model_id in enumerate(SLOWEST_FIRST)}
        reverse = self._deadline is not None
        return sorted(ids, key=lambda i: places.get(i, len(places)), reverse=reverse)
