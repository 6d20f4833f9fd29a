"""Tables: each column brought to its kind, the one its spec declares or its values show."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import NoReturn

import numpy as np
import pandas as pd

from pipeline.errors import DataError
from pipeline.manifest import Kind
from pipeline.table.source import NUMBER, Source

_DAY, _TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
DATE = rf"\s*{_DAY}(?:[T ]{_TIME})?\s*"
"""Dates as ISO 8601 writes them, without time zone; others are ambiguous or need one."""
COMMA = r"\s*[+-]?[0-9.]*,[0-9.,]*[0-9]\s*"
"""What is written like a number with a decimal comma or with thousands separators."""
_SIGN = r"[^\w.,+-]?"
AMOUNT = rf"{_SIGN}[+-]?[0-9][0-9.,'\u2019]*{_SIGN}"
"""What a person reads as a number, its spaces taken out: with a currency or percent sign, and
separators of any kind."""
MOSTLY = 0.5
"""Share of a column's cells that shows what the others were meant to be."""
SHOWN = 3

DECLARED: Mapping[str, Kind] = {
    "numeric": "number",
    "categorical": "text",
    "date": "date",
    "boolean": "boolean",
}
"""Key of a dataset's spec to the kind of its columns."""

PLURALS: Mapping[Kind, str] = {
    "number": "numbers",
    "text": "text",
    "date": "dates",
    "boolean": "booleans",
}
LISTED = 10
"""Names of one kind that are said."""

log = logging.getLogger(__name__)


def typed(values: pd.Series, kind: Kind | None, source: Source) -> pd.Series:
    """A column as int64 or float64 (number), object (text), bool (boolean), datetime64[ns] (date).

    Args:
        values: a column as `Source.read` returns it.
        kind: what the spec declares; None takes what the values show: text whose every value is
            an ISO date is a date, any other text stays text.
        source: where the column is from, for naming rows.

    Raises:
        DataError: values that the kind cannot hold, with their rows.
    """
    if kind is None:
        return _inferred(values, source)
    if kind == "text":
        return _as_text(values, source)
    return {"number": _as_number, "boolean": _as_boolean, "date": _as_date}[kind](values, source)


def kind_of(values: pd.Series) -> Kind:
    """Kind of a typed column, from its dtype."""
    kinds: Mapping[str, Kind] = {"b": "boolean", "M": "date", "i": "number", "f": "number"}
    return kinds.get(values.dtype.kind, "text")


def _inferred(values: pd.Series, source: Source) -> pd.Series:
    if values.dtype != object:
        return values
    distinct = _distinct(values)
    if distinct.str.fullmatch(DATE).all() and len(distinct):
        dates = parsed(distinct)
        return values.map(dates.set_axis(distinct)) if dates.notna().all() else values
    commas = distinct.str.fullmatch(COMMA)
    if commas.any() and (commas | distinct.str.fullmatch(NUMBER)).all():
        _refuse(values, values.isin(distinct[commas]), source, "numbers with a decimal point")
    _warn_of_text(values, distinct, source)
    return values


def _warn_of_text(values: pd.Series, distinct: pd.Series, source: Source) -> None:
    """Some odd values turn a column of numbers or dates into text, which is seldom meant."""
    bare = distinct.str.replace(r"\s", "", regex=True)
    for alike, meant in (
        (bare.str.fullmatch(AMOUNT), NUMBER),
        (distinct.str.fullmatch(DATE), DATE),
    ):
        odd = distinct[~distinct.str.fullmatch(meant)]
        if not alike.any() or not len(odd):
            continue
        if values.isin(distinct[alike]).sum() >= MOSTLY * values.notna().sum():
            log.warning(
                "%s: column %r is taken as text because of %s in %s; declare it under "
                "`categorical` if that is meant, else write those cells as 1234.5 or 2026-01-31, "
                "or empty them",
                source.path.name,
                values.name,
                _sample(odd),
                source.place(np.flatnonzero(values.isin(odd)).tolist()),
            )


def _as_number(values: pd.Series, source: Source) -> pd.Series:
    if values.dtype.kind in "if":
        return values
    if values.dtype != object:
        _refuse(values, values.notna(), source, "numbers")
    distinct = _distinct(values)
    odd = distinct[~distinct.str.fullmatch(NUMBER)]
    if len(odd):
        _refuse(values, values.isin(odd), source, "numbers with a decimal point")
    return values.astype("float64")


def _as_text(values: pd.Series, source: Source) -> pd.Series:
    if values.dtype != object:
        _refuse(values, values.notna(), source, "text")
    return values


def _as_boolean(values: pd.Series, source: Source) -> pd.Series:
    """True and false in any case, 1 and 0; a boolean has no missing value in the graph."""
    if values.dtype == bool:
        return values
    words = values.map(lambda v: v.strip().lower() if isinstance(v, str) else v)
    truth = words.map({"true": True, "false": False, "1": True, "0": False, 1: True, 0: False})
    if truth.isna().any():
        _refuse(values, truth.isna(), source, "true or false in every row")
    return truth.astype(bool)


def _as_date(values: pd.Series, source: Source) -> pd.Series:
    if values.dtype.kind == "M":
        return values
    if values.isna().all():
        return pd.Series(pd.NaT, index=values.index, dtype="datetime64[ns]", name=values.name)
    if values.dtype != object:
        _refuse(values, values.notna(), source, "dates as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS")
    distinct = _distinct(values)
    shaped = distinct.str.fullmatch(DATE)
    dates = parsed(distinct.where(shaped))
    if dates.isna().any():
        odd = values.isin(distinct[dates.isna()])
        _refuse(values, odd, source, "dates as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS from 1678 to 2261")
    return values.map(dates.set_axis(distinct))


def _distinct(values: pd.Series) -> pd.Series:
    return values.dropna().drop_duplicates().reset_index(drop=True)


def parsed(texts: pd.Series) -> pd.Series:
    """Each text as datetime64[ns], NaT where it is no day of the calendar."""
    return pd.to_datetime(texts.str.strip(), format="ISO8601", errors="coerce")


def _sample(values: pd.Series) -> str:
    distinct = values.unique()[:SHOWN].tolist()
    shown = ["an empty cell" if pd.isna(value) else repr(value) for value in distinct]
    return ", ".join(shown) + (", …" if values.nunique(dropna=False) > SHOWN else "")


def _refuse(values: pd.Series, bad: pd.Series, source: Source, expected: str) -> NoReturn:
    rows: Sequence[int] = np.flatnonzero(bad).tolist()
    raise DataError(
        f"{source.path.name}: column {values.name!r}: got {_sample(values[bad])} "
        f"in {source.place(rows)}, expected {expected}",
        hint="Correct those cells, or declare another kind for the column in the dataset's spec",
        column=values.name,
        rows=rows,
    )


def announce(frame: pd.DataFrame) -> None:
    """Say which kinds the columns of a table were taken for, when their values alone show it."""
    found: dict[str, list[str]] = {}
    for name in frame:
        found.setdefault(PLURALS[kind_of(frame[name])], []).append(str(name))
    kinds = (f"{plural}: {_some(names)}" for plural, names in found.items())
    log.info("columns: %s", "; ".join(kinds))


def _some(names: Sequence[str]) -> str:
    more = [f"{len(names) - LISTED} more"] if len(names) > LISTED else []
    return ", ".join([*names[:LISTED], *more])
