"""What every task says of itself holds of itself; of PyCaret it is checked where it is used."""

from __future__ import annotations

import subprocess
import sys
from typing import get_args

import pytest

from pipeline.config.sections import FUNCTIONS
from pipeline.config.train_config import Tolerance
from pipeline.tasks import TASKS, Task, TaskName

every_task = pytest.mark.parametrize("task", TASKS.values(), ids=list(TASKS))


def test_files_may_name_every_task_and_no_other() -> None:
    assert get_args(TaskName) == tuple(TASKS) == tuple(task.name for task in TASKS.values())


def test_asking_a_task_imports_nothing_but_the_standard_library() -> None:
    code = "import sys; from pipeline.tasks import TASKS; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = {name.partition(".")[0] for name in run.stdout.split()}
    assert not loaded & {"pycaret", "sklearn", "numpy", "pandas", "pydantic", "mlflow"}
    assert "pipeline" in loaded


@every_task
def test_a_task_speaks_of_its_own_models_metrics_and_sections(task: Task) -> None:
    assert len(set(task.models)) == len(task.models)
    assert {*task.slow, *task.without_probabilities, *task.without_weights} <= {*task.models}
    assert task.default_metric in {metric.column for metric in task.metrics}
    assert {*task.lacks} <= {*FUNCTIONS}
    assert task.comparison.tolerance in Tolerance.model_fields


class Answering:
    """Stands in for an experiment: keeps how `predict_model` was called."""

    def predict_model(self, model: object, **options: object) -> object:
        self.model, self.options = model, options
        return "answers"


@every_task
def test_the_reference_is_of_the_holdout_unless_rows_are_given(task: Task) -> None:
    experiment = Answering()
    assert task.predict(experiment, "model") == "answers"
    assert experiment.model == "model"
    assert experiment.options == {"data": None, **task.predict_options}
