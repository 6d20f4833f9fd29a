"""The feed contract as data: how a program in any language builds a model's input tensors.

What `pipeline.runtime.feeds` does is said here in regular expressions, words and limits, and shown
in cases: cells, and the value that each is in the tensor, or that it is refused. A builder in
another language that gets every case right builds the tensors that this package builds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import numpy as np

from pipeline.manifest.columns import ONNX_TYPES, WORDS, Cells, Input, Kind, Known
from pipeline.runtime.feeds import CellError, make_feed
from pipeline.runtime.grammar import (
    ISO,
    PLAIN,
    SPACES,
    YEARS,
    date_pattern,
    is_plain,
    number_pattern,
)
from pipeline.runtime.values import LARGEST

Cell = str | float | bool | None
FILE = "feed_cases.json"
VERSION = 1
CATEGORIES = 5
"""Known categories of a text column that its cases are made of."""
TRIMMED = "".join(sign for sign in map(chr, range(0x3001)) if sign.isspace())
"""What `str.strip` takes away; other languages trim a few characters more or less."""

CONTRACT: Mapping[str, Any] = {
    "version": VERSION,
    "columns": "names are exact, each once, in any order; another name is refused",
    "text": "UTF-8; NUL and half a surrogate pair are refused, nothing is trimmed or folded",
    "missing": "null, NaN, the empty text and, by exact spelling, the words of cells.missing",
    "empty_batch": "has empty outputs, and the graph is not run",
    "number": {
        "accepts": ["number", "boolean", "text", "missing"],
        "boolean": {"true": 1.0, "false": 0.0},
        "grammar": "without groups the text is what Python, Java and C read as a double; else "
        "'digits' without cells.thousands, cells.decimal as a point, negative where 'before' or "
        "'behind' is '-', and refused where both are there",
        "limit": repr(LARGEST),
        "beyond_limit": "refused, infinity as well",
        "missing": "NaN",
    },
    "text_column": {
        "accepts": ["text", "number", "boolean", "missing"],
        "number": "refused unless cells.whole; a whole number has its digits, any other the "
        "shortest decimal that reads as the same double, with an exponent of two digits or more "
        "below 1e-4: 1e-05",
        "boolean": "cells.true or cells.false, text in any case as well; refused where they are ''",
        "whole_text": "text of digits and '.0' is without '.0' a known category, and with it none: "
        "then it is that category",
        "missing": "",
    },
    "boolean": {
        "accepts": ["boolean", "0 and 1 as number", "text in any case"],
        "true": ["1", "true"],
        "false": ["0", "false"],
        "trimmed": TRIMMED,
        "missing": "refused",
    },
    "date": {
        "accepts": ["text", "missing"],
        "tensor": "nanoseconds since 1970-01-01T00:00:00 in UTC",
        "zone": "Z, UTC, GMT or an offset; without one the text is UTC",
        "half": "with am or pm the hour is 1 to 12",
        "years": [YEARS.start, YEARS.stop - 1],
        "none_of_the_calendar": "missing, as is a year beyond those",
        "missing": str(-(2**63)),
    },
    "outputs": {
        "prediction_score": "column k belongs to labels[k]; the label is not always the largest: "
        "a threshold is part of the graph",
        "unanswered": "a row without one of `required` has the label '', the smallest int64 or NaN "
        "and scores of NaN: show it as missing",
    },
    "error": {
        "regression": "abs(got - want) / max(abs(want), scale)",
        "prediction_score": "abs(got - want)",
        "prediction_label": "equal",
    },
}
"""What holds for every model; `describe_feed` adds what is the column's own."""


def describe_feed(inputs: Sequence[Input]) -> dict[str, Any]:
    """The contract, with the grammar of each input by its name.

    A grammar is `{"pattern": regular expression of a whole cell, "groups": what its numbered
    groups are, "trimmed"}`, in order of trial. The patterns use only what every common engine has:
    no look-around, back reference or named group; characters of "trimmed" are taken off both ends
    of the cell before. A date column whose format is not made of year, month and day in digits has
    `{"strptime": format}`.
    """
    return {**CONTRACT, "grammars": {each.name: list(_grammars(each)) for each in inputs}}


