"""The flags of `plan`, `retrain` and `train`, each declared once: a field is a key of a config."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, get_type_hints

from typer import Option

from pipeline.tasks import TASKS

if TYPE_CHECKING:
    from pipeline.config.train_config import TrainConfig


if TYPE_CHECKING:
    Task = str
else:
    Task = StrEnum("Task", {name: name for name in TASKS})


class Select(StrEnum):
    """What decides between the candidates."""

    metric = "metric"
    latency = "latency"
    size = "size"


def _flag(text: str, *names: str, **how: Any) -> Any:
    """A flag whose default the config decides: it is only told where `text` tells it."""
    return Option(*names, help=text, show_default=False, **how)


_DEFAULT_METRICS = " or ".join(task.default_metric for task in TASKS.values())

BudgetOption = Annotated[str | None, _flag("Wall clock, such as 10m; ends the search early.")]


@dataclass(frozen=True)
class PlanFlags:
    """The table and the models; None where a flag was not given.

    Attributes:
        config: the file that the other flags win over.
    """

    dataset: Annotated[str | None, _flag("Name of a dataset in datasets/.")] = None
    data: Annotated[
        Path | None,
        _flag("Your own CSV, Excel, Parquet or JSON Lines; with --dataset, instead of its own."),
    ] = None
    target: Annotated[str | None, _flag("Column to predict, with --data.")] = None
    task: Annotated[Task | None, _flag("Inferred from the target when omitted.")] = None
    ignore: Annotated[
        list[str] | None, _flag("Columns that are no features: a,b or repeated.  (none)")
    ] = None
    numeric: Annotated[list[str] | None, _flag("Columns of numbers.  (inferred)")] = None
    categorical: Annotated[
        list[str] | None, _flag("Columns of names, numerals included.  (inferred)")
    ] = None
    date: Annotated[list[str] | None, _flag("Columns of dates.  (inferred)")] = None
    boolean: Annotated[list[str] | None, _flag("Columns of true and false.  (inferred)")] = None
    drop_missing_target: Annotated[
        bool | None,
        _flag("Leave out rows without a target.  (refuse them)", "--drop-missing-target"),
    ] = None
    config: Annotated[Path | None, _flag("TOML file; flags win over it.")] = None
    include: Annotated[list[str] | None, _flag("Only these model ids: gbr,lr or repeated.")] = None
    exclude: Annotated[list[str] | None, _flag("All models but these ids.")] = None

    def given(self) -> dict[str, Any]:
        """The flags that were given, as config keys: ids split at commas, enums as their text."""
        values = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "config"}
        return {key: _plain(value) for key, value in values.items() if value is not None}

    def settings(self) -> TrainConfig:
        """The config of a run: the file's, and what the flags say instead.

        Raises:
            ConfigError: an unknown key or argument, a wrong type, or keys that contradict.
        """
        from pipeline.config.train_config import read_config

        return read_config(self.config, **self.given())


@dataclass(frozen=True)
class RetrainFlags(PlanFlags):
    """And the search, and what its model is called."""

    metric: Annotated[str | None, _flag(f"Metric that ranks the models.  ({_DEFAULT_METRICS})")] = (
        None
    )
    fold: Annotated[int | None, _flag("Folds of the cross-validation.  (10)", min=2)] = None
    seed: Annotated[int | None, _flag("Random seed.  (1)", min=0)] = None
    name: Annotated[
        str | None, _flag("Of the registered model.  (the dataset's, or the file's)")
    ] = None
    experiment: Annotated[str | None, _flag("MLflow experiment.")] = None


@dataclass(frozen=True)
class TrainFlags(RetrainFlags):
    """And what becomes of the model, and which one is chosen."""

    output: Annotated[Path | None, _flag("Folder for the artifacts.")] = None
    register: Annotated[bool | None, _flag("Register the model.  (register)")] = None
    onnx: Annotated[bool | None, _flag("Export to ONNX, or only train.  (onnx)")] = None
    warnings: Annotated[
        bool | None,
        _flag("A graph that also flags rows unlike those of training.  (none)", "--warnings"),
    ] = None
    top: Annotated[int | None, _flag("Candidates tried as ONNX graphs.  (3)", min=1)] = None
    select: Annotated[
        Select | None, _flag("The best, or the fastest or smallest as good.  (metric)")
    ] = None
    max_microseconds_per_row: Annotated[float | None, _flag("Budget for one row.")] = None
    max_bytes: Annotated[int | None, _flag("Budget for the ONNX file.")] = None


def with_flags(command: Callable[..., None]) -> Callable[..., None]:
    """The command as typer reads it: each field of its first parameter is an option of its own."""
    first, *own = inspect.signature(command, eval_str=True).parameters.values()
    hints = get_type_hints(first.annotation, include_extras=True)
    options = [
        first.replace(name=field.name, annotation=hints[field.name], default=field.default)
        for field in fields(first.annotation)
    ]

    @wraps(command)
    def run(**given: Any) -> None:
        flags = first.annotation(**{option.name: given.pop(option.name) for option in options})
        command(flags, **given)

    run.__signature__ = inspect.Signature([*options, *own])  # type: ignore[attr-defined]
    return run


def _plain(value: Any) -> Any:
    if isinstance(value, StrEnum):
        return value.value
    if isinstance(value, list):
        return tuple(part.strip() for item in value for part in item.split(",") if part.strip())
    return value
