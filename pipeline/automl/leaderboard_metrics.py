"""The metrics of a run: the one that decides, and those that PyCaret lacks.

A metric of a task's `extra_metrics` becomes a column of PyCaret's leaderboard where the settings
name it: as the one that decides, under `[compare] metrics`, or to search a threshold by.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.config.suggest import suggest
from pipeline.errors import ConfigError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from pipeline.config.train_config import TrainConfig
    from pipeline.data.dataset import Dataset
    from pipeline.tasks import TaskMetric


def find_deciding_metric(dataset: Dataset, config: TrainConfig) -> TaskMetric:
    """The metric that ranks the models, given as id or leaderboard column.

    Raises:
        ConfigError: the task does not have it.
    """
    wanted = config.metric or dataset.spec.metric or dataset.task.default_metric
    found = dataset.task.find_metric(wanted)
    if found is None:
        raise ConfigError(
            f"metric: got {wanted!r}, expected one of {dataset.spec.task}",
            hint=suggest(wanted, [metric.id for metric in dataset.task.all_metrics]),
        )
    return found


def add_metrics(experiment: Any, dataset: Dataset, config: TrainConfig) -> None:
    """Give PyCaret those metrics it lacks that the settings name."""
    words = {*config.compare.get("metrics", ()), (config.threshold or {}).get("optimize")}
    named = {dataset.task.find_metric(word) for word in words if word}
    for metric in dataset.task.extra_metrics:
        if metric in named | {find_deciding_metric(dataset, config)}:
            labels, takes = None, {}
            if dataset.task.predicts == "classes":
                labels = tuple(sorted(experiment.y.unique()))
                takes = {"target": "pred_proba" if metric.of_probabilities else "pred"}
            better = {"greater_is_better": not metric.is_loss}
            function = AddedMetric(metric, labels)
            experiment.add_metric(metric.id, metric.column, function, **better, **takes)


@dataclass(frozen=True)
class AddedMetric:
    """A metric that PyCaret lacks, as it calls one: with names of classes, and with options.

    Where a model has no probabilities, or names at most two of more classes, PyCaret hands on
    something else for them, of which a log loss is a number all the same: that is refused. In
    folds it hands on weights, which are None, and counts as 0 what takes none.
    """

    metric: TaskMetric
    labels: tuple[Any, ...] | None

    @property
    def __name__(self) -> str:
        return self.metric.id

    def __call__(self, actual: Any, predicted: Any, **options: Any) -> float:
        import numpy as np

        given = np.asarray(predicted)
        if not self.metric.of_probabilities:
            given = encode_labels(given, self.labels)
        elif given.dtype.kind != "f" or given.ndim != min(2, len(self.labels or ()) - 1):
            raise ValueError(f"got {given.dtype} {given.shape}, expected probabilities")
        told = {name: value for name, value in options.items() if value is not None}
        codes = encode_labels(np.asarray(actual), self.labels)
        return self.metric.load_function()(codes, given, **told)


def select_scores(scores: NDArray[Any] | None) -> NDArray[Any] | None:
    """What a metric takes of probabilities (n, classes): of two classes the second's (n,)."""
    return scores[:, 1] if scores is not None and scores.shape[1] == 2 else scores


def encode_labels(values: NDArray[Any], labels: tuple[Any, ...] | None) -> NDArray[Any]:
    """Classes as their numbers; numbers as they are."""
    import numpy as np

    if labels is None:
        return np.asarray(values, dtype=float)
    number = {str(label): code for code, label in enumerate(labels)}
    return np.array([number[str(value)] for value in values], dtype=int)


def compute_log_loss(actual: NDArray[Any], predicted: NDArray[Any], **options: Any) -> float:
    """scikit-learn's, of rows that may lack a class, too: a fold of a rare class does."""
    from sklearn.metrics import log_loss

    classes = predicted.shape[1] if predicted.ndim == 2 else 2
    return float(log_loss(actual, predicted, labels=range(classes), **options))
