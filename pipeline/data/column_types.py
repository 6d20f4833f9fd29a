"""Converts each column to the type that its spec declares or its values show."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.data.cells import CellStyle, ParsedColumn, RawColumn
from pipeline.data.parse_cells import (
    cell_error,
    parse_boolean_cells,
    parse_date_cells,
    parse_number_cells,
    parse_text_cells,
)
from pipeline.data.source import Source
from pipeline.manifest.columns import Cells, Kind
from pipeline.runtime.grammar import spell_value

_DAY, _TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}", r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
DATE = rf"\s*{_DAY}(?:[T ]{_TIME})?\s*"
"""Dates as ISO 8601 writes them, without time zone."""
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

_SPELLED = Cells(true="True", false="False")
"""How typed booleans are written in a text column."""

log = logging.getLogger(__name__)


def type_values(values: pd.Series, kind: Kind | None, source: Source) -> pd.Series:
    """The values of a column alone; see `type_column`."""
    return type_column(values, kind, source).values


def type_column(
    values: pd.Series | RawColumn, kind: Kind | None, source: Source, style: CellStyle | None = None
) -> ParsedColumn:
    """A column of its kind.

    Args:
        values: a column as `Source.read` returns it, or its cells.
        kind: what the spec declares; None takes what the values show.
        source: where the column is from, for naming rows.
        style: what decides where the values do not.

    Raises:
        DataError: values that the kind cannot hold, with their rows; numbers whose separators may
            mean one or the other.
    """
    style = style or CellStyle()
    if isinstance(values, pd.Series) and values.dtype != object:
        kind = kind or ("date" if style.dates else None)
        is_truth = kind == "text" and values.dtype == bool
        return ParsedColumn(_of_dtype(values, kind, source), _SPELLED if is_truth else Cells())
    raw, shown = values if isinstance(values, RawColumn) else RawColumn.of(values), kind
    if shown is None:
        shown = "date" if style.dates else _infer_kind(raw, source, style)
    made = _MAKERS[shown](raw, source, style)
    return ParsedColumn(
        made.values.rename(raw.name), made.cells, () if kind == "text" else made.notes
    )


def column_kind(values: pd.Series) -> Kind:
    """Kind of a typed column, from its dtype."""
    kinds: Mapping[str, Kind] = {"b": "boolean", "M": "date", "i": "number", "f": "number"}
    return kinds.get(values.dtype.kind, "text")


def parse_timestamps(texts: pd.Series) -> pd.Series:
    """Each text as datetime64[ns], NaT where it is no day of the calendar."""
    return pd.to_datetime(texts.str.strip(), format="ISO8601", errors="coerce")


def _infer_kind(raw: RawColumn, source: Source, style: CellStyle) -> Kind:
    """The kind that the cells of a column show."""
    if raw.is_empty:
        return "text" if source.is_typed and raw.words else "number"
    if raw.typed <= {"boolean"} and all(t.lower() in ("true", "false") for t in raw.filled):
        return "text" if raw.has_gaps else "boolean"
    if raw.typed <= {"number"} and (not raw.filled or _are_numbers(raw, style)):
        return "number"
    if raw.typed <= {"date"} and (not raw.filled or len(raw.dates) == 1):
        return "date"
    return "text"


def _are_numbers(raw: RawColumn, style: CellStyle) -> bool:
    return bool(raw.numbers) and not (style.codes and raw.zeroed)


def _of_dtype(values: pd.Series, kind: Kind | None, source: Source) -> pd.Series:
    """A column that the file has a type for, as that or as the kind that is declared."""
    found = column_kind(values)
    if kind in (None, found):
        return values
    if values.isna().all() and kind in ("text", "date"):
        return values.astype(object if kind == "text" else "datetime64[ns]")
    if found == "date":
        values = values.astype("datetime64[us]")  # as scoring has typed dates
    if kind == "text" and (found != "number" or (values.dropna() % 1 == 0).all()):
        texts = [np.nan if pd.isna(v) else spell_value(v, _SPELLED) for v in values.tolist()]
        return pd.Series(texts, index=values.index, name=values.name, dtype=object)
    if kind == "boolean" and bool(values.isin([0, 1]).all()):
        return values.astype(bool)
    expected = {
        "number": "numbers",
        "text": "text, whole numbers, dates or booleans",
        "boolean": "true or false in every row",
        "date": "dates as YYYY-MM-DD or YYYY-MM-DDTHH:MM:SS",
    }[kind or found]
    bad = ~values.isin([0, 1]) if kind == "boolean" else values.notna()
    rows = np.flatnonzero(bad).tolist()
    raise cell_error(str(values.name), values[bad].tolist(), rows, source, expected)


_MAKERS: Mapping[Kind, Callable[[RawColumn, Source, CellStyle], ParsedColumn]] = {
    "number": parse_number_cells,
    "text": parse_text_cells,
    "boolean": parse_boolean_cells,
    "date": parse_date_cells,
}


def log_inferred_kinds(frame: pd.DataFrame) -> None:
    """Say which kinds the columns of a table were taken for, when their values alone show it."""
    log.info("columns: %s", summarize_kinds(frame))


def summarize_kinds(frame: pd.DataFrame) -> str:
    """The columns of a typed table by their kinds, in one line."""
    found: dict[str, list[str]] = {}
    for name in frame:
        found.setdefault(PLURALS[column_kind(frame[name])], []).append(str(name))
    return "; ".join(f"{plural}: {_some(names)}" for plural, names in found.items())


def _some(names: Sequence[str]) -> str:
    more = [f"{len(names) - LISTED} more"] if len(names) > LISTED else []
    return ", ".join([*names[:LISTED], *more])
