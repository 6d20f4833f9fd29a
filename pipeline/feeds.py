"""Scoring: the values of one column in, the tensor of its graph input out.

The only place that decides what a cell may hold. Standard library and numpy only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, NoReturn

import numpy as np

from pipeline.bulk import days_of, numbers_of
from pipeline.columns import Tensor, Values, shown, values_of
from pipeline.errors import DataError
from pipeline.grammar import NAT, day_of, number, spelled, word
from pipeline.manifest import Cells, Input, Kind

LARGEST = float(np.finfo(np.float32).max)
"""Largest magnitude of a number: beyond it PyCaret changes the dtype of the whole batch."""

_HINTS: Mapping[Kind, str] = {
    "number": "Write a finite number within ±3.4e38, {form}; leave the cell empty if unknown",
    "text": "Give a string; an empty cell, None or NaN is a missing value",
    "boolean": "Give true, false, 1 or 0; this column must not be missing",
    "date": "Give a date as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS{form} between 1678 and 2261",
}
_PLAIN_NUMBERS = {int, float, bool, type(None), np.float64}
_NUMBER_TEXT = re.compile(r"[0-9eE+\-. \t]*")
_NUMBER_TEXTS = re.compile(r"[0-9eE+\-. \t,]*")
_DATE_TEXT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?")
_WHOLE_TEXT = re.compile(r"(-?[0-9]+)\.0+")
_FINITE = "a finite number within ±3.4e38"
_YEARS = "a date between 1678 and 2261"
_CODES = "text: leading zeros, which this column had in training, are lost in a number"
_TRUTH = {0: False, 1: True, "0": False, "1": True, "false": False, "true": True}
_MISSING_TYPES = {"NAType", "NaTType"}  # pandas' own, known by name: pandas stays unimported


class CellError(DataError):
    """One value that its column cannot hold.

    Attributes:
        row: 1-based number of the data row.
        line: line of the file on which the row starts, where there is a file.
        column: name of the column.
        value: the value as it was given.
        expected: what the column holds instead.
    """

    def __init__(
        self, column: Input, row: int, value: object, expected: str, *, line: int | None = None
    ) -> None:
        place = f"row {row}" if line is None else f"row {row} (line {line})"
        super().__init__(
            f"{place}, column {column.name!r}: got {shown(value)}, expected {expected}",
            hint=_hint(column),
            row=row,
            line=line,
            column=column.name,
            value=value,
        )
        self.column, self.row, self.value, self.expected = column, row, value, expected

    def moved(self, row: int, line: int | None) -> CellError:
        """The same error with the row's place in the whole file."""
        return CellError(self.column, row, self.value, self.expected, line=line)


class _UnfitError(ValueError):
    """A value cannot be converted; the message says what was expected."""


def feed(column: Input, values: object) -> Tensor:
    """The tensor for one graph input: (N,) or (N, 1) values ─► (N, 1) of the column's type.

    A column that says how its cells are written is read so, whatever the values come in; dates
    that are none of the calendar are missing then. In models from before, text is taken as it is.

    Args:
        column: name, kind and cells of the input.
        values: a list, tuple, numpy array, Series of pandas or polars, or pyarrow array.

    Returns:
        double (NaN missing), object of str ('' missing), bool, or int64 nanoseconds.

    Raises:
        CellError: a value does not fit the kind; the first such row is named.
        DataError: `values` is not a column of values.
    """
    return _BUILDERS[column.kind](column, values_of(column, values)).reshape(-1, 1)


def lacks_value(value: Any, cells: Cells | None) -> bool:
    """Whether a cell is a missing value as such: empty, None, NaN, NaT, or a word that says so."""
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    if isinstance(value, str):
        return not value or (cells is not None and value in cells.missing)
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _hint(column: Input) -> str:
    cells = column.cells or Cells()
    form = f" or {cells.dates}" if cells.dates else ""
    if column.kind == "number":
        form = "with a point" if cells.decimal == "." else f"with {cells.decimal!r} as the decimal"
    return _HINTS[column.kind].format(form=form)


