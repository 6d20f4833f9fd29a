"""Stage 2, the guard: a winner must know more than the dummy does."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from statistics import mean, stdev
from typing import Any

from pipeline.errors import DataError
from pipeline.search.compare import Search, for_one_model
from pipeline.search.evaluate import Outcome, evaluate

logger = logging.getLogger(__name__)

NOTHING_LEARNED = (
    "No model learned anything: the columns say nothing about the target, or rows and target were "
    "misaligned on the way (pycaret-core 3.5.0 with scikit-learn 1.9 does that without a word: "
    "install the pinned requirements), or a constant is perfect by this metric: choose another "
    "with --metric"
)


def beats_dummy(experiment: Any, found: Search, arguments: Mapping[str, Any]) -> None:
    """Refuse a winner that has learned nothing; a single model asked for by name is warned of.

    Raises:
        DataError: the best model is not better than PyCaret's dummy in the same folds.
    """
    if list(found.names) == ["dummy"]:
        return
    metric = experiment.get_metrics().loc[arguments["sort"]]
    column, sign = metric["Display Name"], 1 if metric["Greater is Better"] else -1
    best, dummy = _best(found), _dummy(experiment, found, arguments)
    if dummy.row is None:
        logger.warning("the dummy failed, so nothing can be said against the best model")
        return
    gains = [sign * (a - b) for a, b in zip(best.folds(column), dummy.folds(column), strict=True)]
    if _more_than_luck(gains):
        return
    if len(found.names) == 1:
        logger.warning("%s is no better than the dummy", found.names[best.model_id])
        return
    missing = ", ".join(found.left_out)
    cut = f"The budget ended the search before {missing}: allow more time. " if missing else ""
    raise DataError(
        f"best model {found.names[best.model_id]}: got {column} {best.metrics[column]:g}, "
        f"expected clearly better than the dummy's {dummy.metrics[column]:g}",
        hint=cut + NOTHING_LEARNED,
        metric=column,
        best=best.metrics[column],
        dummy=dummy.metrics[column],
    )


def _more_than_luck(gains: Sequence[float]) -> bool:
    """Whether the mean of the gains is above zero by more than its own standard error.

    Above zero would not do: among twenty models that know nothing, one is above the dummy.
    """
    gain = mean(gains)
    error = stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
    return gain > error


def _best(found: Search) -> Outcome:
    return next(o for o in found.outcomes if o.model_id == found.leaderboard.index[0])


def _dummy(experiment: Any, found: Search, arguments: Mapping[str, Any]) -> Outcome:
    for outcome in found.outcomes:
        if outcome.model_id == "dummy":
            return outcome
    each = for_one_model(arguments)
    return evaluate(experiment, "dummy", {**each, "fit_kwargs": None})  # meant for the others
