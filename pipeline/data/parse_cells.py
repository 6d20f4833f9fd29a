"""Parses the cells of a column as one type, with the warnings that go with it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import compress
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from pipeline.data.cells import (
    CellStyle,
    ParsedColumn,
    RawColumn,
    date_to_nanoseconds,
    is_date_cell,
    is_empty_cell,
)
from pipeline.data.conventions import INFINITE, describe_cells, format_date_pattern
from pipeline.data.hints import explain_number, explain_text, explain_two_ways, sample_cells
from pipeline.data.source import Source
from pipeline.errors import DataError
from pipeline.manifest.columns import WORDS, Cells
from pipeline.runtime.bulk import read_days
from pipeline.runtime.bulk import read_numbers as numbers_at_once
from pipeline.runtime.grammar import NAT, parse_day, parse_number, spell_value

_WORDS = frozenset(WORDS)
_WHOLE = re.compile(r"\s*[+-]?[0-9]+\s*")
_ZONED = re.compile(r":.*([Zz]|UTC|GMT|[+-]\d\d(:?\d\d)?)\s*$")


def parse_number_cells(raw: RawColumn, source: Source, style: CellStyle) -> ParsedColumn:
    """Numbers, written with whatever separators and sign all cells agree on.

    Raises:
        DataError: a cell that is no number; separators that may mean one or the other.
    """
    name = raw.name
    if raw.typed - {"number"}:
        _refuse(raw, lambda value: not isinstance(value, str), source, "numbers")
    found = raw.numbers if raw.filled else (Cells(),)
    if not found:
        _refuse(raw, lambda value: _float(value, Cells()) is None, source, "numbers")
    cells = _decide_format(raw, found, style, source)
    numbers = raw.each(
        lambda value: np.nan if value in _WORDS else _float(value, cells),
        np.nan,
        np.float64,
        numbers_at_once(raw.filled, cells, raw.shapes),
    )
    notes: tuple[str, ...] = ()
    if cells != Cells():
        notes = (f"column {name!r} holds numbers with {describe_cells(cells, raw.filled)}",)
    elif raw.filled and source.is_typed:
        notes = (
            f"column {name!r} holds numbers written as text, which are taken as numbers; "
            f"declare it under `categorical` (--categorical) if they are names",
        )
    notes += explain_number(raw, cells)
    return ParsedColumn(pd.Series(_whole(raw, cells, numbers)), cells, notes)


def _decide_format(
    raw: RawColumn, found: Sequence[Cells], style: CellStyle, source: Source
) -> Cells:
    """One of the ways in which a column's numbers may be written."""
    if style.decimal and (chosen := [c for c in found if c.decimal == style.decimal]):
        return chosen[0]
    if len(found) > 1 and found[0] != Cells():
        sample = max(raw.filled, key=len)
        values = " or ".join(f"{parse_number(sample, cells):.15g}" for cells in found)
        raise DataError(
            f"{source.path.name}: column {raw.name!r}: {sample!r} may be {values}, and no cell "
            "decides",
            hint='Say which with `decimal = ","` or `decimal = "."` in the config or spec',
            column=raw.name,
        )
    return found[0]


def _float(value: Any, cells: Cells) -> float | None:
    if not isinstance(value, str):
        try:
            return float(value)
        except OverflowError:  # a whole number of JSON has any length
            return np.inf
    return float(value) if INFINITE.fullmatch(value) else parse_number(value, cells)


def _whole(raw: RawColumn, cells: Cells, numbers: Any) -> Any:
    """The numbers as int64, where each is written as a whole one and none is missing."""
    if raw.has_gaps or not np.isfinite(numbers).all():
        return numbers
    typed_ones = [v for v in raw.objects if not isinstance(v, str)] if raw.typed else []
    if cells != Cells() or not all(isinstance(value, int) for value in typed_ones):
        return numbers
    if not all(map(_WHOLE.fullmatch, set(raw.shapes))):
        return numbers
    if not all(-(2**63) <= value < 2**63 for value in typed_ones):
        return numbers
    try:
        filled = np.fromiter(map(int, raw.filled), np.int64, len(raw.filled))
    except OverflowError:
        return numbers
    return raw.each(int, 0, np.int64, filled)


