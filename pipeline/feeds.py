"""Scoring: the values of one column in, the tensor of its graph input out.

The only place that decides what a cell may hold. Standard library and numpy only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import DataError
from pipeline.manifest import Input, Kind

Tensor = NDArray[Any]
Values = Sequence[Any] | Tensor
"""A list of Python objects, or an array of a typed (never object) dtype."""

LARGEST = float(np.finfo(np.float32).max)
"""Largest magnitude of a number: beyond it PyCaret changes the dtype of the whole batch."""

NAT = int(np.iinfo(np.int64).min)
"""A missing date, as numpy writes NaT in an int64."""

_HINTS: Mapping[Kind, str] = {
    "number": "Write a finite number within ±3.4e38, with a point; leave the cell empty if unknown",
    "text": "Give a string; an empty cell, None or NaN is a missing value",
    "boolean": "Give true, false, 1 or 0; this column must not be missing",
    "date": "Give a date as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS between 1678 and 2261",
}
_PLAIN_NUMBERS = {int, float, bool, type(None), np.float64}
_NUMBER_TEXT = re.compile(r"[0-9eE+\-. \t]*")
_NUMBER_TEXTS = re.compile(r"[0-9eE+\-. \t,]*")
_DATE_TEXT = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?)?")
_FINITE = "a finite number within ±3.4e38"
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
            f"{place}, column {column.name!r}: got {_shown(value)}, expected {expected}",
            hint=_HINTS[column.kind],
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

    Args:
        column: name and kind of the input.
        values: a list, tuple, numpy array, pandas Series or pyarrow array.

    Returns:
        double (NaN missing), object of str ('' missing), bool, or int64 nanoseconds.

    Raises:
        CellError: a value does not fit the kind; the first such row is named.
        DataError: `values` is not a column of values.
    """
    return _BUILDERS[column.kind](column, _flat(column, values)).reshape(-1, 1)


def _flat(column: Input, given: object) -> Values:
    values: Any = given
    if isinstance(given, np.ma.MaskedArray):
        values = values.tolist()  # asarray would show what the mask hides
    if not isinstance(values, list | tuple):
        if isinstance(values, str | bytes | Mapping) or not hasattr(values, "__len__"):
            raise DataError(
                f"column {column.name!r}: got {_shown(values)}, expected a sequence of values",
                hint="For a single row give scalars to predict_one",
                column=column.name,
            )
        values = np.asarray(values) if hasattr(values, "__array__") else list(values)
    result: Values = _one_dimension(column, values) if isinstance(values, np.ndarray) else values
    return result


def _one_dimension(column: Input, values: Tensor) -> Values:
    if values.ndim != 1 and values.shape[1:] != (1,):
        raise DataError(
            f"column {column.name!r}: got an array of shape {values.shape}, expected (N,) or (N, 1)"
        )
    values = values.reshape(-1)
    return values if values.dtype.kind in "biufmM" else values.tolist()


def _number(column: Input, values: Values) -> Tensor:
    numbers = _plain_numbers(values)
    if numbers is None or (np.abs(numbers) > LARGEST).any():
        numbers = np.array(_each(column, values, _to_number), dtype=np.float64)
    return numbers


def _plain_numbers(values: Values) -> Tensor | None:
    """All values at once where nothing needs a closer look, else None."""
    if isinstance(values, np.ndarray):
        return values.astype(np.float64) if values.dtype.kind in "biuf" else None
    types = set(map(type, values))
    try:
        if types <= _PLAIN_NUMBERS:
            return np.array(values, dtype=np.float64)  # None becomes NaN
        if types == {str} and _NUMBER_TEXTS.fullmatch(",".join(values)):
            return np.array([float(v) if v else np.nan for v in values], dtype=np.float64)
    except (ValueError, OverflowError):
        pass
    return None


