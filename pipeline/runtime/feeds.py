"""Converts the values of one column to the tensor of its graph input.

Here and in `pipeline.runtime.values` alone is decided what a cell may hold. Standard library and
numpy only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

from pipeline.errors import DataError
from pipeline.manifest.columns import Cells, Input, Kind
from pipeline.runtime.bulk import read_days, read_numbers
from pipeline.runtime.grammar import NAT
from pipeline.runtime.table_columns import Tensor, Values, column_values, format_value
from pipeline.runtime.values import (
    LARGEST,
    YEARS,
    UnfitError,
    is_plain_text,
    lacks_value,
    read_text,
    to_boolean,
    to_nanoseconds,
    to_number,
    to_text,
)

_HINTS: Mapping[Kind, str] = {
    "number": "Write a finite number within ±3.4e38, {form}; leave the cell empty if unknown",
    "text": "Give a string; an empty cell, None or NaN is a missing value",
    "boolean": "Give true, false, 1 or 0; this column must not be missing",
    "date": "Give a date as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS{form} between 1678 and 2261",
}
_PLAIN_NUMBERS = {int, float, bool, type(None), np.float64}
_NUMBER_TEXTS = re.compile(r"[0-9eE+\-. \t,]*")


class CellError(DataError):
    """One value that its column cannot hold.

    Attributes:
        row: 1-based number of the data row.
        line: line of the file on which the row starts, where there is a file.
        value: the value as it was given.
        expected: what the column holds instead.
    """

    def __init__(
        self, column: Input, row: int, value: object, expected: str, *, line: int | None = None
    ) -> None:
        place = f"row {row}" if line is None else f"row {row} (line {line})"
        super().__init__(
            f"{place}, column {column.name!r}: got {format_value(value)}, expected {expected}",
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


def make_feed(column: Input, values: object) -> Tensor:
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
    return _BUILDERS[column.kind](column, column_values(column, values)).reshape(-1, 1)


def _hint(column: Input) -> str:
    cells = column.cells or Cells()
    form = f" or {cells.dates}" if cells.dates else ""
    if column.kind == "number":
        form = "with a point" if cells.decimal == "." else f"with {cells.decimal!r} as the decimal"
    return _HINTS[column.kind].format(form=form)


def _number(column: Input, values: Values) -> Tensor:
    numbers = _plain_numbers(values, column.cells)
    if numbers is None or (np.abs(numbers) > LARGEST).any():
        numbers = np.array(_each(column, values, to_number), dtype=np.float64)
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
            return _at_once(values, cells, read_numbers, np.nan)
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


def _text(column: Input, values: Values) -> Tensor:
    distinct = set(values) if set(map(type, values)) == {str} else None
    if distinct is None or not is_plain_text("".join(distinct)):
        values = _each(column, values, to_text)
    elif other := {text: new for text in distinct if (new := read_text(text, column)) != text}:
        values = [other.get(text, text) for text in values]
    texts = np.empty(len(values), dtype=object)
    texts[:] = values
    return texts


def _boolean(column: Input, values: Values) -> Tensor:
    if isinstance(values, np.ndarray) and values.dtype.kind == "b":
        return values
    return np.array(_each(column, values, to_boolean), dtype=np.bool_)


def _date(column: Input, values: Values) -> Tensor:
    if isinstance(values, np.ndarray) and values.dtype.kind == "M":
        nanoseconds = values.astype("datetime64[ns]")
        # numpy wraps around in silence where nanoseconds cannot hold the date
        wrapped = (nanoseconds.astype(values.dtype) != values) & ~np.isnat(values)
        if wrapped.any() and column.cells is None:
            _refuse(column, values, int(np.flatnonzero(wrapped)[0]), YEARS)
        return np.where(wrapped, NAT, nanoseconds.astype(np.int64))
    found = None
    if column.cells and isinstance(values, list | tuple):
        found = _at_once(values, column.cells, read_days, NAT)
    if found is None:
        found = np.array(_each(column, values, to_nanoseconds), dtype=np.int64)
    return found


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
        except UnfitError as err:
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