def parse_text_cells(raw: RawColumn, source: Source, style: CellStyle) -> ParsedColumn:
    """Text as it is written; a boolean among it in one spelling.

    In a file that tells a missing value from a word, each word is a text.

    Raises:
        DataError: text with NUL, which would be cut off there by most runtimes but Python's.
    """
    # not asked of `texts`: pandas takes "a\0b" for "a" when it looks for the different ones
    cut = [n for n, cell in enumerate(raw.objects) if isinstance(cell, str) and "\0" in cell]
    if cut:
        raise cell_error(raw.name, raw.objects[cut].tolist(), cut, source, "text without NUL")
    filled, words = raw.filled, raw.words if source.is_typed else ()
    truth = {text.lower(): text for text in reversed(filled) if text.lower() in ("true", "false")}
    are_booleans = raw.typed <= {"boolean"} and all(t.lower() in truth for t in (*filled, *words))
    if "boolean" in raw.typed:
        truth = {"true": "True", "false": "False", **truth}
    is_spelled = are_booleans or "boolean" in raw.typed
    has_codes = "number" not in raw.typed and bool(raw.zeroed)
    cells = Cells(
        missing=tuple(word for word in WORDS if word not in words),
        true=truth.get("true", "") if is_spelled else "",
        false=truth.get("false", "") if is_spelled else "",
        whole=not has_codes,
    )
    values = raw.each(
        lambda value: np.nan if value in cells.missing else spell_value(value, cells),
        np.nan,
        object,
    )
    return ParsedColumn(pd.Series(values), cells, tuple(explain_text(raw, source, style)))


def parse_boolean_cells(raw: RawColumn, source: Source, _style: CellStyle) -> ParsedColumn:
    """True and false in any case, 1 and 0; a boolean has no missing value in the graph."""
    truth = {"true": True, "false": False, "1": True, "0": False, 1: True, 0: False}

    def read(value: Any) -> Any:
        return truth.get(value.strip().lower() if isinstance(value, str) else value)

    found = raw.each(read, None, object)
    if any(value is None for value in found):
        _refuse(raw, lambda v: read(v) is None, source, "true or false in every row", gaps=True)
    return ParsedColumn(pd.Series(found.astype(bool)))


def parse_date_cells(raw: RawColumn, source: Source, style: CellStyle) -> ParsedColumn:
    """Dates, written in the one format that all cells agree on.

    Raises:
        DataError: a cell that is no date; most are none of the calendar; day and month undecided.
    """
    name, filled = raw.name, raw.filled
    ways = (Cells(dates=style.dates),) if style.dates else tuple(raw.dates) or (Cells(),)
    if len(ways) > 1:
        reason, _, hint = explain_two_ways(raw, source).partition("; ")
        raise DataError(
            f"{source.path.name}: column {name!r}: {reason}",
            hint=hint[0].upper() + hint[1:],
            column=name,
        )
    (cells,) = ways

    def read(value: Any) -> int | None:
        if value in _WORDS:
            return NAT
        if isinstance(value, str):
            return parse_day(value, cells)
        return date_to_nanoseconds(value) if is_date_cell(value) else None

    found = raw.dates[cells] if cells in raw.dates else read_days(filled, cells, raw.shapes)
    impossible = [] if found is None else list(compress(filled, found == NAT))
    if found is None or raw.typed - {"date"} or 2 * len(impossible) >= len(filled) > 0:
        form = (
            format_date_pattern(cells.dates) if cells.dates else "YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS"
        )
        _refuse(raw, lambda v: read(v) in (None, NAT), source, f"dates as {form} from 1678 to 2261")
    values = raw.each(read, NAT, np.int64, found)
    notes = (
        [f"column {name!r} holds dates as {format_date_pattern(cells.dates)}"]
        if cells.dates
        else []
    )
    if any(map(_ZONED.search, set(raw.shapes))):
        notes.append(f"the times of column {name!r} have a zone and are converted to UTC")
    rows = raw.rows(impossible)
    if raw.typed:
        rows += [
            n
            for n, v in enumerate(raw.objects)
            if hasattr(v, "year") and read(v) == NAT and not is_empty_cell(v)
        ]
    if rows:
        shown = sample_cells([str(raw.objects[n]) for n in sorted(rows)])
        notes.append(
            f"column {name!r}: {shown} in {source.place(sorted(rows))} is no date of the calendar "
            "between 1678 and 2261 and is read as missing"
        )
    return ParsedColumn(pd.Series(values.view("datetime64[ns]")), cells, tuple(notes))


def _refuse(
    raw: RawColumn, is_bad: Any, source: Source, expected: str, *, gaps: bool = False
) -> NoReturn:
    """Name the rows whose cells do not fit; missing ones do, unless `gaps` are at fault too."""
    rows = [
        row
        for row, value in enumerate(raw.objects)
        if (gaps or not (is_empty_cell(value) or value in _WORDS)) and is_bad(value)
    ]
    raise cell_error(raw.name, [raw.objects[row] for row in rows], rows, source, expected)


def cell_error(
    name: str, values: Sequence[Any], rows: Sequence[int], source: Source, expected: str
) -> DataError:
    """That a kind cannot hold some cells, with their rows."""
    return DataError(
        f"{source.path.name}: column {name!r}: got {sample_cells(values)} "
        f"in {source.place(rows)}, expected {expected}",
        hint="Correct those cells, or declare another kind for the column in the dataset's spec",
        column=name,
        rows=rows,
    )
