"""Reads a whole file by its spec, with all warnings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.config.shared_keys import KINDS
from pipeline.config.train_config import DatasetSpec, TrainConfig
from pipeline.data.cells import CellStyle, ParsedColumn, RawColumn, is_empty_cell
from pipeline.data.column_names import COLUMN_ARGUMENTS
from pipeline.data.column_types import DECLARED, column_kind, log_inferred_kinds, type_column
from pipeline.data.conventions import Decimal, decide_decimal
from pipeline.data.hints import find_look_alikes
from pipeline.data.missing_dates import note_missing_dates
from pipeline.data.source import Part, Source
from pipeline.manifest.columns import WORDS, Cells, Kind
from pipeline.runtime.grammar import parse_number
from pipeline.tasks import TASKS

_BY_SEPARATOR: Mapping[str, Decimal] = {";": ",", ",": "."}
"""A file that separates by semicolons does so because its numbers have commas."""


@dataclass(frozen=True, eq=False)
class ReadTable:
    """A file that has been read.

    Attributes:
        frame: see `Dataset`.
        spec: ignores the columns that were left out, too.
        cells: how the cells of each column are written.
        notes: everything that has to be said, a sentence each.
        source: for naming rows of the frame.
    """

    frame: pd.DataFrame
    spec: DatasetSpec
    cells: Mapping[str, Cells]
    notes: tuple[str, ...]
    source: Source


def read_table(source: Source, spec: DatasetSpec, config: TrainConfig) -> ReadTable:
    """Every column of a file as its kind; constant ones are left out, rows without target too.

    Raises:
        DataError: values that a declared kind cannot hold, or that may mean one or the other.
    """
    kinds = _list_declared(spec)
    columns = [name for name in source.columns if name not in {*spec.ignore} - {*spec.beside}]
    as_text = [name for name, kind in kinds.items() if kind != "number"]
    frame = source.read(columns, {*as_text, *spec.date_format})
    raw = {
        name: RawColumn.of(frame[name]) if frame[name].dtype == object else frame[name]
        for name in columns
    }
    decimal = spec.decimal or _decimal(raw, kinds, source)
    styles = {name: CellStyle(decimal, spec.date_format.get(name, "")) for name in columns}
    found = {
        name: type_column(raw[name], kinds.get(name), source, styles[name])
        for name in columns
        if name != spec.target
    }
    found[spec.target] = _target(raw[spec.target], spec, source, decimal)
    frame = pd.DataFrame({name: found[name].values for name in columns})
    notes = [*source.notes, *(note for name in columns for note in found[name].notes)]
    if config.drop_missing_target and frame[spec.target].isna().any():
        frame, source, note = _with_target(frame, spec.target, source)
        notes.append(note)
    if TASKS[spec.task].target == "classes":
        frame[spec.target] = _labels(frame[spec.target])
    idle = _constant(frame, spec, config)
    if idle:
        notes += [f"column {name!r} is left out: {_only(frame[name])}" for name in idle]
        frame, spec = frame.drop(columns=idle), _without(spec, idle)
    messages = (*kinds, spec.target, *spec.beside)
    if shown := [name for name in frame.columns if name not in messages]:
        log_inferred_kinds(frame[shown])
    if isinstance(source, Part):
        spec = spec.model_copy(update={"ignore": (*spec.ignore, *source.left_out)})
    notes += _alike(frame, spec, config)
    notes += note_missing_dates(frame.drop(columns=[*spec.beside]), config)
    return ReadTable(frame, spec, {n: c.cells for n, c in found.items()}, tuple(notes), source)


def read_target(source: Source, spec: DatasetSpec) -> pd.Series:
    """The target as numbers where it can be read as such, to infer the task from."""
    values = source.read([spec.target])[spec.target]
    return type_column(values, None, source, CellStyle(spec.decimal or ".", codes=False)).values


def _list_declared(spec: DatasetSpec) -> dict[str, Kind]:
    return {name: kind for key, kind in DECLARED.items() for name in getattr(spec, key)}


def _decimal(
    raw: Mapping[str, pd.Series | RawColumn], kinds: Mapping[str, Kind], source: Source
) -> Decimal | None:
    """What the columns that decide on a decimal separator agree on, else the file's habit."""
    found: set[Decimal | None] = set()
    for name, values in raw.items():
        if isinstance(values, RawColumn) and kinds.get(name) != "text":
            found.add(decide_decimal(values.numbers, values.filled))
        elif source.separator and isinstance(values, pd.Series) and values.dtype.kind == "f":
            found.add(".")
    found -= {None}
    return found.pop() if len(found) == 1 else _BY_SEPARATOR.get(source.separator)


