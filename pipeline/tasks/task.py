"""What the pipeline knows of one of PyCaret's tasks, all in one place.

Standard library only, and PyCaret is imported where an experiment is made, not before: scoring and
the check of a configuration ask a task as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    import pandas as pd

Values = Literal["numbers", "classes"]


@dataclass(frozen=True)
class Comparison:
    """When the graph's prediction counts as PyCaret's.

    Attributes:
        is_relative: predictions are numbers, whose error is relative to PyCaret's; else labels
            must be equal, and the error is the largest difference of their scores.
        tolerance: key of `[tolerance]` with the bound where PyCaret computes in float64.
        single: the bound where it computes in float32.
    """

    is_relative: bool
    tolerance: str
    single: float


@dataclass(frozen=True)
class TaskMetric:
    """A column of the leaderboard.

    Attributes:
        id: as PyCaret's `get_metrics()` lists it.
        column: its name there; settings take it as well as the id.
        is_loss: whether smaller is better.
        of_probabilities: whether it takes those: (n,) of the second of two classes, or
            (n, classes) of more.
        function: full name, of a metric that PyCaret lacks. It takes actual and predicted values,
            classes as their numbers from 0 on; one of predicted classes also `sample_weight`, by
            which the gate counts equal rows.
    """

    id: str
    column: str
    is_loss: bool = False
    of_probabilities: bool = False
    function: str = ""

    @property
    def sign(self) -> int:
        """1 where greater is better, -1 where smaller is."""
        return -1 if self.is_loss else 1

    def load_function(self) -> Callable[..., float]:
        """The function, of a metric that PyCaret lacks."""
        found: Callable[..., float] = _import_object(self.function)
        return found


@dataclass(frozen=True)
class Task:
    """One of PyCaret's tasks; `pipeline.tasks.TASKS` has one object for each, by its name.

    Attributes:
        name: as settings, manifests and MLflow's tags write it.
        experiment: full name of PyCaret's class.
        sources: files of PyCaret in which its functions are written, with their arguments.
        estimator: what scikit-learn calls the task's models.
        target: what the column to predict holds; None where there is none.
        predicts: what its models answer.
        outputs: columns that PyCaret's answers add to the rows, and the graph's outputs: the
            answer first, then scores, which a model may lack; PyCaret has a column of them for
            each class.
        models: ids as PyCaret's `models()` lists them.
        slow: ids of those that `compare_models` leaves out unless turbo is off or they are
            included.
        metrics: PyCaret's.
        extra_metrics: those that PyCaret lacks; one that the settings name is a column more.
        default_metric: the column that PyCaret ranks by.
        error: what the mean error of known rows is called.
        comparison: when a graph is right.
        predict_options: of `predict_model`, so that it rounds nothing and says everything.
        lacks: sections of the settings whose PyCaret function the task does not have.
        without_probabilities: ids of the models that only name a class.
        without_weights: ids of the models whose `fit` takes no weights per row, where boosting
            needs them.
    """

    name: str
    experiment: str
    sources: tuple[str, ...]
    estimator: Literal["regressor", "classifier"]
    target: Values | None
    predicts: Values
    outputs: tuple[str, ...]
    models: tuple[str, ...]
    slow: tuple[str, ...]
    metrics: tuple[TaskMetric, ...]
    extra_metrics: tuple[TaskMetric, ...]
    default_metric: str
    error: str
    comparison: Comparison
    predict_options: Mapping[str, Any]
    lacks: tuple[str, ...] = ()
    without_probabilities: tuple[str, ...] = ()
    without_weights: tuple[str, ...] = ()

    def new_experiment(self) -> Any:
        """An experiment of PyCaret's, before its `setup`."""
        return _import_object(self.experiment)()

    @property
    def all_metrics(self) -> tuple[TaskMetric, ...]:
        """PyCaret's and those that it lacks."""
        return self.metrics + self.extra_metrics

    def find_metric(self, name: str) -> TaskMetric | None:
        """The metric of an id or of a leaderboard column; None if the task has none."""
        known = {m.id.lower(): m for m in self.all_metrics}
        return (known | {m.column.lower(): m for m in self.all_metrics}).get(name.lower())

    def predict(self, experiment: Any, model: Any, rows: pd.DataFrame | None = None) -> Any:
        """What PyCaret answers, unrounded: the reference of everything that is proven.

        Args:
            experiment: the one that trained the model.
            model: a fitted one, or for other rows a whole pipeline.
            rows: the experiment's holdout if None.

        Returns:
            The rows (n, columns) with PyCaret's columns of answers.
        """
        return experiment.predict_model(model, data=rows, **self.predict_options)


def _import_object(name: str) -> Any:
    module, _, attribute = name.rpartition(".")
    return getattr(import_module(module), attribute)
