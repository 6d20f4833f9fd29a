"""Summarizes a model's training data, small enough to be kept with it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.data.column_types import column_kind
from pipeline.data.dataset import Dataset
from pipeline.drift.categorical import CATEGORIES, Shares
from pipeline.drift.numeric import POINTS, Spread
from pipeline.errors import DataError
from pipeline.manifest.columns import Kind
from pipeline.system import typed_json

FILE = Path("config", "baseline.json")
VERSION = 1
MOST_CLASSES = 100
"""All that a target may have: a class that vanishes must not hide among others."""
ROOM = 2400
"""Points of all columns together, so that the file does not grow with their number."""
FEWEST = 30
"""Points of a column that are kept however many columns there are."""
PER_CATEGORY = POINTS // CATEGORIES
"""A category takes as much room as so many points."""


@dataclass(frozen=True)
class BaselineColumn:
    """A column of the training data.

    Attributes:
        kind: of its values; of a target's class labels too.
        content: how its values are distributed.
    """

    kind: Kind
    content: Spread | Shares

    @property
    def missing(self) -> float:
        """The share of its rows without a value."""
        return self.content.missing / max(self.content.rows, 1)


@dataclass(frozen=True)
class Baseline:
    """What a model was trained on.

    Attributes:
        rows: of the table.
        sha256: of the file's bytes.
        columns: features and target by name, in the table's order.
    """

    task: str
    target: str
    rows: int
    sha256: str
    columns: Mapping[str, BaselineColumn]

    @classmethod
    def of(cls, dataset: Dataset) -> Baseline:
        """Sum up a table (N, F + 1)."""
        spec, frame = dataset.spec, dataset.frame
        points = max(FEWEST, min(POINTS, ROOM // len(frame.columns) // 10 * 10))
        columns = {
            str(name): _classes(frame[name])
            if name == spec.target and dataset.task.target == "classes"
            else _column(frame[name], points)
            for name in frame.columns
        }
        return cls(spec.task, spec.target, len(frame), dataset.sha256, columns)

    @classmethod
    def read(cls, folder: Path) -> Baseline | None:
        """The baseline of an artifact folder; None where an earlier version left none.

        Raises:
            DataError: the file is not one that this version wrote.
        """
        file = folder / FILE
        if not file.is_file():
            return None
        try:
            return cls.from_json(file.read_text(encoding="utf-8"))
        except (ValueError, KeyError, TypeError, AttributeError) as err:
            raise DataError(
                f"got {str(file)!r}, which cannot be read ({err!r}), "
                f"expected a baseline of version {VERSION}",
                hint="Train the model again with this version, or remove the file to compare "
                "nothing",
            ) from err

    def to_json(self) -> str:
        """Text for `from_json`; infinite numbers are words."""
        columns = [
            {"name": name, "kind": column.kind, **_to_json(column.content)}
            for name, column in self.columns.items()
        ]
        values = {
            "version": VERSION,
            "task": self.task,
            "target": self.target,
            "rows": self.rows,
            "sha256": self.sha256,
            "columns": columns,
        }
        return json.dumps(values, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_json(cls, text: str) -> Baseline:
        """Read `to_json`'s text.

        Raises:
            ValueError, KeyError, TypeError, AttributeError: it is something else.
        """
        values = typed_json.parse_json(text)
        if values["version"] != VERSION:
            raise ValueError(f"version {values['version']}")
        columns = {column["name"]: _read(column) for column in values["columns"]}
        facts = {key: values[key] for key in ("task", "target", "rows", "sha256")}
        return cls(**facts, columns=columns)


def _column(values: pd.Series, points: int) -> BaselineColumn:
    kind = column_kind(values)
    if kind in ("number", "date"):
        return BaselineColumn(kind, Spread.of(values, points))
    return BaselineColumn(kind, Shares.of(values, points // PER_CATEGORY))


def _classes(values: pd.Series) -> BaselineColumn:
    return BaselineColumn(column_kind(values), Shares.of(values, MOST_CLASSES))


def _to_json(content: Spread | Shares) -> dict[str, Any]:
    found: dict[str, Any] = {"missing": content.missing}
    if isinstance(content, Shares):
        return {**found, "shares": content.values, "rest": content.rest}
    values = [value if math.isfinite(value) else str(value) for value in content.values]
    return {**found, "values": values, "at": content.at, "between": content.between}


def _read(column: Mapping[str, Any]) -> BaselineColumn:
    kind, missing = column["kind"], column["missing"]
    if "shares" in column:
        return BaselineColumn(kind, Shares(column["shares"], column["rest"], missing))
    dates = kind == "date"
    values = tuple(value if dates else float(value) for value in column["values"])
    at, between = tuple(column["at"]), tuple(column["between"])
    return BaselineColumn(kind, Spread(values, at, between, missing, dates))
