"""Warns where cells may mean more than the type of their column."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import compress
from typing import Any

import pandas as pd

from pipeline.data.cells import CellStyle, RawColumn, infer_cell_kind, is_date_cell, is_empty_cell
from pipeline.data.conventions import FORMATS, format_date_pattern
from pipeline.data.source import Source
from pipeline.manifest.columns import WORDS, Cells
from pipeline.runtime.bulk import read_days
from pipeline.runtime.grammar import NAT, parse_day, parse_number

MOSTLY = 0.5
"""Share of a column's cells that shows what the others were meant to be."""
SHOWN = 3
_LOOKED_AT = 50
"""Different cells that are compared with formats of dates."""

_SIGN = r"[^\w.,+-]?"
_AMOUNT = re.compile(rf"{_SIGN}[+-]?\d[\d.,'\u2019]*-?{_SIGN}")
"""What a person reads as a number, in whatever digits, its spaces taken out: also "5.00-"."""
_MEASURE = re.compile(
    r"(?P<before>[^\W\d_]{1,4}[.$€£¥])?\s*[+-]?[0-9][0-9.,']*\s*(?P<behind>[^\W\d_][^\d]{0,11})?"
)
_COMPACT = re.compile(r"(?:19|20)[0-9]{6}")
_COMPACT_FORM = "%Y%m%d"

_DAYS = (
    *("%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%m-%y", "%y-%m-%d", "%d. %m. %Y", _COMPACT_FORM),
    *("%Y-%m", "%m/%Y"),
    *("%d %b %Y", "%d %B %Y", "%d-%b-%Y", "%d-%b-%y", "%b %d, %Y", "%B %d, %Y", "%a %d %b %Y"),
)
_TIMES = ("", " %H:%M", " %H:%M:%S", "T%H%M%S", " %I:%M %p", ", %H:%M")
_MAY_BE_DAY = re.compile(
    r"\s*(?:[A-Za-z]{3,9},? )?(?:\d{1,4}[-./ ]+(?:\d|[A-Za-z]{3})|[A-Za-z]{3,9} \d|\d{8}).*",
    re.ASCII,
)
"""What is worth a look, since `strptime` is slow."""
_LIKE_DAY = re.compile(
    r"(?:\w{3,9}\.?,? )?"
    r"(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\s?\d{1,2}[-./]\s?\d{4})(?!\d).*",
    re.ASCII,
)
"""What a person reads as a date, whatever stands behind it."""


def explain_text(raw: RawColumn, source: Source, style: CellStyle) -> list[str]:
    """What has to be said of a column whose cells made it text."""
    name, filled = raw.name, raw.filled
    shapes = set(raw.shapes)
    if raw.zeroed and style.codes and raw.typed <= {"number"} and all(map(_is_plain, shapes)):
        lost = f"a number would lose the leading zeros of codes such as {raw.zeroed[0]!r}"
        return [f"column {name!r} is text: {lost}"]
    if len(raw.dates) > 1:
        return [f"column {name!r} is taken as text: {explain_two_ways(raw, source)}"]
    if forms := _forms(raw):
        return [_note_undecided(name, forms)]
    if raw.typed - {"boolean"}:
        return _note_mixed(raw, source)
    amounts, plain, days = _texts(raw, _is_amount), _texts(raw, _is_plain), _days(raw)
    for alike, meant in ((amounts, plain), (days, days)):
        good = [text for text in filled if text in alike]
        odd = [text for text in filled if text not in alike] or [t for t in good if t not in meant]
        if good and odd and _is_most(good, raw):
            return [
                f"column {name!r} is taken as text because of {sample_cells(odd)} in "
                f"{source.place(raw.rows(odd))}; declare it under `categorical` if that is meant, "
                "else write those cells as 1234.5 or 2026-01-31, or empty them"
            ]
    return _measures(raw) or _unknown_dates(raw)


def explain_two_ways(raw: RawColumn, source: Source) -> str:
    """What keeps a column's dates from being of one format, and the setting that decides."""
    (one, days), (other, twins) = list(raw.dates.items())[:2]
    ways, say = (
        [format_date_pattern(one.dates), format_date_pattern(other.dates)],
        _suggest_setting(raw.name, one.dates),
    )
    alone = list(compress(raw.filled, (days != NAT) & (twins == NAT)))
    others = list(compress(raw.filled, (days == NAT) & (twins != NAT)))
    if not alone or not others:
        return (
            f"its dates may be {' or '.join(ways)}, and no cell decides; say which in the config "
            f"or spec: {say}"
        )
    said = [
        f"{sample_cells(texts)} in {source.place(raw.rows(texts))} only {way}"
        for texts, way in ((alone, ways[0]), (others, ways[1]))
    ]
    return (
        f"its dates can be {' and '.join(said)}, so no format has all of them; write them as "
        f"2026-01-31, or take those of one format, the others as missing, in the config or spec: "
        f"{say}"
    )


def find_look_alikes(values: pd.Series, what: str) -> list[str]:
    """Words of a column that differ in case and spaces alone, and are different to a model.

    Args:
        values: (N,) text; where most are met once, as in notes and names, nothing is said.
        what: classes, or categories.
    """
    words = [str(word) for word in values.dropna().unique()]
    if 2 * len(words) > len(values):
        return []
    found: dict[str, list[str]] = {}
    for word in words:
        found.setdefault(" ".join(word.split()).casefold(), []).append(word)
    twins = [same for same in found.values() if len(same) > 1]
    if not twins:
        return []
    shown = ", ".join(" and ".join(map(repr, sorted(same))) for same in twins[:SHOWN])
    return [
        f"column {values.name!r} has {what} that differ in case or spaces alone, and are not the "
        f"same: {shown}{', …' * (len(twins) > SHOWN)}"
    ]