def _number(column: Input, values: Values) -> Tensor:
    numbers = _plain_numbers(values, column.cells)
    if numbers is None or (np.abs(numbers) > LARGEST).any():
        numbers = np.array(_each(column, values, _to_number), dtype=np.float64)
    return numbers


def _plain_numbers(values: Values, cells: Cells | None) -> Tensor | None:
    """All values at once where nothing needs a closer look, else None."""
    if isinstance(values, np.ndarray):
        return values.astype(np.float64) if values.dtype.kind in "biuf" else None
    types = set(map(type, values))
    try:
        if types <= _PLAIN_NUMBERS:
            return np.array(values, dtype=np.float64)  # None becomes NaN
        if cells:
            return _at_once(values, cells, numbers_of, np.nan)
        if types == {str} and _NUMBER_TEXTS.fullmatch(",".join(values)):
            return np.array([float(v) if v else np.nan for v in values], dtype=np.float64)
    except (ValueError, OverflowError):
        pass
    return None


def _at_once(
    values: Sequence[Any],
    cells: Cells,
    read: Callable[[Sequence[str], Cells], Tensor | None],
    missing: float,
) -> Tensor | None:
    """What `read` makes of the texts among missing values; None if it cannot, or more is there."""
    words, is_text = frozenset(("", *cells.missing)), set(map(type, values)) == {str}
    if is_text and words.isdisjoint(values):
        return read(values, cells)
    if not is_text and not all(type(value) is str or lacks_value(value, cells) for value in values):
        return None
    places = [n for n, value in enumerate(values) if type(value) is str and value not in words]
    if (found := read([values[n] for n in places], cells)) is None:
        return None
    filled = np.full(len(values), missing, dtype=found.dtype)
    filled[places] = found
    return filled


def _to_number(value: Any, column: Input) -> float:
    if lacks_value(value, column.cells):
        return np.nan
    # float() also reads '1_000', 'nan' and other scripts' digits: none of them is a number here
    if isinstance(value, str) and column.cells:
        value = number(value, column.cells)
    elif isinstance(value, str) and not _NUMBER_TEXT.fullmatch(value):
        raise _UnfitError("a number")
    if isinstance(value, bytes | date | np.datetime64 | np.timedelta64 | np.ndarray | complex):
        raise _UnfitError("a number")
    try:
        result = float(value)
    except OverflowError:
        raise _UnfitError(_FINITE) from None
    except (ValueError, TypeError):
        raise _UnfitError("a number") from None
    if abs(result) > LARGEST:
        raise _UnfitError(_FINITE)
    return result


def _text(column: Input, values: Values) -> Tensor:
    distinct = set(values) if set(map(type, values)) == {str} else None
    if distinct is None or not "".join(distinct).isascii():
        values = _each(column, values, _to_text)
    elif other := {text: new for text in distinct if (new := _read(text, column)) != text}:
        values = [other.get(text, text) for text in values]
    texts = np.empty(len(values), dtype=object)
    texts[:] = values
    return texts


def _read(text: str, column: Input) -> str:
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
    return word(text, cells) if cells.true or cells.false else text


def _to_text(value: Any, column: Input) -> str:
    cells = column.cells
    if lacks_value(value, cells):
        return ""
    if not isinstance(value, str):
        if cells is None:
            raise _UnfitError("text")
        plain = _plain(value)
        text = spelled(plain, cells)
        if text is None:
            is_code = isinstance(plain, int | float) and not isinstance(plain, bool)
            raise _UnfitError(_CODES if is_code else "text")
        return text
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a surrogate pair
            raise _UnfitError("text that UTF-8 can write") from None
    return _read(str(value), column)


def _plain(value: Any) -> Any:
    """A number of numpy or of the decimal module as Python's own."""
    if isinstance(value, Decimal):
        if value.is_nan():  # a signalling one is no float
            return np.nan
        return int(value) if value.is_finite() and value % 1 == 0 else float(value)
    return value.item() if isinstance(value, np.generic) else value


