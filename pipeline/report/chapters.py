"""Runs all chapters of the report, and reads and writes the tables between."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.errors import DataError
from pipeline.rendering.drawing import Drawing, ReportContext, Tables
from pipeline.rendering.tables import FOLDER, write_table
from pipeline.report import dependence, distributions, holdout, importance, segments
from pipeline.report.chapter import Chapter, Holds
from pipeline.system import typed_json
from pipeline.tasks import TASKS, Task
from pipeline.track.training_result import TrainingResult

CHAPTERS: tuple[Chapter, ...] = (
    *(holdout.NUMBERS, holdout.CLASSES, segments.CHAPTER, distributions.CHAPTER),
    *(importance.CHAPTER, dependence.CHAPTER),
)
"""In the order of their pictures."""

AGAIN = "Copy the run's folder again, or train it again"
"""What helps against a file that is not as a training wrote it."""

_MANY = 2**53
_STORED = {"number": "iufb", "date": "M"}
"""What pandas reads a kind as from Parquet."""


def list_chapters(task: Task) -> tuple[Chapter, ...]:
    """The chapters that a task's report has."""
    return tuple(c for c in CHAPTERS if c.predicts in (None, task.predicts))


def write_chapter_tables(folder: Path, evidence: TrainingResult) -> None:
    """Write what every chapter measures of a finished training into tables/."""
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    for chapter in list_chapters(evidence.trained.task):
        for name, table in chapter.measure(evidence).items():
            write_table(place / name, table)


def draw_chapters(facts: ReportContext, tables: Tables) -> Iterator[Drawing]:
    """What every chapter draws of the tables."""
    for chapter in list_chapters(TASKS[facts["task"]]):
        yield from chapter.drawings(facts, tables)


def describe_chapters(facts: ReportContext, tables: Tables) -> dict[str, Any]:
    """What every chapter says beside its pictures, by its section."""
    chapters = list_chapters(TASKS[facts["task"]])
    return {c.section: c.describe(facts, tables) for c in chapters if c.describe is not None}


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """The tables that lie in tables/ of an artifact folder.

    Raises:
        DataError: a table is damaged, or is not the one that a training writes under its name.
    """
    files = sorted((folder / FOLDER).glob("*.parquet")) + sorted((folder / FOLDER).glob("*.json"))
    found = {file.name: _read(file) for file in files}
    return {name: table for name, table in found.items() if table is not None}


def _read(file: Path) -> pd.DataFrame | None:
    try:
        if not file.is_file():
            raise ValueError("got a folder or another thing that is no file")
        if file.suffix == ".parquet":
            return pd.read_parquet(file, page_checksum_verification=True)
        return _of_json(file.name, file.read_bytes())
    except (OSError, ValueError) as err:  # pyarrow's own errors are among these
        raise DataError(f"{file}: cannot be read ({err})", hint=AGAIN) from err


def _of_json(name: str, content: bytes) -> pd.DataFrame | None:
    """A table as `write_table` wrote it; None for an object that is no table."""
    values = typed_json.parse_json(content)
    if not isinstance(values, dict):
        raise ValueError("got no object, expected one with columns and data")
    chapter = next((c for c in CHAPTERS if name in c.keeps), None)
    if chapter is None and not {"columns", "data"} <= values.keys():
        return None
    columns, data = _list_of(str, values, "columns"), _list_of(list, values, "data")
    if len(set(columns)) < len(columns):
        raise ValueError("columns: got a name twice")
    if any(len(row) != len(columns) for row in data):
        raise ValueError(f"data: got rows of other lengths, expected {len(columns)} values in each")
    for column, holds in (chapter.keeps[name] if chapter is not None else {}).items():
        if column not in columns:
            raise ValueError(f"columns: got none named {column!r}")
        place = columns.index(column)
        for row in data:
            _check_value(column, holds, row[place])
    table = pd.DataFrame(data, columns=columns)
    if chapter is not None and chapter.check is not None:
        chapter.check(table)
    return table


def _list_of(kind: type, values: Mapping[str, Any], key: str) -> list[Any]:
    found = values.get(key)
    if not isinstance(found, list) or not all(isinstance(value, kind) for value in found):
        raise ValueError(f"{key}: expected a list of {'names' if kind is str else 'rows'}")
    return found


def _check_value(column: str, holds: Holds, value: Any) -> None:
    """A value that its column cannot have is a ValueError; None: it could not be computed."""
    if holds == "flag":
        fits = isinstance(value, bool)
    elif holds == "count":
        fits = type(value) is int and 0 <= value < _MANY
    elif holds == "number":
        largest = sys.float_info.max
        fits = value is None or (type(value) in (int, float) and abs(value) <= largest)
    else:
        fits = isinstance(value, str)
    if not fits:
        raise ValueError(f"{column}: got {str(value)[:60]!r}, which its column cannot hold")


def check_holdout(folder: Path, facts: ReportContext, tables: Tables) -> None:
    """Refuse a table of holdout rows that lacks what reports and comparisons read of it.

    Raises:
        DataError: it lacks the target, its prediction or a column of the model, or these are of
            another type.
    """
    held = tables.get(holdout.FILE)
    if held is None:
        return
    figures = facts.get("figures") or {"columns": ()}
    kinds = {column["name"]: column["kind"] for column in figures["columns"]}
    if dependence.FILE in tables:
        drawn = tables[dependence.FILE]
        kinds |= dict(zip(drawn["column"], drawn["kind"], strict=True))
    answer = "text" if TASKS[facts["task"]].predicts == "classes" else "number"
    kinds |= {facts["target"]: answer, "prediction_label": answer}
    for name, kind in kinds.items():
        if name not in held.columns or held[name].dtype.kind not in _STORED.get(
            kind, held[name].dtype.kind
        ):
            raise DataError(
                f"{folder / FOLDER / holdout.FILE}: got no column {name!r} of {kind}s, which "
                f"config/report.json speaks of",
                hint=AGAIN,
            )
