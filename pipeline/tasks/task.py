"""What the pipeline knows of one of PyCaret's tasks, all in one place.

Standard library only, and PyCaret is imported where an experiment is made, not before: scoring and
the check of a configuration ask a task as well.
"""

from __future__ import annotations

from collections.abc import Mapping
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
        metrics: PyCaret's, id to the column of its leaderboard; either may be given as `metric`.
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
    metrics: Mapping[str, str]
    default_metric: str
    error: str
    comparison: Comparison
    predict_options: Mapping[str, Any]
    lacks: tuple[str, ...] = ()
    without_probabilities: tuple[str, ...] = ()
    without_weights: tuple[str, ...] = ()

    def new_experiment(self) -> Any:
        """An experiment of PyCaret's, before its `setup`."""
        module, _, name = self.experiment.rpartition(".")
        return getattr(import_module(module), name)()

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