def _target(
    values: pd.Series | RawColumn, spec: DatasetSpec, source: Source, decimal: Decimal | None
) -> ParsedColumn:
    """The target: numbers for a regression; else the words as they are, or whole numbers."""
    kind = _list_declared(spec).get(spec.target)
    style = CellStyle(decimal, codes=False)
    if kind is not None:
        return type_column(values, kind, source, style)
    if TASKS[spec.task].target == "numbers":
        found = type_column(values, None, source, style)
        is_kept = column_kind(found.values) == "number" or isinstance(values, pd.Series)
        return found if is_kept else ParsedColumn(_as_written(values, source))
    if isinstance(values, pd.Series):
        return ParsedColumn(_as_written(values, source) if values.dtype == bool else values)
    is_plain = values.typed <= {"number"} and all(
        parse_number(text, Cells()) is not None for text in values.filled
    )
    if is_plain and (values.filled or values.typed):
        return type_column(values, "number", source, CellStyle(codes=False))
    return ParsedColumn(_as_written(values, source))


def _as_written(values: pd.Series | RawColumn, source: Source) -> pd.Series:
    """Cells as text, whatever they may mean; only a missing one is none."""
    cells = values.tolist() if isinstance(values, pd.Series) else values.objects.tolist()
    missing = () if source.is_typed else WORDS
    texts = [np.nan if is_empty_cell(v) or v in missing else str(v) for v in cells]
    return pd.Series(texts, dtype=object)


def _labels(values: pd.Series) -> pd.Series:
    """Whole numbers as int64: PyCaret rounds others to float32."""
    is_whole = values.dtype.kind == "f" and bool((values % 1 == 0).all())
    return values.astype("int64") if is_whole else values


def _with_target(
    frame: pd.DataFrame, target: str, source: Source
) -> tuple[pd.DataFrame, Source, str]:
    kept = frame[target].notna().to_numpy()
    rows = np.flatnonzero(~kept).tolist()
    note = f"{len(rows)} rows without a target are left out: {source.place(rows)}"
    part = Part(source, source.columns, kept=np.flatnonzero(kept).tolist())
    return frame[kept].reset_index(drop=True), part, note


def _constant(frame: pd.DataFrame, spec: DatasetSpec, config: TrainConfig) -> list[str]:
    """Features that tell no rows apart, but for those that the configuration needs."""
    split = spec.validation and spec.validation.column
    needed = {spec.target, *spec.beside, split}
    for argument in COLUMN_ARGUMENTS:
        needed |= {*(config.setup.get(argument) or ())}
    return [
        str(name)
        for name in frame.columns
        if name not in needed and frame[name].nunique(dropna=False) < 2
    ]


def _alike(frame: pd.DataFrame, spec: DatasetSpec, config: TrainConfig) -> list[str]:
    """What to say of words that only look the same, but for texts whose words are counted."""
    free = config.setup.get("text_features") or ()
    words = [name for name in frame if frame[name].dtype == object and name not in free]
    return [
        note
        for name in words
        for note in find_look_alikes(
            frame[name], "classes" if name == spec.target else "categories"
        )
    ]


def _only(values: pd.Series) -> str:
    if values.isna().all():
        return "it is empty"
    value = values.tolist()[0]
    return f"it is {value.isoformat() if values.dtype.kind == 'M' else repr(value)} in every row"


def _without(spec: DatasetSpec, idle: list[str]) -> DatasetSpec:
    """The spec with some columns ignored; a file that is scored may still hold them."""
    kept = {kind: tuple(c for c in getattr(spec, kind) if c not in idle) for kind in KINDS[:-1]}
    return spec.model_copy(update={**kept, "ignore": (*spec.ignore, *idle)})
