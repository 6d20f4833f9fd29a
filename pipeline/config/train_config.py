"""A dataset's spec and a training run's settings, checked when they are created.

Both come from TOML; command-line flags override a file. Reading one imports neither PyCaret nor
pandas nor MLflow.
"""

from __future__ import annotations

import tomllib
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal, Self, TypeVar

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from pipeline.config import ensemble_rules, pycaret_arguments
from pipeline.config.base import Settings
from pipeline.config.retrain_config import Drift, Gate, Notify
from pipeline.config.sections import FUNCTIONS
from pipeline.config.shared_keys import (
    KINDS,
    require_dates,
    require_metric,
    require_models,
    require_one_kind,
)
from pipeline.config.validation import Validation
from pipeline.config.validation import check_validation as check_split
from pipeline.errors import ConfigError
from pipeline.tasks import TASKS, TaskName

NAME = r"^\w[\w .-]*$"
"""What a dataset, and so its model, may be called."""

Text = Annotated[StrictStr, Field(min_length=1)]
Columns = tuple[Text, ...]
Step = dict[str, Any] | None
"""Arguments of the PyCaret function of a section, see sections.py; None: not asked for."""


class Tolerance(Settings):
    """Bounds of the parity check; a dataset may tighten them, never loosen them."""

    regression: float = Field(default=1e-9, ge=0, le=1e-9, strict=True)
    """Largest relative error of a predicted number."""
    probability: float = Field(default=1e-9, ge=0, le=1e-9, strict=True)
    """Largest absolute error of a predicted probability."""


class DatasetSpec(Settings):
    """What a table is: the task, the target and the kinds of its columns.

    Columns that no kind lists are inferred from their values; those under `ignore` are not read,
    but for the one that `validation` names.
    """

    name: str = Field(pattern=NAME, strict=True)
    task: TaskName
    target: Text
    file: Path
    numeric: Columns = ()
    categorical: Columns = ()
    date: Columns = ()
    boolean: Columns = ()
    ignore: Columns = ()
    date_format: dict[str, Text] = Field(default_factory=dict)
    """How the dates of a column are written, as strptime has it, where its cells do not decide."""
    decimal: Literal[".", ","] | None = None
    """The decimal separator, where the cells do not decide: "1,234"."""
    metric: Text | None = None
    source: StrictStr = ""
    licence: StrictStr = ""
    tolerance: Tolerance = Tolerance()
    validation: Validation | None = None

    @property
    def beside(self) -> tuple[str, ...]:
        """The column that decides how rows are split and is no feature."""
        column = self.validation and self.validation.column
        return (column,) if column in self.ignore else ()

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        require_one_kind(self)
        require_dates(self)
        if self.validation and self.target == self.validation.column:
            raise ConfigError(
                f"[validation]: got {self.target!r}, which is the target",
                hint="Name a column that is known before the target is",
            )
        if self.target in self.ignore:
            raise ConfigError(
                f"target: got {self.target!r}, which is also under `ignore`",
                hint="Take it out of one of the two",
            )
        require_metric(self.metric, (self.task,))
        return self


with warnings.catch_warnings():
    # the key is `register`, which is also a method of BaseModel's metaclass
    warnings.filterwarnings("ignore", message='Field name "register"')

    class TrainConfig(Settings):
        """One training run: which table, which models, how, and where the results go."""

        secret: ClassVar[tuple[str, ...]] = ("notify",)

        dataset: Text | None = None
        """Name of a spec in datasets/, or the path of a TOML file that holds one."""
        data: Path | None = None
        target: Text | None = None
        task: TaskName | None = None
        numeric: Columns = ()
        categorical: Columns = ()
        date: Columns = ()
        boolean: Columns = ()
        ignore: Columns = ()
        date_format: dict[str, Text] = Field(default_factory=dict)
        decimal: Literal[".", ","] | None = None
        drop_missing_target: StrictBool = False
        """Leave out rows without a target instead of refusing the table."""
        include: Columns | None = None
        exclude: Columns | None = None
        metric: Text | None = None
        fold: StrictInt = Field(default=10, ge=2)
        seed: StrictInt = Field(default=1, ge=0, lt=2**32)
        output: Path | None = None
        name: Annotated[StrictStr, Field(pattern=NAME)] | None = None
        """Of the registered model and, unless `experiment` says otherwise, of the experiment."""
        experiment: Text | None = None
        register: StrictBool = True
        onnx: StrictBool = True
        """Export the model; off trains whatever the options, and registers nothing."""
        warnings: StrictBool = False
        """Outputs of the graph that warn of what training never saw."""
        top: StrictInt = Field(default=3, ge=1)
        """How many candidates are tried as graphs and may be chosen."""
        select: Literal["metric", "latency", "size"] = "metric"
        """What decides among them: the metric, or speed or size within one standard error of it."""
        max_microseconds_per_row: float | None = Field(default=None, gt=0, strict=True)
        max_bytes: StrictInt | None = Field(default=None, gt=0)
        """Budgets: for one row alone on one thread, and for the ONNX file."""
        validation: Validation | None = None
        setup: dict[str, Any] = Field(default_factory=dict)
        """Arguments of PyCaret's setup; the text "none" stands for None, which TOML lacks."""
        compare: dict[str, Any] = Field(default_factory=dict)
        """Arguments of PyCaret's compare_models."""
        tune: Step = None
        ensemble: Step = None
        blend: Step = None
        stack: Step = None
        calibrate: Step = None
        threshold: Step = None
        finalize: StrictBool = True
        gate: Gate | None = None
        drift: Drift | None = None
        notify: Notify | None = None
        """Of `python -m pipeline.retrain`; a training by itself does without them."""

        @model_validator(mode="before")
        @classmethod
        def _arguments(cls, values: dict[str, Any]) -> dict[str, Any]:
            task = values.get("task") if values.get("task") in TASKS else None
            checked: dict[str, Any] = {
                section: pycaret_arguments.check_arguments(section, values[section], task)
                for section in FUNCTIONS
                if isinstance(values.get(section), dict)
            }
            return {**values, **checked}

        @model_validator(mode="after")
        def _consistent(self) -> Self:
            require_one_kind(self)
            require_dates(self)
            tasks = tuple(TASKS) if self.task is None else (self.task,)
            require_metric(self.metric, tasks)
            for metric in self.compare.get("metrics", ()):
                require_metric(metric, tasks, "[compare] metrics")
            require_models("include", self.include, tasks)
            require_models("exclude", self.exclude, tasks)
            if self.include is not None and self.exclude is not None:
                raise ConfigError(
                    "include and exclude: got both, expected one of them",
                    hint="List the models you want under `include` alone",
                )
            ensemble_rules.check_ensembles(self, tasks)
            check_split(self.validation, self.setup)
            return self

        @classmethod
        def neighbour(cls, key: str) -> str:
            sections = " or ".join(
                f"[{section}]" for section in pycaret_arguments.find_sections(key)
            )
            if sections:
                return f"It is an argument of PyCaret: put it under {sections}"
            return super().neighbour(key)

        def for_task(self, task: TaskName) -> TrainConfig:
            """The same settings, checked against one task's models, metrics and arguments."""
            return TrainConfig(**{**dict(self), "task": task})


