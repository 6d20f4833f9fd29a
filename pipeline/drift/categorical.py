"""Profiles categorical columns: how often each value occurs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from heapq import nsmallest
from typing import Any

import numpy as np
import pandas as pd

from pipeline.drift.statistics import Bins, ColumnChange, chi_squared

CATEGORIES = 40
"""Values that are counted one by one; the rest is one bin."""
LONGEST = 64
"""Bytes of a value; a longer one is kept as its beginning and a hash, so that a file is bounded."""
BEGINNING = 12
HASH = 16

REST = "other values"
MISSING = "missing"
CHI_SQUARED = "chi-squared"


@dataclass(frozen=True)
class Shares:
    """A column whose values are counted one by one.

    Attributes:
        values: rows of each frequent value, the most frequent first.
        rest: rows of all other values.
        missing: rows without a value.
    """

    values: Mapping[str, int]
    rest: int
    missing: int

    @classmethod
    def of(cls, values: pd.Series, most: int = CATEGORIES) -> Shares:
        """Count a column (N,).

        Of values that are equally frequent, all are kept or none: names of rows are one bin, and
        the order of the rows does not matter.
        """
        counts = count_values(values)
        ranked = nsmallest(most + 1, counts.items(), key=lambda item: (-item[1], item[0]))
        most_left_out = ranked[most][1] if len(ranked) > most else 0
        kept = {value: rows for value, rows in ranked[:most] if rows > most_left_out}
        rest = counts.total() - sum(kept.values())
        return cls(kept, rest, int(values.isna().sum()))

    @property
    def rows(self) -> int:
        return sum(self.values.values()) + self.rest + self.missing

    def against(self, newer: pd.Series) -> ColumnChange:
        """What another column (M,) has instead."""
        counts = count_values(newer)
        bins = self._bins(counts, int(newer.isna().sum()))
        statistic, p_value = chi_squared(bins.older, bins.newer)
        new = () if self.rest else tuple(sorted(counts.keys() - self.values.keys()))
        vanished = tuple(value for value in self.values if value not in counts)
        return ColumnChange(bins, CHI_SQUARED, statistic, p_value, new, vanished)

    def bins(self, newer: pd.Series) -> Bins:
        """Rows of each value here and in another column (M,), then the rest and the missing."""
        return self._bins(count_values(newer), int(newer.isna().sum()))

    def _bins(self, counts: Counter[str], missing: int) -> Bins:
        older = [*self.values.values(), self.rest, self.missing]
        found = [counts[value] for value in self.values]
        newer = [*found, counts.total() - sum(found), missing]
        sides = (np.array(side, dtype=np.int64) for side in (older, newer))
        return Bins((*self.values, REST, MISSING), *sides)


def count_values(values: pd.Series) -> Counter[str]:
    """Rows of each value of a column (N,), by the value as text; 2 and 2.0 are the same.

    pandas' own `value_counts` takes a word with a NUL for the part before it.
    """
    found: Counter[str] = Counter()
    for value, rows in Counter(values.dropna().tolist()).items():
        found[_word(value)] += rows
    return found


def _word(value: Any) -> str:
    text = value if isinstance(value, str) else _number(value)
    if text.isascii() and len(text) <= LONGEST:
        return text
    plain = text.encode(errors="replace")  # half a surrogate pair cannot be written
    if len(plain) <= LONGEST:
        return plain.decode()
    return f"{plain.decode()[:BEGINNING]}…{sha256(plain).hexdigest()[:HASH]}"


def _number(value: Any) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
