"""Refuses column names that PyCaret or the graph could not tell apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.config.shared_keys import KINDS
from pipeline.config.suggest import suggest
from pipeline.config.train_config import DatasetSpec
from pipeline.data.source import Source
from pipeline.errors import ConfigError, DataError

RESERVED = re.compile(r"prediction_label|prediction_score.*", re.DOTALL)
"""Columns that predict_model adds."""
COLUMN_ARGUMENTS = (
    *("ordinal_features", "numeric_features", "categorical_features", "date_features"),
    *("text_features", "bin_numeric_features"),
)
"""Arguments of `setup` that name columns of the table, in a list or as keys."""
CLEANED = re.compile(r"[\]\[\,\{\}\"\:]+")
"""What PyCaret's CleanColumnNames takes out of every column name."""


def check_header(source: Source, spec: DatasetSpec) -> None:
    """Refuse column names that PyCaret or the graph could not tell apart, or that are not there.

    Raises:
        DataError: unnamed, duplicate or reserved columns; no target; no feature.
        ConfigError: the spec lists a column that the table lacks.
    """
    file, names = source.path.name, source.columns
    _refuse_unnamed(file, names)
    _refuse_twins(file, names, lambda name: name, "the same name")
    if spec.target not in names:
        raise DataError(
            f"{file}: there is no target column {spec.target!r}",
            hint="; ".join([suggest(spec.target, names), *source.notes]),
        )
    for key in (*KINDS, "date_format"):
        for column in getattr(spec, key):
            if column not in names:
                raise ConfigError(
                    f"{key}: got {column!r}, which is not a column of {file}",
                    hint=suggest(column, names),
                )
    if spec.target in spec.date_format:
        raise ConfigError(
            f"date_format: got {spec.target!r}, which is the target and no date",
            hint="Predict a number of days instead, or a word",
        )
    column = spec.validation and spec.validation.column
    if column and column not in names:
        raise ConfigError(
            f"[validation]: got {column!r}, which is not a column of {file}",
            hint=suggest(column, names),
        )
    used = [name for name in names if name not in spec.ignore]
    _refuse_reserved(file, used)
    _refuse_twins(file, used, lambda name: CLEANED.sub("", name), "one name to PyCaret")
    if len(used) == 1:
        raise DataError(f"{file}: got the target alone, expected at least one more column")


def check_settings(setup: Mapping[str, Any], source: Source, spec: DatasetSpec) -> None:
    """Refuse columns in arguments of PyCaret's `setup` that the table lacks, as it would itself.

    Raises:
        ConfigError: no such column; `keep_features` may name columns that PyCaret makes.
    """
    used = [name for name in source.columns if name not in spec.ignore]
    for argument in COLUMN_ARGUMENTS:
        for column in setup.get(argument) or ():
            if column not in used:
                raise ConfigError(
                    f"[setup] {argument}: got {column!r}, which is not a column of "
                    f"{source.path.name}, or an ignored one",
                    hint=suggest(str(column), used),
                )


def _refuse_unnamed(file: str, names: Sequence[str]) -> None:
    bare = [str(n) for n, name in enumerate(names, start=1) if not CLEANED.sub("", name).strip()]
    if bare:
        raise DataError(
            f"{file}: got no name for column {', '.join(bare)} of {len(names)}",
            hint="Name every column; a column of row numbers is best left out",
        )


def _refuse_twins(file: str, names: Sequence[str], alike: Callable[[str], str], what: str) -> None:
    counts = Counter(map(alike, names))
    twins = [repr(name) for name in names if counts[alike(name)] > 1]
    if twins:
        raise DataError(
            f"{file}: got columns with {what}: {', '.join(twins)}",
            hint="Rename or remove all but one of them",
            columns=twins,
        )


def _refuse_reserved(file: str, names: Sequence[str]) -> None:
    reserved = [repr(name) for name in names if RESERVED.fullmatch(name)]
    if reserved:
        raise DataError(
            f"{file}: got the column {', '.join(reserved)}, a name kept for predictions",
            hint="Rename it, or list it under `ignore` if it is an earlier prediction",
        )
