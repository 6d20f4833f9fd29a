"""Stage 1: loads, types and checks the table of a spec."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.config.shared_keys import KINDS
from pipeline.config.suggest import suggest
from pipeline.config.train_config import DatasetSpec, TrainConfig, read_spec
from pipeline.config.validation import choose_validation
from pipeline.data.column_names import check_header, check_settings
from pipeline.data.source import hash_file, open_source
from pipeline.errors import DataError, UsageError
from pipeline.manifest.columns import Cells, Described, Input
from pipeline.tasks import CLASSIFICATION, REGRESSION, TASKS, Task

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    from numpy.typing import NDArray

DATASETS = Path(__file__).resolve().parents[2] / "datasets"
FEW_CLASSES = 10
ROWS_PER_CLASS = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A table that is ready to be trained on.

    Attributes:
        spec: what it is, after inference.
        frame: (N, F + 1) in the file's order with an index from 0, the target included and the
            ignored columns left out. Numbers are int64, or float64 with NaN; text is object of
            str with NaN; dates are datetime64[ns] without time zone; booleans are bool.
        sha256: of the file's bytes.
        held_out: share of the file's rows that the frame lacks, as a gate decides on them.
        beside: (N, 0 or 1) the column that decides how rows are split, where it is no feature;
            None is none.
        cells: how the cells of each column are written, as training read them.
        notes: everything that was said of the reading, a sentence each.
        free: text columns of which words are taken, not categories.
    """

    spec: DatasetSpec
    frame: pd.DataFrame
    sha256: str
    path: Path
    held_out: float = 0.0
    beside: pd.DataFrame | None = None
    cells: Mapping[str, Cells] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    free: tuple[str, ...] = ()

    @property
    def task(self) -> Task:
        """What is asked of the table."""
        return TASKS[self.spec.task]

    @property
    def features(self) -> tuple[str, ...]:
        return tuple(column for column in map(str, self.frame) if column != self.spec.target)

    @property
    def inputs(self) -> tuple[Input, ...]:
        """The graph's inputs, one per feature, in the file's order."""
        from pipeline.data.column_types import column_kind
        from pipeline.data.known_values import summarize_known

        return tuple(
            Input(
                name,
                column_kind(self.frame[name]),
                self.cells.get(name),
                summarize_known(self.frame[name], is_free=name in self.free),
            )
            for name in self.features
        )

    @property
    def dictionary(self) -> dict[str, Described]:
        """What the table holds of each feature, for people to read."""
        from pipeline.data.known_values import describe_values

        return {
            name: describe_values(self.frame[name], is_free=name in self.free)
            for name in self.features
        }

    def values(self, column: str) -> pd.Series:
        """(N,) a feature, the target, or the column that decides how rows are split."""
        if self.beside is not None and column in self.beside:
            return self.beside[column]
        return self.frame[column]

    def part(self, chosen: NDArray[np.bool_]) -> Dataset:
        """The same dataset with some of its rows, indexed from 0.

        Args:
            chosen: (N,) which ones.
        """
        frame = self.frame[chosen].reset_index(drop=True)
        beside = None if self.beside is None else self.beside[chosen].reset_index(drop=True)
        return replace(self, frame=frame, beside=beside)


def load_dataset(spec: DatasetSpec, config: TrainConfig | None = None) -> Dataset:
    """Read, type and check the table of a spec.

    Args:
        spec: the columns it does not list are inferred: a number, text, a boolean (true and false
            without gaps) or a date (ISO 8601 without time zone, in every row). Booleans with gaps
            are text, since the graph's booleans cannot be missing.
        config: its folds decide how many rows are enough, PyCaret's defaults without it; the
            columns that it names have to be there.

    Raises:
        DataError: the file or its values cannot be trained on.
        ConfigError: the spec or the config does not fit the file.
    """
    # pandera and pandas take two seconds to import
    from pipeline.data.column_rules import Needs
    from pipeline.data.missing_dates import check_dates
    from pipeline.data.read import read_table
    from pipeline.data.schema import check_values

    config = config or TrainConfig()
    task = TASKS[spec.task]
    needs = Needs.of(config, task)
    source = open_source(spec.file)
    check_header(source, spec)
    check_settings(config.setup, source, spec)
    table = read_table(source, spec, config)
    frame, spec = table.frame, table.spec
    beside = frame[[*spec.beside]] if spec.beside else None
    frame = frame.drop(columns=[*spec.beside])
    check_values(frame, spec.target, task, needs, table.source)
    check_dates(frame, config, table.source)
    return Dataset(
        spec,
        frame,
        hash_file(spec.file),
        spec.file,
        beside=beside,
        cells=table.cells,
        notes=table.notes,
        free=tuple(config.setup.get("text_features") or ()),
    )


