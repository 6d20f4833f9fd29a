"""Computes PyCaret's metrics for any predictions."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from pipeline.automl.leaderboard_metrics import encode_labels, select_scores
from pipeline.runtime.predictions import Predictions
from pipeline.track.training_result import TrainingResult


@dataclass(frozen=True)
class Metric:
    """One of PyCaret's metrics, as its cross-validation computes it: classes are their numbers.

    Attributes:
        name: of its column in the leaderboard.
        sign: 1 where greater is better, -1 where smaller is.
        labels: the classes in the order of their numbers; None for regression.
        function: of actual and predicted values.
        probable: whether it takes probabilities instead of labels.
    """

    name: str
    sign: float
    labels: tuple[Any, ...] | None
    function: Callable[..., float]
    arguments: Mapping[str, Any]
    probable: bool

    def value(self, actual: NDArray[Any], predicted: Predictions) -> float:
        """The metric, greater if better; not a number where it cannot be computed."""
        given = self.given(predicted)
        if given is None:
            return math.nan
        return self.of(encode_labels(actual, self.labels), given)

    def given(self, predicted: Predictions) -> NDArray[Any] | None:
        """What the function takes of predictions: numbers, classes' numbers, or probabilities."""
        if not self.probable:
            return encode_labels(predicted.labels, self.labels)
        return select_scores(predicted.scores)

    def of(
        self, actual: NDArray[Any], given: NDArray[Any], weights: NDArray[Any] | None = None
    ) -> float:
        """The same of values that are numbers already; `weights` are how often each row counts.

        PyCaret's functions of predicted classes take weights; not all of the others do.
        """
        more = {} if weights is None else {"sample_weight": weights}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a class that nobody predicts, in every shuffle again
            try:
                value = self.function(actual, given, **self.arguments, **more)
            except Exception:  # noqa: BLE001  whatever a metric raises: third party
                return math.nan
        return self.sign * float(value)


def build_metrics(evidence: TrainingResult) -> Iterator[Metric]:
    """The metric that decides, then PyCaret's default one, which needs nothing but labels."""
    trained = evidence.trained
    known = trained.experiment.get_metrics()
    default = trained.task.find_metric(trained.task.default_metric)
    for metric in filter(None, (trained.metric, default)):
        row = known.loc[metric.id]
        yield Metric(
            name=metric.column,
            sign=metric.sign,
            labels=trained.labels,
            function=metric.load_function() if metric.function else row["Score Function"],
            arguments=row["Args"],
            probable=metric.of_probabilities,
        )
