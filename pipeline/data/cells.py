"""The cells of one column as they are in the file, before their type is known."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import cached_property
from itertools import compress
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipeline.data.conventions import CODE, Decimal, find_date_formats, find_number_formats
from pipeline.manifest.columns import WORDS, Cells, Kind
from pipeline.runtime.bulk import digit_shapes
from pipeline.runtime.grammar import NAT

_WORDS = frozenset(WORDS)
_EMPTY = frozenset(("", *WORDS))


@dataclass(frozen=True)
class CellStyle:
    """What decides where the cells of a column do not.

    Attributes:
        decimal: the decimal separator, as the settings, the other columns or the file suggest.
        dates: the format of dates, as the settings say.
        codes: whether whole numbers with leading zeros are text.
    """

    decimal: Decimal | None = None
    dates: str = ""
    codes: bool = True


@dataclass(frozen=True, eq=False)
class ParsedColumn:
    """A column of its kind, how its cells are written, and what has to be said of it.

    Attributes:
        values: (N,) int64 or float64 (number), object of str and NaN (text), bool (boolean) or
            datetime64[ns] (date).
        notes: sentences.
    """

    values: pd.Series
    cells: Cells = field(default_factory=Cells)
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, eq=False)
class RawColumn:
    """A column of objects, each different text once.

    Attributes:
        name: of the column.
        objects: (N,) None, str, bool, int, float, date or datetime.
        codes: (N,) the place of a cell's text among `texts`; -1 where it is no text, or empty.
        texts: the different texts, in order of appearance, the words that are missing included.
        typed: kinds of the other cells.
    """

    name: str
    objects: NDArray[Any]
    codes: NDArray[np.int64]
    texts: tuple[str, ...]
    typed: frozenset[Kind]

    @classmethod
    def of(cls, values: pd.Series) -> RawColumn:
        objects = values.to_numpy(dtype=object)
        is_text = pd.api.types.infer_dtype(values, skipna=True) in ("string", "empty")
        strings = objects if is_text else [v if isinstance(v, str) else None for v in objects]
        codes, found = pd.factorize(np.asarray(strings, dtype=object))
        texts = tuple(found)
        if "" in texts:
            codes = np.where(codes == texts.index(""), -1, codes)
        others = [] if is_text else [v for v in objects if not isinstance(v, str)]
        typed = frozenset(kind for v in others if (kind := infer_cell_kind(v)) is not None)
        return cls(str(values.name), objects, codes, texts, typed)

    @cached_property
    def filled(self) -> tuple[str, ...]:
        """The different texts that are no missing value."""
        return self.texts if self._is_filled.all() else tuple(compress(self.texts, self._is_filled))

    @cached_property
    def shapes(self) -> list[str]:
        """Those of the filled texts; see `pipeline.runtime.bulk`."""
        return digit_shapes(self.filled)

    @cached_property
    def zeroed(self) -> tuple[str, ...]:
        """The filled texts that a number would rob of leading zeros."""
        if not any(shape.strip(" \t").isdecimal() for shape in set(self.shapes)):
            return ()
        return tuple(filter(CODE.fullmatch, self.filled))

    @cached_property
    def numbers(self) -> tuple[Cells, ...]:
        """The ways in which the filled texts are numbers; infinity is refused later."""
        return find_number_formats(self.filled, self.shapes)

    @cached_property
    def dates(self) -> Mapping[Cells, NDArray[np.int64]]:
        """The ways in which the filled texts are dates, and which they are then."""
        return find_date_formats(self.filled, self.shapes)

    @property
    def words(self) -> tuple[str, ...]:
        """The words that are a missing value unless the column is text, as they occur."""
        if _WORDS.isdisjoint(self.texts):
            return ()
        return tuple(text for text in self.texts if text in _WORDS)

    @cached_property
    def has_gaps(self) -> bool:
        """Whether a cell is missing, a word that means it included."""
        return bool(self.words) or bool(self._is_empty.any())

    @property
    def is_empty(self) -> bool:
        """Whether no cell has a value."""
        return not self.filled and not self.typed

    @cached_property
    def _is_filled(self) -> NDArray[np.bool_]:
        if _EMPTY.isdisjoint(self.texts):
            return np.ones(len(self.texts), dtype=bool)
        return np.array([text not in _EMPTY for text in self.texts], dtype=bool)

    @property
    def _is_empty(self) -> NDArray[np.bool_]:
        bare = np.flatnonzero(self.codes == -1)
        empty = np.zeros(len(self.objects), dtype=bool)
        empty[bare] = [infer_cell_kind(self.objects[n]) is None for n in bare]
        return empty

    def each(
        self,
        convert: Callable[[Any], Any],
        missing: Any,
        dtype: Any,
        filled: NDArray[Any] | None = None,
    ) -> NDArray[Any]:
        """(N,) every cell converted, each different text once.

        Args:
            convert: takes a text that is filled, or a typed cell.
            missing: for a cell without a value, and for a word that is one to `convert`.
            filled: what `convert` makes of the filled texts, where that is known.
        """
        known = np.empty(len(self.texts) + 1, dtype=dtype)
        known[-1] = missing
        rest = np.ones(len(self.texts), dtype=bool)
        if filled is not None:
            known[:-1][self._is_filled] = filled
            rest = ~self._is_filled
        for n in np.flatnonzero(rest):
            known[n] = convert(self.texts[n]) if self.texts[n] else missing
        found: NDArray[Any] = known[self.codes]
        if self.typed:
            for n in np.flatnonzero(self.codes == -1):
                if infer_cell_kind(self.objects[n]) is not None:
                    found[n] = convert(self.objects[n])
        return found

    def rows(self, texts: Sequence[str]) -> list[int]:
        """Where some texts are."""
        if not texts:
            return []
        wanted = set(texts)
        is_wanted = np.array([*(text in wanted for text in self.texts), False])
        found: list[int] = np.flatnonzero(is_wanted[self.codes]).tolist()
        return found


def date_to_nanoseconds(value: date | datetime) -> int:
    """A typed date since 1970 in UTC; `NAT` beyond the years 1678 to 2261."""
    if isinstance(value, pd.Timestamp):
        plain = value if value.tzinfo is None else value.tz_convert(None)
        return int(plain.value)
    moment = value if isinstance(value, datetime) else datetime(value.year, value.month, value.day)
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    if not 1678 <= moment.year <= 2261:
        return NAT
    since = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return ((since.days * 86_400 + since.seconds) * 10**6 + since.microseconds) * 1000


def is_empty_cell(value: Any) -> bool:
    """Whether a cell is empty; words that mean it are a matter of the column."""
    return value is None or value == "" or value is pd.NaT or value != value  # noqa: PLR0124  NaN


def is_date_cell(value: Any) -> bool:
    """Whether a cell is a typed date."""
    return isinstance(value, date) and value is not pd.NaT


def infer_cell_kind(value: Any) -> Kind | None:
    """Kind of a typed cell; None for text and for what is missing."""
    if isinstance(value, str) or is_empty_cell(value):
        return None
    if isinstance(value, bool):
        return "boolean"
    return "date" if isinstance(value, date) else "number"