def _grammars(column: Input) -> Iterator[dict[str, Any]]:
    cells = column.cells or Cells()
    if column.kind == "number":
        is_simple = is_plain(cells)
        pattern = PLAIN if is_simple else number_pattern(cells)
        yield _portable(pattern, "" if is_simple else f"{SPACES}\t")
    elif column.kind == "date":
        yield _portable(ISO, TRIMMED)
        if cells.dates:
            form = date_pattern(cells.dates)
            yield _portable(form, TRIMMED) if form else {"strptime": cells.dates}


def _portable(pattern: re.Pattern[str], trimmed: str) -> dict[str, Any]:
    groups = sorted(pattern.groupindex, key=lambda name: pattern.groupindex[name])
    portable = re.sub(r"\?P<\w+>", "", pattern.pattern)
    return {"pattern": portable, "groups": groups, "trimmed": trimmed}


def render_feed_cases(inputs: Sequence[Input]) -> str:
    """JSON text of cells and what they are in the tensor, for every builder of feeds to pass.

    `{"version", "columns": [{"input", "grammars", "cases": [[cell, value], ...]}]}`, the input as
    the manifest has it, with no more of its categories than the cases need. A value is as JSON has
    it, but for a date, a decimal string of its nanoseconds, and a missing number, null;
    `{"refused": what was expected}` where the cell must be refused. Each way in which the model's
    columns are written is there once, and kinds that it does not take as they usually are.
    """
    kinds = {column.kind for column in inputs}
    others = [Input(f"a {kind}", kind, Cells()) for kind in ONNX_TYPES if kind not in kinds]
    entries = []
    for column in (*_different(inputs), *others):
        cases = [[cell, find_feed(column, cell)] for cell in _once(_cells(column))]
        grammars = list(_grammars(column))
        entries.append({"input": asdict(column), "grammars": grammars, "cases": cases})
    return json.dumps({"version": VERSION, "columns": entries}, indent=1)


def _once(cells: Iterable[Cell]) -> Iterable[Cell]:
    return {(type(cell), cell): cell for cell in cells}.values()


def _different(inputs: Iterable[Input]) -> list[Input]:
    """One column of each kind and way of writing, with few of its categories."""
    found: dict[tuple[Kind, Cells], Input] = {}
    for column in inputs:
        cells, known = column.cells or Cells(), column.known or Known()
        few = replace(known, categories=(known.categories or ())[:CATEGORIES])
        found.setdefault((column.kind, cells), replace(column, cells=cells, known=few))
    return list(found.values())


def find_feed(column: Input, cell: Cell) -> Any:
    """What `feed_cases.json` says of a cell: its value in the tensor, or `{"refused": ...}`."""
    try:
        value = make_feed(column, [cell])[0, 0]
    except CellError as err:
        return {"refused": err.expected}
    if column.kind == "date":
        return str(value)
    plain = value.item() if isinstance(value, np.generic) else value
    return None if plain != plain else plain  # noqa: PLR0124  NaN


def _cells(column: Input) -> Iterator[Cell]:
    """Cells that show every rule of a column's kind; JSON tells them all from each other."""
    cells = column.cells or Cells()
    yield from (None, "", " ", "\t", "x", *WORDS, "na", " NA", "0", "1", "-1", "1.0", "01", "x\0")
    yield from ("true", "TRUE", " false ", "yes", "t", True, False, 0, 1, 2, -1, 0.5, 1e-5, 1e22)
    yield from _MAKERS[column.kind](column, cells)


