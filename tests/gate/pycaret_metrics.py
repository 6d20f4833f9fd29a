"""PyCaret's own metrics without a training, as `pipeline.selection.metric` takes them from one."""

from __future__ import annotations

from functools import cache
from typing import Any

import pandas as pd

from pipeline.selection.metric import Metric
from pipeline.tasks import TASKS, TaskName


@cache
def metric(task: TaskName, name: str, labels: tuple[Any, ...] | None = None) -> Metric:
    """One by its id in PyCaret, or one that PyCaret lacks."""
    extra = TASKS[task].find_metric(name)
    if extra is not None and extra.function:
        function, probable = extra.load_function(), extra.of_probabilities
        return Metric(extra.column, extra.sign, labels, function, {}, probable)
    from pycaret.containers.metrics import classification, regression

    if task == "regression":
        containers: Any = regression.get_all_metric_containers({})
    else:
        codes = pd.Series(range(len(labels or ())))
        containers = classification.get_all_metric_containers({"y": codes})
    found = containers[name]
    return Metric(
        name=found.display_name,
        sign=1.0 if found.greater_is_better else -1.0,
        labels=labels,
        function=found.score_func,
        arguments=found.args,
        probable=getattr(found, "target", "pred") == "pred_proba",
    )
