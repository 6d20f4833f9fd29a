"""Counts a failed score as missing, where PyCaret writes 0.0.

Its scorers and its table of the holdout catch every exception and answer 0.0, and a fold whose fit
fails scores 0.0 by every metric. Zero is a real score too, so only the exception tells which it is.
"""

from __future__ import annotations

import copy
import functools
import logging
import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)


@contextmanager
def treat_failures_as_missing() -> Iterator[list[str]]:
    """Let scores that fail be NaN; the mean over folds of which one fails is NaN too.

    PyCaret scores the AUC by `decision_function` where there is one, which three classes need
    probabilities for: those are taken where it fails. Scores that PyCaret computes stay its own.

    Yields:
        Why folds could not be fitted, a line for each cross-validation; filled within the block.
    """
    import sklearn.model_selection
    from pycaret.internal.metrics import ScorerWithErrorScore
    from pycaret.utils import generic
    from sklearn.exceptions import FitFailedWarning

    reasons: list[str] = []
    validate, calculate = sklearn.model_selection.cross_validate, generic._calculate_metric

    def cross_validate(*args: Any, error_score: Any, **options: Any) -> Any:
        wanted = error_score if error_score == "raise" else math.nan
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always", FitFailedWarning)
            found = validate(*args, error_score=wanted, **options)
        failed = [str(w.message) for w in seen if issubclass(w.category, FitFailedWarning)]
        reasons.extend(text.strip().splitlines()[-1] for text in failed)
        return found

    def _calculate_metric(container: Any, function: Any, *args: Any, **kwargs: Any) -> Any:
        known = _WatchedMetric(function) if function else None
        found = calculate(container, known and known.watched, *args, **kwargs)
        return (found[0], math.nan) if known is not None and known.has_failed else found

    with (
        patch.object(ScorerWithErrorScore, "_score", _score),
        patch.object(sklearn.model_selection, "cross_validate", cross_validate),
        patch.object(generic, "_calculate_metric", _calculate_metric),
    ):
        yield reasons


def _score(scorer: Any, *args: Any, **kwargs: Any) -> float:
    """As scikit-learn's scorer, then by probabilities; NaN where neither can be computed."""
    from sklearn.metrics._scorer import _Scorer

    scorers = [scorer]
    if isinstance(scorer._response_method, tuple):
        scorers.append(copy.copy(scorer))
        scorers[-1]._response_method = "predict_proba"
    for each in scorers:
        try:
            return float(_Scorer._score(each, *args, **kwargs))
        except Exception as err:  # noqa: BLE001  whatever a metric or a model raises: third party
            logger.debug("%s failed: %s", each, err)
    return math.nan


class _WatchedMetric:
    """A metric's function that remembers whether its last call raised."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self.has_failed = False

        @functools.wraps(function)  # PyCaret looks at its parameters
        def watched(*args: Any, **kwargs: Any) -> Any:
            self.has_failed = True
            value = function(*args, **kwargs)
            self.has_failed = False
            return value

        self.watched = watched


def add_probability_metrics(
    experiment: Any, predicted: pd.DataFrame, found: Mapping[str, float]
) -> dict[str, float]:
    """A holdout's metrics, with those of probabilities that PyCaret could not compute.

    Where a model names at most two of more classes, PyCaret hands on the probabilities of the
    second class alone.

    Args:
        experiment: PyCaret's, with three classes or more.
        predicted: the target, and per class, in their order, prediction_score_<label>.
        found: metrics by display name, NaN where one failed.
    """
    scores = [c for c in predicted.columns if str(c).startswith("prediction_score_")]
    filled = dict(found)
    for _, metric in experiment.get_metrics().iterrows():
        name = str(metric["Display Name"])
        if metric["Target"] != "pred_proba" or not scores or not math.isnan(filled.get(name, 0.0)):
            continue
        given = predicted[experiment.target_param], predicted[scores].to_numpy()
        try:
            filled[name] = round(float(metric["Score Function"](*given, **metric["Args"])), 4)
        except ValueError as err:  # a class that the holdout lacks
            logger.debug("%s of the holdout failed: %s", name, err)
    return filled
