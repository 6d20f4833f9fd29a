"""The tasks, by their names. A new one is a file with its `Task`, and its row here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from pipeline.tasks.classification import CLASSIFICATION
from pipeline.tasks.regression import REGRESSION
from pipeline.tasks.task import Comparison, Task, TaskMetric, Values

__all__ = [
    "CLASSIFICATION",
    "REGRESSION",
    "TASKS",
    "Comparison",
    "Task",
    "TaskMetric",
    "TaskName",
    "Values",
]

TASKS: Mapping[str, Task] = {task.name: task for task in (REGRESSION, CLASSIFICATION)}

if TYPE_CHECKING:
    TaskName = str
else:
    TaskName = Literal[tuple(TASKS)]
    """What a file may say of its task, for pydantic and `typed_json` to check."""