def read_spec(file: Path) -> DatasetSpec:
    """A dataset's spec from TOML; its `file` counts from the folder of the TOML file."""
    values = read_toml(file)
    if isinstance(values.get("file"), str):
        values["file"] = file.parent / values["file"]
    return _make(DatasetSpec, values, file)


def read_config(file: Path | None = None, **flags: Any) -> TrainConfig:
    """Settings from a TOML file, if any, overridden by the flags that are not None.

    Paths in the file count from its folder. A flag that names the table or the models replaces
    every key of the file that does: --dataset also replaces `data`, --include also `exclude`.
    Columns of a kind are added to the file's.

    Raises:
        ConfigError: an unknown key or argument, a wrong type, or keys that contradict.
    """
    given = {name: value for name, value in flags.items() if value is not None}
    values = {} if file is None else _from_folder(read_toml(file), file.parent)
    for flag, replaced in _REPLACES.items():
        if flag in given:
            values = {key: value for key, value in values.items() if key not in replaced}
    return _make(TrainConfig, {**values, **given, **_move_columns(values, given)}, file)


def _move_columns(values: Mapping[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """The columns by kind, those of the flags added to the file's and moved out of other kinds."""
    moved = {column for kind in KINDS for column in given.get(kind, ())}
    return {
        kind: (*(c for c in values[kind] if c not in moved), *given.get(kind, ()))
        for kind in KINDS
        if moved and isinstance(values.get(kind), list)
    }


S = TypeVar("S", bound=Settings)

_REPLACES: Mapping[str, tuple[str, ...]] = {
    "dataset": ("data", "target", "task"),
    "data": ("dataset",),
    "include": ("exclude",),
    "exclude": ("include",),
}


def _make(kind: type[S], values: Mapping[str, Any], file: Path | None) -> S:
    try:
        return kind(**values)
    except ConfigError as err:
        if file is None:
            raise
        raise ConfigError(f"{file}: {err.message}", hint=err.hint, **err.details) from err


def read_toml(file: Path) -> dict[str, Any]:
    """What a TOML file holds; a mark at its start is no fault.

    Raises:
        ConfigError: it cannot be read, is no TOML, or holds what no message can show.
    """
    try:
        values = tomllib.loads(file.read_text("utf-8-sig"))
        repr(values)  # fails for numbers of thousands of digits, which hexadecimals may be
    except OSError as err:
        raise ConfigError(f"{file}: cannot be read ({err.strerror})") from err
    except RecursionError:
        raise ConfigError(f"{file}: got values nested too deeply, expected few levels") from None
    except ValueError as err:  # TOMLDecodeError and UnicodeDecodeError are among these
        found = str(err).partition("; use sys.")[0]  # Python's own advice about long numbers
        raise ConfigError(f"{file}: got {found}, expected TOML in UTF-8") from err
    return values


def _from_folder(values: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    paths: dict[str, Any] = {
        key: str(folder / value)
        for key, value in values.items()
        if isinstance(value, str)
        and (key in ("data", "output") or (key == "dataset" and value.endswith(".toml")))
    }
    notify = values.get("notify")
    if isinstance(notify, dict) and isinstance(notify.get("health"), str):
        paths["notify"] = {**notify, "health": folder / notify["health"]}
    return {**values, **paths}