def _numbers(_column: Input, cells: Cells) -> Iterator[Cell]:
    yield from (LARGEST, -LARGEST, 3.5e38, 1e308, 5e-324, -0.5, 123456789.125)
    plain = (
        *("1.5", "-1.5", "+1.5", ".5", "5.", ".", "-", "+", "1e5", "1E-5", "1e", "e5", "1.5.2"),
        *("0123", "00.5", " 7", "7 ", "7\n", "\u00a07", "- 7", "--7", "1e999", "-1e999", "1e-999"),
        *("0x10", "1_000", "1 000", "1\u202f000", "1'000", "1,000", "1,5", "1.000,5", "1,000.5"),
        *("1,00", "12,345,678", "1.234.567", "inf", "Infinity", "NaN%", "\u0661", "\uff11", "1d"),
        *(
            "5%",
            "%5",
            "5 %",
            "$5",
            "-$5",
            "$-5",
            "5 \u20ac",
            "\u20ac 5",
            "5 USD",
            "(5)",
            "5-",
            "-5-",
        ),
        *(
            "3.4028234663852886e38",
            "3.4028234663852889e38",
            "0.1",
            "123456789012345678901234567890",
        ),
    )
    yield from plain
    for text in plain:
        yield text.replace(".", cells.decimal)
    for mark in cells.thousands:
        yield from (f"1{mark}000", f"0{mark}000", f"12{mark}34", f"1{mark}000{mark}000")
        yield f"1{mark}000{cells.decimal}5"
    for sign in cells.signs:
        yield from (f"{sign}5", f"5{sign}", f"-{sign}5", f"{sign}-5", f"5 {sign}", f"{sign}{sign}5")


def _texts(column: Input, _cells: Cells) -> Iterator[Cell]:
    yield from ("12", "12.0", "12.00", "012", "12.5", 12, 12.0, 12.5, 0.1, -0.0, 1e16, 123456.789)
    yield from (
        "e\u0301",
        "\u00e9",
        "\U0001f642",
        "\ufeffa",
        "a\u200b",
        "x" * 1000,
        "a\0b",
    )
    for known in (column.known.categories if column.known else None) or ():
        yield from (known, f" {known}", f"{known} ", known.upper(), known.lower(), f"{known}.0")
        yield f"{known}\0x"  # runtimes that end text at NUL take it for the category


def _booleans(_column: Input, _cells: Cells) -> Iterator[Cell]:
    yield from (
        "True",
        "FALSE",
        "\ttrue\n",
        "\u00a0true",
        "0.0",
        "1.5",
        "T",
        "no",
        "on",
        "-0",
        1.5,
        -0.0,
    )


def _dates(_column: Input, cells: Cells) -> Iterator[Cell]:
    days = (
        *("2021-03-04", "2000-02-29", "1900-02-29", "2021-02-30", "2021-13-01", "1970-01-01"),
        *("1678-01-01", "1677-12-31", "2261-12-31", "2262-01-01", "9999-12-31", "0000-01-01"),
    )
    times = (
        *("T10:11", " 10:11:12", "t10:11:12.5", "T10:11:12,123456789", "T10:11:12.1234567890"),
        *("T23:59:59.999999999", "T24:00", "T10:60", "T10:11:60", "T1:11", "T10", "T10:11Z"),
        *("T10:11:12 UTC", "T10:11:12+02:00", "T10:11:12-0530", "T10:11:12+14", "T10:11 CET"),
        *("  10:11", "T10:11:12+99:99", " 10:11 PM", "Z"),
    )
    yield from (*days, *(f"{days[0]}{time}" for time in times), f" {days[0]}\n", f"\u00a0{days[0]}")
    yield from ("now", "today", "2021", "2021-3-4", "20210304", "2021/03/04", "04.03.2021")
    yield from (
        "03/04/2021",
        "13/04/2021",
        "04/13/2021",
        "4 March 2021",
        "1614816000",
        "2021-W09-4",
    )
    if cells.dates:
        for moment in (datetime(2021, 3, 4), datetime(1969, 12, 31), datetime(2500, 1, 2)):
            day = moment.strftime(cells.dates)
            yield from (day, f" {day} ", *(f"{day}{time}" for time in times[:12]))
            yield from (f"{day} 1:02 PM", f"{day} 13:02 pm", f"{day}, 10:11", f"{day}x")


_MAKERS: Mapping[Kind, Callable[[Input, Cells], Iterator[Cell]]] = {
    "number": _numbers,
    "text": _texts,
    "boolean": _booleans,
    "date": _dates,
}