def explain_number(raw: RawColumn, cells: Cells) -> tuple[str, ...]:
    """What has to be said of numbers that are days: 20260131."""
    texts = raw.filled
    if cells != Cells() or not texts or not all(map(_COMPACT.fullmatch, texts)):
        return ()
    days = read_days(texts, Cells(dates=_COMPACT_FORM), raw.shapes)
    if days is None or (days == NAT).any():
        return ()
    return (
        f"column {raw.name!r} is taken as numbers, but each may be a date, such as {texts[0]!r}; "
        "if that is meant, say so in the config or spec: "
        f"{_suggest_setting(raw.name, _COMPACT_FORM)}",
    )


def sample_cells(values: Sequence[Any]) -> str:
    """Some different ones of a column's cells."""
    distinct = list(dict.fromkeys(values))
    shown = ["an empty cell" if is_empty_cell(v) else _cell(v) for v in distinct]
    return ", ".join(shown[:SHOWN]) + (", …" if len(distinct) > SHOWN else "")


def _cell(value: Any) -> str:
    return str(value) if is_date_cell(value) else repr(value)


def _is_most(texts: Sequence[str], raw: RawColumn) -> bool:
    """Whether some texts fill most cells, or are most of the different ones."""
    if 2 * len(texts) > len(raw.filled):
        return True
    return len(raw.rows(texts)) >= MOSTLY * (len(raw.rows(raw.filled)) or 1)


def _is_amount(text: str) -> bool:
    return _AMOUNT.fullmatch("".join(text.split())) is not None


def _is_plain(text: str) -> bool:
    return parse_number(text, Cells()) is not None


def _texts(raw: RawColumn, is_meant: Callable[[str], object]) -> set[str]:
    """The filled texts of those shapes."""
    meant = set(filter(is_meant, set(raw.shapes)))
    return {text for text, shape in zip(raw.filled, raw.shapes, strict=True) if shape in meant}


def _days(raw: RawColumn) -> set[str]:
    """The filled texts that are a date of the calendar in some format."""
    found: set[str] = set()
    by_shape: dict[str, list[str]] = {}
    for text, shape in zip(raw.filled, raw.shapes, strict=True):
        if shape.lstrip()[:1] == "9":
            by_shape.setdefault(shape, []).append(text)
    for texts in by_shape.values():
        for form in FORMATS:
            if (days := read_days(texts, Cells(dates=form))) is not None:
                found.update(compress(texts, days != NAT))
    return found


def _note_mixed(raw: RawColumn, source: Source) -> list[str]:
    """Numbers or dates of a typed file, and cells beside them that are neither."""
    rows: dict[str, list[int]] = {}
    for row, value in enumerate(raw.objects):
        if not is_empty_cell(value) and value not in WORDS:
            rows.setdefault(infer_cell_kind(value) or "text", []).append(row)
    meant, *others = sorted(rows, key=lambda kind: len(rows[kind]), reverse=True)
    if meant == "text" or not others:
        return []
    odd = sorted(row for kind in others for row in rows[kind])
    return [
        f"column {raw.name!r} is taken as text because of "
        f"{sample_cells([raw.objects[n] for n in odd])} "
        f"in {source.place(odd)}, among {meant}s; declare it under `categorical` if that is "
        "meant, else correct or empty those cells"
    ]


def _measures(raw: RawColumn) -> list[str]:
    """Numbers with a unit beside them."""
    units: Counter[str] = Counter()
    for shape, count in Counter(raw.shapes).items():
        found = _MEASURE.fullmatch(shape.strip())
        if found and (unit := found["before"] or found["behind"]):
            units[unit.strip()] += count
    if len(units) > SHOWN or units.total() <= max(MOSTLY * len(raw.filled), SHOWN):
        return []
    shown = " and ".join(map(repr, units))
    return [
        f"column {raw.name!r} is taken as text: its cells are numbers with {shown}; write them as "
        "1234.5 if numbers are meant, or declare the column under `categorical`"
    ]


def _unknown_dates(raw: RawColumn) -> list[str]:
    """Dates in a format that no list has."""
    if raw.filled and _is_most([*_texts(raw, _LIKE_DAY.fullmatch)], raw):
        return [
            f"column {raw.name!r} is taken as text: its cells, such as {raw.filled[0]!r}, may be "
            "dates, and are in no form that is known; write them as 2026-01-31, or say the format "
            f"in the config or spec as Python's strptime has it: {_suggest_setting(raw.name, '…')}"
        ]
    return []


def _forms(raw: RawColumn) -> list[str]:
    """Formats in which the cells are dates, as `strptime` reads them, though none by itself."""
    texts = raw.filled[:_LOOKED_AT]
    if not texts or not all(map(_MAY_BE_DAY.fullmatch, texts)):
        return []
    found = [
        form
        for form in (day + time for day in _DAYS for time in _TIMES)
        if all(parse_day(text, Cells(dates=form)) not in (None, NAT) for text in texts)
    ]
    return found[:SHOWN]


def _note_undecided(name: str, forms: Sequence[str]) -> str:
    ways = " or ".join(map(format_date_pattern, forms))
    if len(forms) == 1:
        return (
            f"column {name!r} is taken as text: its cells may be dates as {ways}; if that is "
            f"meant, say so in the config or spec: {_suggest_setting(name, forms[0])}"
        )
    return (
        f"column {name!r} is taken as text: its dates may be {ways}, and no cell decides; "
        f"say which in the config or spec: {_suggest_setting(name, forms[0])}"
    )


def _suggest_setting(name: str, form: str) -> str:
    return f"[date_format] {name!r} = {form!r}"