def find_dataset(config: TrainConfig) -> DatasetSpec:
    """The spec a run asks for: by name in datasets/, by its own file, or inferred from a table.

    A table beside a dataset takes the place of the dataset's own. The columns that the config
    lists by kind move to that kind. The config is checked against the spec's task on the way.

    Raises:
        UsageError: neither a dataset nor a table, or flags that contradict the spec.
        DataError: no such dataset, or a table that cannot be read.
        ConfigError: a bad spec, or a config that does not fit its task.
    """
    if config.dataset is None and config.data is None:
        raise UsageError(
            "got no table, expected one",
            hint=f"Give --dataset NAME ({', '.join(list_datasets())}) "
            "or --data FILE --target COLUMN",
        )
    spec = _infer_spec(config) if config.dataset is None else _find_named(config, config.dataset)
    config.for_task(spec.task)
    split = choose_validation(config.validation, spec.validation, config.setup)
    name = config.name or spec.name
    return DatasetSpec(**{**dict(spec), "validation": split, "name": name})


def dataset_name(config: TrainConfig) -> str:
    """The name of the dataset, and so of its model; reads no table.

    Raises:
        UsageError: neither a dataset nor a table.
        ConfigError: a bad spec.
        DataError: no such dataset.
    """
    if config.name is not None:
        return config.name
    if config.dataset is None and config.data is not None:
        return _stem(config.data)
    return find_dataset(config).name


def list_datasets() -> tuple[str, ...]:
    """The datasets that come with the project."""
    return tuple(sorted(file.stem for file in DATASETS.glob("*.toml")))


def _find_named(config: TrainConfig, name: str) -> DatasetSpec:
    file = Path(name) if name.endswith(".toml") else DATASETS / f"{name}.toml"
    if not file.is_file():
        if file == Path(name):
            raise DataError(f"there is no file {name!r}", hint="Check the path of the spec")
        raise DataError(f"there is no dataset {name!r}", hint=_others(name))
    spec = read_spec(file)
    for key in ("target", "task"):
        if getattr(config, key) not in (None, getattr(spec, key)):
            raise UsageError(
                f"{key}: got {getattr(config, key)!r}, but the spec of {spec.name!r} "
                f"says {getattr(spec, key)!r}",
                hint=f"Leave --{key} out, or give the table itself with --data {spec.file}",
            )
    return _move_columns(spec, config)


def _others(name: str) -> str:
    known = list_datasets()
    hint = suggest(name, known) if known else ""
    return hint if hint.startswith("Known") else f"{hint} Available: {', '.join(known)}"


def _move_columns(spec: DatasetSpec, config: TrainConfig) -> DatasetSpec:
    """The spec with the columns that the config lists under the config's kinds."""
    moved = {column for kind in KINDS for column in getattr(config, kind)}
    kinds = {
        kind: (*(c for c in getattr(spec, kind) if c not in moved), *getattr(config, kind))
        for kind in KINDS
    }
    said = {
        "file": config.data or spec.file,
        "date_format": {**spec.date_format, **config.date_format},
        "decimal": config.decimal or spec.decimal,
    }
    return DatasetSpec(**{**dict(spec), **kinds, **said})


def _stem(file: Path) -> str:
    return re.sub(r"[^\w.-]+", "-", file.stem).lstrip(".-") or "table"


def _infer_spec(config: TrainConfig) -> DatasetSpec:
    if config.data is None or config.target is None:
        raise UsageError(
            "got a table without a target column",
            hint="Name the column to predict with --target COLUMN",
        )
    values = {
        "name": _stem(config.data),
        "task": config.task or CLASSIFICATION.name,
        "target": config.target,
        "file": config.data,
        **{key: getattr(config, key) for key in (*KINDS, "date_format", "decimal")},
    }
    if config.task is None:
        values["task"] = _task(DatasetSpec(**values)).name
    return DatasetSpec(**values)


def _task(spec: DatasetSpec) -> Task:
    """Classification for text, booleans and few whole numbers, else regression; logged."""
    from pipeline.data.read import read_target

    source = open_source(spec.file)
    check_header(source, spec)
    values = read_target(source, spec).dropna()
    task, reason = REGRESSION, "numbers"
    if values.dtype.kind in "Ob":
        task, reason = CLASSIFICATION, f"words, {values.nunique()} in all"
    elif _are_classes(values):
        task, reason = CLASSIFICATION, f"{values.nunique()} different whole numbers"
    text = "task: %s, because the target %r holds %s; --task says otherwise"
    log.info(text, task.name, spec.target, reason)
    return task


def _are_classes(values: pd.Series) -> bool:
    """Few different whole numbers, each often enough to be a class rather than a count."""
    most = min(FEW_CLASSES, len(values) / ROWS_PER_CLASS)
    return values.dtype.kind in "if" and bool((values % 1 == 0).all()) and values.nunique() <= most