def _boolean(column: Input, values: Values) -> Tensor:
    if isinstance(values, np.ndarray) and values.dtype.kind == "b":
        return values
    return np.array(_each(column, values, _to_boolean), dtype=np.bool_)


def _to_boolean(value: Any, column: Input) -> bool:
    if lacks_value(value, column.cells):
        raise _UnfitError("true or false, not a missing value")
    try:
        return _TRUTH[value.strip().lower() if isinstance(value, str) else value]
    except (KeyError, TypeError):
        raise _UnfitError("true or false") from None


def _date(column: Input, values: Values) -> Tensor:
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        nanoseconds = values.astype("datetime64[ns]")
        # numpy wraps around in silence where nanoseconds cannot hold the date
        wrapped = (nanoseconds.astype(values.dtype) != values) & ~np.isnat(values)
        if wrapped.any() and column.cells is None:
            _refuse(column, values, int(np.flatnonzero(wrapped)[0]), _YEARS)
        return np.where(wrapped, NAT, nanoseconds.astype(np.int64))
    found = None
    if column.cells and isinstance(values, list | tuple):
        found = _at_once(values, column.cells, days_of, NAT)
    if found is None:
        found = np.array(_each(column, values, _to_nanoseconds), dtype=np.int64)
    return found


def _to_nanoseconds(value: Any, column: Input) -> int:
    if lacks_value(value, column.cells):
        return NAT
    if isinstance(value, str) and column.cells:
        found = day_of(value, column.cells)
        if found is None:
            raise _UnfitError("a date")
        return found
    if isinstance(value, str):
        value = _parsed(value.strip())
    elif hasattr(value, "to_datetime64"):  # pandas' Timestamp keeps nanoseconds, datetime does not
        value = _utc(value).to_datetime64()
    elif isinstance(value, datetime):
        value = np.datetime64(_utc(value), "us")
    elif isinstance(value, date):
        value = np.datetime64(value, "D")
    if not isinstance(value, np.datetime64):
        raise _UnfitError("a date")
    nanoseconds = value.astype("datetime64[ns]")
    if nanoseconds.astype(value.dtype) != value:
        if column.cells:
            return NAT
        raise _UnfitError(_YEARS)
    return int(nanoseconds.astype(np.int64))


def _utc(value: Any) -> Any:
    # as training reads dates with a time zone
    if value.tzinfo is None:
        return value
    try:
        return value.astimezone(UTC).replace(tzinfo=None)
    except OverflowError:  # within hours of the year 1 or 9999, which are out of range anyway
        return value.replace(tzinfo=None)


def _parsed(text: str) -> np.datetime64:
    # numpy also reads 'now', 'today' and '2020': none of them is a date here
    if not text.isascii() or not _DATE_TEXT.fullmatch(text):
        raise _UnfitError("a date")
    if not 1678 <= int(text[:4]) <= 2261:
        # numpy counts in nanoseconds from seven decimals on, where any other year wraps silently
        raise _UnfitError(_YEARS)
    try:
        return np.datetime64(text.replace(" ", "T"))
    except ValueError:
        raise _UnfitError("a date of the calendar") from None


def _each(column: Input, values: Values, convert: Callable[[Any, Input], Any]) -> list[Any]:
    """Every value converted; a text that comes again is not looked at again."""
    converted, known = [], {}
    for index, value in enumerate(values):
        try:
            if type(value) is not str:
                converted.append(convert(value, column))
                continue
            if value not in known:
                known[value] = convert(value, column)
            converted.append(known[value])
        except _UnfitError as err:
            _refuse(column, values, index, str(err))
    return converted


def _refuse(column: Input, values: Values, index: int, expected: str) -> NoReturn:
    value = values[index]
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64):
        value = value.item()  # shown as 1.5, not as np.float64(1.5)
    raise CellError(column, index + 1, value, expected)


_BUILDERS: Mapping[Kind, Callable[[Input, Values], Tensor]] = {
    "number": _number,
    "text": _text,
    "boolean": _boolean,
    "date": _date,
}