def _to_number(value: Any) -> float:
    if _is_missing(value):
        return np.nan
    # float() also reads '1_000', 'nan' and other scripts' digits: none of them is a number here
    if isinstance(value, str) and not _NUMBER_TEXT.fullmatch(value):
        raise _UnfitError("a number")
    if isinstance(value, bytes | date | np.datetime64 | np.timedelta64 | np.ndarray | complex):
        raise _UnfitError("a number")
    try:
        number = float(value)
    except OverflowError:
        raise _UnfitError(_FINITE) from None
    except (ValueError, TypeError):
        raise _UnfitError("a number") from None
    if abs(number) > LARGEST:
        raise _UnfitError(_FINITE)
    return number


def _text(column: Input, values: Values) -> Tensor:
    if set(map(type, values)) != {str} or not "".join(values).isascii():
        values = _each(column, values, _to_text)
    texts = np.empty(len(values), dtype=object)
    texts[:] = values
    return texts


def _to_text(value: Any) -> str:
    if _is_missing(value):
        return ""
    if not isinstance(value, str):
        raise _UnfitError("text")
    if not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError:  # half of a surrogate pair
            raise _UnfitError("text that UTF-8 can write") from None
    return str(value)


def _boolean(column: Input, values: Values) -> Tensor:
    if isinstance(values, np.ndarray) and values.dtype.kind == "b":
        return values
    return np.array(_each(column, values, _to_boolean), dtype=np.bool_)


def _to_boolean(value: Any) -> bool:
    if _is_missing(value):
        raise _UnfitError("true or false, not a missing value")
    try:
        return _TRUTH[value.strip().lower() if isinstance(value, str) else value]
    except (KeyError, TypeError):
        raise _UnfitError("true or false") from None


def _date(column: Input, values: Values) -> Tensor:
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        nanoseconds = values.astype("datetime64[ns]")
        # numpy wraps around in silence where nanoseconds cannot hold the date
        wrapped = np.flatnonzero((nanoseconds.astype(values.dtype) != values) & ~np.isnat(values))
        if wrapped.size:
            _refuse(column, values, int(wrapped[0]), "a date between 1678 and 2261")
        return nanoseconds.astype(np.int64)
    return np.array(_each(column, values, _to_nanoseconds), dtype=np.int64)


def _to_nanoseconds(value: Any) -> int:
    if _is_missing(value):
        return NAT
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
        raise _UnfitError("a date between 1678 and 2261")
    return int(nanoseconds.astype(np.int64))


def _utc(value: Any) -> Any:
    # as training reads Parquet's dates with a time zone; text with one is refused there and here
    return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)


def _parsed(text: str) -> np.datetime64:
    # numpy also reads 'now', 'today' and '2020': none of them is a date here
    if not text.isascii() or not _DATE_TEXT.fullmatch(text):
        raise _UnfitError("a date")
    if not 1678 <= int(text[:4]) <= 2261:
        # numpy counts in nanoseconds from seven decimals on, where any other year wraps silently
        raise _UnfitError("a date between 1678 and 2261")
    try:
        return np.datetime64(text.replace(" ", "T"))
    except ValueError:
        raise _UnfitError("a date of the calendar") from None


def _each(column: Input, values: Values, convert: Callable[[Any], Any]) -> list[Any]:
    converted = []
    for index, value in enumerate(values):
        try:
            converted.append(convert(value))
        except _UnfitError as err:
            _refuse(column, values, index, str(err))
    return converted


def _refuse(column: Input, values: Values, index: int, expected: str) -> NoReturn:
    value = values[index]
    if isinstance(value, np.generic) and not isinstance(value, np.datetime64):
        value = value.item()  # shown as 1.5, not as np.float64(1.5)
    raise CellError(column, index + 1, value, expected)


def _is_missing(value: Any) -> bool:
    if value is None or type(value).__name__ in _MISSING_TYPES:
        return True
    if isinstance(value, str):
        return not value
    if isinstance(value, np.datetime64):
        return bool(np.isnat(value))
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


_BUILDERS: Mapping[Kind, Callable[[Input, Values], Tensor]] = {
    "number": _number,
    "text": _text,
    "boolean": _boolean,
    "date": _date,
}
