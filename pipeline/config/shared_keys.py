"""Demands on the keys that a dataset's spec and a training's settings share.

Each raises a ConfigError that says what was found, what was expected and what to do.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pipeline.config.suggest import suggest
from pipeline.errors import ConfigError
from pipeline.tasks import TASKS, TaskName

KINDS = ("numeric", "categorical", "date", "boolean", "ignore")
"""Keys that list columns by kind, in a spec and in a config alike."""


def require_one_kind(settings: Any) -> None:
    """No column may be listed twice, under one kind or under two."""
    seen: dict[str, str] = {}
    for kind in KINDS:
        for column in getattr(settings, kind):
            if column in seen:
                raise ConfigError(
                    f"{kind}: got column {column!r}, which is already under {seen[column]!r}",
                    hint="List every column once",
                )
            seen[column] = kind


def require_dates(settings: Any) -> None:
    """A format of dates needs a column of dates, and a year, a month and a day."""
    for column, form in settings.date_format.items():
        others = [kind for kind in KINDS if kind != "date" and column in getattr(settings, kind)]
        if others:
            raise ConfigError(
                f"date_format: got column {column!r}, which is under {others[0]!r}",
                hint="Take it out of one of the two",
            )
        if not any(f"%{part}" in form for part in "YyGcxs"):
            raise ConfigError(
                f"date_format: got {form!r} for {column!r}, expected a format such as %d/%m/%Y",
                hint="%Y is the year, %m the month, %d the day; Python's strptime has the others",
            )


def require_metric(metric: str | None, tasks: Sequence[TaskName], key: str = "metric") -> None:
    """The metric must be one of a task."""
    columns = {found.column for task in tasks for found in TASKS[task].all_metrics}
    known = columns | {found.id for task in tasks for found in TASKS[task].all_metrics}
    if metric is not None and metric not in known:
        raise ConfigError(
            f"{key}: got {metric!r}, expected a metric of {' or '.join(tasks)}",
            hint=suggest(metric, columns),
        )


def require_models(key: str, ids: Sequence[str] | None, tasks: Sequence[TaskName]) -> None:
    """Each id must be one of a task's models, and there must be one."""
    known = {model for task in tasks for model in TASKS[task].models}
    if ids == ():
        raise ConfigError(f"{key}: got an empty list, expected model ids", hint="Remove the key")
    for model in ids or ():
        if model not in known:
            raise ConfigError(
                f"{key}: got {model!r}, expected a model id of {' or '.join(tasks)}",
                hint=suggest(model, known),
            )
