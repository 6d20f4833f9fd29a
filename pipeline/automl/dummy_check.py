"""Checks that the winner of the search is better than PyCaret's dummy model."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from math import isfinite
from statistics import mean, stdev
from typing import Any

from pipeline.audit.alarm import Alarm
from pipeline.audit.balance import NOTHING
from pipeline.automl.brier import Brier, compute_brier
from pipeline.automl.compare import Search, select_model_arguments
from pipeline.automl.cross_validate import CrossValidation, cross_validate

logger = logging.getLogger(__name__)

TRIED = 3
"""Models whose probabilities are asked, where the metric tells none from the dummy."""

NOTHING_LEARNED = (
    "The columns say too little about the target for these models: other columns or more rows may "
    "help, and where a constant is perfect by this metric, another --metric. If a table like this "
    "has given a good model before, see whether rows and target still belong together "
    "(pycaret-core 3.5.0 with scikit-learn 1.9 parts them without a word)"
)
# PyCaret averages F1, Recall and Prec. over text classes by their rows, the rare one counts little
ADVICE = "Choose by --metric AUC or MCC, or balance the classes ([setup] fix_imbalance = true)"
THRESHOLD = "; [threshold] moves the decision"


@dataclass(frozen=True)
class BaselineVerdict:
    """What the guard says of a search.

    Attributes:
        model_id: the model to go on with: the first that has learned something, or just the first.
        text: why that one, where the metric cannot tell; else empty.
        nothing_learned: that no model has learned anything, and by which figures; else empty.
        hint: what to do about it.
        alarms: that the one model asked for has learned nothing.
    """

    model_id: str
    text: str = ""
    nothing_learned: str = ""
    hint: str = ""
    alarms: tuple[Alarm, ...] = ()


def compare_with_dummy(
    experiment: Any, found: Search, arguments: Mapping[str, Any]
) -> BaselineVerdict:
    """The winner, if it is better than PyCaret's dummy in the same folds.

    Better by the metric asked for. Where that cannot tell, as Accuracy with a rare class, the
    first of the leaderboard whose probabilities have a better Brier score (a proper score) than
    the classes' frequencies. A single model asked for by name is kept, and warned of.
    """
    first = str(found.leaderboard.index[0])
    if list(found.names) == ["dummy"]:
        return BaselineVerdict(first)
    metric = experiment.get_metrics().loc[arguments["sort"]]
    column, sign = metric["Display Name"], 1 if metric["Greater is Better"] else -1
    best, dummy = _outcome(found, first), _dummy(experiment, found, arguments)
    if dummy.row is None:
        logger.warning("the dummy failed, so nothing can be said against the best model")
        return BaselineVerdict(first)
    gains = [sign * (a - b) for a, b in zip(best.folds(column), dummy.folds(column), strict=True)]
    if _more_than_luck(gains):
        return BaselineVerdict(first)
    for outcome in islice(_by_useful_rank(found), TRIED):
        probabilities = compute_brier(experiment, outcome, arguments.get("groups"))
        if _more_than_luck(probabilities.gains):
            text = _explain(found, outcome, column, dummy.metrics[column], probabilities)
            text += "" if experiment.is_multiclass else THRESHOLD
            logger.warning("%s", text)
            return BaselineVerdict(outcome.model_id, text)
    if len(found.names) == 1:
        logger.warning("%s is no better than the dummy", found.names[first])
        return BaselineVerdict(first, alarms=(_useless(found, best, column, dummy),))
    return _no_winner(found, next(o for o in _by_rank(found)), column, dummy)


def _no_winner(
    found: Search, best: CrossValidation, column: str, dummy: CrossValidation
) -> BaselineVerdict:
    missing = ", ".join(found.left_out)
    cut = f"The budget ended the search before {missing}: allow more time. " if missing else ""
    return BaselineVerdict(
        best.model_id,
        nothing_learned=f"no model has learned anything: the best, {found.names[best.model_id]}, "
        f"has {column} {best.metrics[column]:g}, not clearly better than the dummy's "
        f"{dummy.metrics[column]:g}",
        hint=cut + NOTHING_LEARNED,
    )


def _useless(found: Search, best: CrossValidation, column: str, dummy: CrossValidation) -> Alarm:
    text = (
        f"In cross-validation {found.names[best.model_id]} has {column} "
        f"{best.metrics[column]:g}, not clearly better than the dummy's {dummy.metrics[column]:g}."
    )
    todo = "Do not use it: try other models, other columns or more rows."
    return Alarm(NOTHING, "red", (), text, todo)


def _explain(found: Search, chosen: CrossValidation, column: str, dummy: float, by: Brier) -> str:
    return (
        f"{column} does not tell the models from always answering {by.common} ({dummy:g}); of "
        f"those whose probabilities say more than the classes' frequencies (Brier score "
        f"{by.score:.4f} against {by.constant:.4f}), {found.names[chosen.model_id]} is the first. "
        f"In cross-validation it finds {by.hits:,} of {by.rows:,} rows of {by.rare} "
        f"({by.share:.1%} of all). {ADVICE}"
    )


def _more_than_luck(gains: Sequence[float]) -> bool:
    """Whether the mean of the gains is above zero by more than its own standard error.

    Above zero would not do: among twenty models that know nothing, one is above the dummy. A fold
    without a figure (its metric failed) speaks for nobody.
    """
    if not all(map(isfinite, gains)):
        return False
    gain = mean(gains)
    error = stdev(gains) / len(gains) ** 0.5 if len(gains) > 1 else 0.0
    return gain > error


def _by_rank(found: Search) -> Iterator[CrossValidation]:
    """By place in the leaderboard, the dummy last."""
    for model_id in sorted(found.leaderboard.index, key=lambda i: i == "dummy"):
        yield _outcome(found, str(model_id))


def _by_useful_rank(found: Search) -> Iterator[CrossValidation]:
    """Those with probabilities that rank the rows better than chance: no fit tells that."""
    for outcome in _by_rank(found):
        if outcome.record is None or "AUC" not in outcome.metrics:
            continue
        has_probabilities = hasattr(outcome.record["model"], "predict_proba")
        if has_probabilities and _more_than_luck([auc - 0.5 for auc in outcome.folds("AUC")]):
            yield outcome


def _outcome(found: Search, model_id: str) -> CrossValidation:
    return next(o for o in found.outcomes if o.model_id == model_id)


def _dummy(experiment: Any, found: Search, arguments: Mapping[str, Any]) -> CrossValidation:
    for outcome in found.outcomes:
        if outcome.model_id == "dummy":
            return outcome
    each = select_model_arguments(arguments)
    return cross_validate(experiment, "dummy", {**each, "fit_kwargs": None})  # meant for the others
