"""Converts one value to its column's type; standard library and numpy only."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import numpy as np

from pipeline.manifest.columns import Cells, Input
from pipeline.runtime.grammar import NAT, parse_day, parse_number, spell_text, spell_value

LARGEST = float(np.finfo(np.float32).max)
"""Largest magnitude of a number: beyond it PyCaret changes the dtype of the whole batch."""
_NUMBER_TEXT = re.compile(r"[0-9eE+\-. \t]*")
_DATE_TEXT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?")
_WHOLE_TEXT = re.compile(r"(-?[0-9]+)\.0+")
_FINITE = "a finite number within ±3.4e38"
YEARS = "a date between 1678 and 2261"
_CODES = "text: leading zeros, which this column had in training, are lost in a number"
_TRUTH = {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}
_MISSING_TYPES = {"NAType", "NaTType"}  # pandas' own, known by name: pandas stays unimported


class UnfitError(ValueError):
    """A value cannot be converted; the message says what was expected."""


def lacks_value(value: Any, cells: Cells | None) -> bool:
    """Whether a cell is a missing value as such: empty, None, NaN, NaT, or a word that says so."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    if isinstance(value, str):
        return not value or (cells is not None and value in cells.missing)
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def to_number(value: Any, column: Input) -> float:
    """A number; NaN where it is missing.

    Raises:
        UnfitError: it is none.
    """
    if lacks_value(value, column.cells):
        return np.nan
    # float() also reads '1_000', 'nan' and other scripts' digits: none of them is a number here
    if isinstance(value, str) and column.cells:
        value = parse_number(value, column.cells)
    elif isinstance(value, str) and not _NUMBER_TEXT.fullmatch(value):
        raise UnfitError("a number")
    if isinstance(value, bytes | date | np.datetime64 | np.timedelta64 | np.ndarray | complex):
        raise UnfitError("a number")
    try:
        result = float(value)
    except OverflowError:
        raise UnfitError(_FINITE) from None
    except (ValueError, TypeError):
        raise UnfitError("a number") from None
    if abs(result) > LARGEST:
        raise UnfitError(_FINITE)
    return result


def is_plain_text(text: str) -> bool:
    """Whether no text of a text column with these characters could be refused."""
    return text.isascii() and "\0" not in text


def read_text(text: str, column: Input) -> str:
    """What a text of a text column says."""
    cells = column.cells
    if cells is None:
        return text
    if text in cells.missing:
        return ""
    if text[-1:] == "0" and cells.whole and (found := _WHOLE_TEXT.fullmatch(text)):
        known = column.known.categories if column.known else None
        if known is not None and found[1] in known and text not in known:
            return found[1]  # what pandas makes of 12 beside a gap
    return spell_text(text, cells) if cells.true or cells.false else text


def to_text(value: Any, column: Input) -> str:
    """A text as its column spells it; empty where it is missing.

    Raises:
        UnfitError: it is none, or has no one spelling there.
    """
    cells = column.cells
    if lacks_value(value, cells):
        return ""
    if not isinstance(value, str):
        if cells is None:
            raise UnfitError("text")
        plain = _plain(value)
        text = spell_value(plain, cells)
        if text is None:
            is_code = isinstance(plain, int | float) and not isinstance(plain, bool)
            raise UnfitError(_CODES if is_code else "text")
        return text
    if not is_plain_text(value):
        _check_unicode(value)
    return read_text(str(value), column)


def _check_unicode(text: str) -> None:
    if "\0" in text:
        raise UnfitError("text without NUL, where other runtimes cut it off")
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise UnfitError("text that UTF-8 can write") from None


def _plain(value: Any) -> Any:
    """A number of numpy or of the decimal module as Python's own."""
    if isinstance(value, Decimal):
        if value.is_nan():  # a signalling one is no float
            return np.nan
        return int(value) if value.is_finite() and value % 1 == 0 else float(value)
    return value.item() if isinstance(value, np.generic) else value


def to_boolean(value: Any, column: Input) -> bool:
    """True or false.

    Raises:
        UnfitError: it is neither, or missing.
    """
    if lacks_value(value, column.cells):
        raise UnfitError("true or false, not a missing value")
    try:
        return _TRUTH[value.strip().lower() if isinstance(value, str) else value]
    except (KeyError, TypeError):
        raise UnfitError("true or false") from None


def to_nanoseconds(value: Any, column: Input) -> int:
    """A date in nanoseconds since 1970 in UTC; NAT where it is missing or none of the calendar.

    Raises:
        UnfitError: it is no date.
    """
    if lacks_value(value, column.cells):
        return NAT
    if isinstance(value, str) and column.cells:
        found = parse_day(value, column.cells)
        if found is None:
            raise UnfitError("a date")
        return found
    if isinstance(value, str):
        value = _parse(value.strip())
    elif hasattr(value, "to_datetime64"):  # pandas' Timestamp keeps nanoseconds, datetime does not
        value = _utc(value).to_datetime64()
    elif isinstance(value, datetime):
        value = np.datetime64(_utc(value), "us")
    elif isinstance(value, date):
        value = np.datetime64(value, "D")
    if not isinstance(value, np.datetime64):
        raise UnfitError("a date")
    nanoseconds = value.astype("datetime64[ns]")
    if nanoseconds.astype(value.dtype) != value:
        if column.cells:
            return NAT
        raise UnfitError(YEARS)
    return int(nanoseconds.astype(np.int64))


def _utc(value: Any) -> Any:
    # as training reads dates with a time zone
    if value.tzinfo is None:
        return value
    try:
        return value.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:  # within hours of the year 1 or 9999, which are out of range anyway
        return value.replace(tzinfo=None)


def _parse(text: str) -> np.datetime64:
    # numpy also reads 'now', 'today' and '2020': none of them is a date here
    if not text.isascii() or not _DATE_TEXT.fullmatch(text):
        raise UnfitError("a date")
    if not 1678 <= int(text[:4]) <= 2261:
        # numpy counts in nanoseconds from seven decimals on, where any other year wraps silently
        raise UnfitError(YEARS)
    try:
        return np.datetime64(text.replace(" ", "T"))
    except ValueError:
        raise UnfitError("a date of the calendar") from None
