"""One column of a model's table: its kind, how its cells are written, what training saw of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Kind = Literal["number", "text", "boolean", "date"]

ONNX_TYPES: Mapping[Kind, str] = {
    "number": "tensor(double)",
    "text": "tensor(string)",
    "boolean": "tensor(bool)",
    "date": "tensor(int64)",
}
"""Type of the graph input that carries a column of each kind, always of shape [N, 1]."""

MISSING: Mapping[Kind, str] = {
    "number": "NaN",
    "text": "empty string",
    "boolean": "not allowed",
    "date": "-9223372036854775808 (NaT)",
}
"""How a missing value of each kind is written in the tensor."""

WORDS = (
    *("NA", "N/A", "n/a", "NaN", "nan", "-NaN", "-nan", "NULL", "null", "None"),
    *("#N/A", "#N/A N/A", "#NA", "<NA>", "1.#IND", "-1.#IND", "1.#QNAN", "-1.#QNAN"),
)
"""What `pandas.read_csv` reads as a missing value, beside the empty cell."""


@dataclass(frozen=True)
class Cells:
    """How the cells of one column are written: one meaning for each, whatever the file.

    Training infers it from the table's cells; every reader of every format follows it. Typed cells
    (a number, a boolean, a date of Parquet, of a workbook or of a frame) need no grammar, except
    in a text column, which says here how they are spelled.

    Attributes:
        missing: words that are a missing value, beside the empty cell. A word that training knew
            as a category is none of them.
        true, false: in a text column, the one spelling of a boolean; empty where it holds none.
        whole: in a text column, whether whole numbers are written as int writes them ("12"), so
            that 12 and 12.0 are "12". False refuses typed numbers: training had codes with
            leading zeros, which a number has lost.
        decimal: the decimal separator of a number.
        thousands: separators between groups of digits, all of which may be left out.
        signs: currency and percent signs that may stand before or behind a number.
        dates: the format of dates, as `strptime` writes it; empty for ISO 8601, which every date
            column takes in any case.
    """

    missing: tuple[str, ...] = WORDS
    true: str = ""
    false: str = ""
    whole: bool = True
    decimal: str = "."
    thousands: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()
    dates: str = ""


@dataclass(frozen=True)
class Known:
    """What training saw of one column, to count what it has never seen.

    Attributes:
        categories: the different texts, sorted; None for other kinds, and where there are more
            than `MOST_CATEGORIES` of them.
        minimum, maximum: of numbers, and of dates in nanoseconds since 1970; None for other kinds.
        missing: whether a value was missing in training.
    """

    categories: tuple[str, ...] | None = None
    minimum: float | int | None = None
    maximum: float | int | None = None
    missing: bool = False


MOST_CATEGORIES = 10_000
"""Beyond so many different texts a column is free text, and each new row is unseen."""


@dataclass(frozen=True)
class Described:
    """A column's entry in the data dictionary: what people and forms are shown of it.

    Attributes:
        missing: share of the training rows without a value.
        categories: how many rows had each text, or `true` and `false`; None for other kinds, and
            for text that may be personal: of more than `MOST_SHOWN` values, or taken word by word.
        minimum, maximum: of numbers, and of dates as ISO 8601 text; None for other kinds.
    """

    missing: float = 0.0
    categories: Mapping[str, int] | None = None
    minimum: float | int | str | None = None
    maximum: float | int | str | None = None


MOST_SHOWN = 100
"""Beyond so many different texts a column may hold personal data, and none of them is shown."""


@dataclass(frozen=True)
class Input:
    """One raw column: its own name, its kind, and the tensor that carries it.

    A date is int64 nanoseconds since 1970-01-01T00:00:00, without time zone.

    Attributes:
        cells: how its cells are written; None in models from before there were rules.
        known: what training saw of it; None in such models.
    """

    name: str
    kind: Kind
    cells: Cells | None = None
    known: Known | None = None

    @property
    def type(self) -> str:
        return ONNX_TYPES[self.kind]

    @property
    def missing(self) -> str:
        return MISSING[self.kind]

    @property
    def is_personal(self) -> bool:
        """Whether it is text of so many different values that these may be personal data."""
        if self.kind != "text" or self.known is None:
            return False
        return self.known.categories is None or len(self.known.categories) > MOST_SHOWN


def is_range(known: Known) -> bool:
    """Whether both of its ends are there, or none."""
    return (known.minimum is None) == (known.maximum is None)


def is_grammar(cells: Cells) -> bool:
    """Whether numbers and dates could be written so."""
    marks = (cells.decimal, *cells.thousands)
    if any(len(mark) != 1 for mark in marks) or len(set(marks)) < len(marks):
        return False
    if any(not mark or re.search("[0-9]", mark) for mark in (*marks, *cells.signs)):
        return False
    if not cells.dates:
        return True
    try:
        datetime.strptime("", cells.dates)
    except ValueError as err:
        return str(err).startswith("time data")
    except re.error:  # a directive twice
        return False
    return False
