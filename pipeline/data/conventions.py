"""Infers how the numbers and dates of a column are written, from all of its cells."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.manifest.columns import Cells
from pipeline.runtime.bulk import read_days, read_numbers
from pipeline.runtime.grammar import APOSTROPHES, NAT, SPACES, parse_number

Decimal = Literal[".", ","]

CODES = (
    *("EUR", "USD", "GBP", "CHF", "JPY", "CNY", "INR", "AUD", "CAD", "SEK", "NOK", "DKK", "PLN"),
    *("CZK", "HUF", "RUB", "BRL", "ZAR", "TRY"),
    *("Euro", "US$", "R$", "A$", "C$", "kr", "zł", "Kč", "Ft", "Rs"),
)
"""Currencies by their letters; those with a sign of their own are known by it."""

_MARKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (".", ()),
    (",", ()),
    (".", (",",)),
    (",", (".",)),
    (".", tuple(APOSTROPHES)),
    (",", tuple(APOSTROPHES)),
    (".", tuple(SPACES)),
    (",", tuple(SPACES)),
)
"""Decimal and thousands separators in use, the plainest first."""
_SIGN = re.compile(rf"[^0-9.,+\-{SPACES}{APOSTROPHES}]+")
_GROUPED = re.compile(r"\s*[+-]?[1-9][0-9]{0,2}(?:\.[0-9]{3})+\s*")
_PLAIN = Cells()

FORMATS = (
    *("", "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"),
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y"),
)
"""Formats of dates that are recognised; the empty one is ISO 8601, whose months have two digits."""
_TWINS = (("%d/%m/%Y", "%m/%d/%Y"), ("%d-%m-%Y", "%m-%d-%Y"))
"""Formats that tell day and month apart by their order alone."""


CODE = re.compile(r"[ \t]*0[0-9]+[ \t]*")
"""A whole number that has lost its sense without its leading zeros."""
INFINITE = re.compile(r"\s*[+-]?inf(?:inity)?\s*", re.IGNORECASE | re.ASCII)


def find_number_formats(texts: Sequence[str], shapes: Sequence[str]) -> tuple[Cells, ...]:
    """Every way in which all texts are numbers, the plainest first; none where they are not.

    Two ways that give the same numbers are one; so more than one is an ambiguity: "1,234".
    Infinity is passed over: it is refused later, with its rows.

    Args:
        texts: the different cells that are filled.
        shapes: theirs; see `pipeline.runtime.bulk`.
    """
    if not texts:
        return ()
    different = set(shapes)
    if infinite := set(filter(INFINITE.fullmatch, different)):
        kept = [pair for pair in zip(texts, shapes, strict=True) if pair[1] not in infinite]
        texts, shapes = zip(*kept, strict=True) if kept else (("0",), ("0",))
        different = set(shapes)
    if all(parse_number(shape, _PLAIN) is not None for shape in different):
        dotted = [shape for shape in different if "." in shape]
        if not dotted or not all(map(_GROUPED.fullmatch, dotted)):
            return (_PLAIN,)
        if not all(_GROUPED.fullmatch(text) for text in texts if "." in text):
            return (_PLAIN,)
    signs = _signs(different)
    if signs is None:
        return ()
    found: dict[bytes, Cells] = {}
    for decimal, thousands in _MARKS:
        cells = Cells(decimal=decimal, thousands=thousands, signs=signs)
        if (values := read_numbers(texts, cells, shapes)) is not None:
            found.setdefault(values.tobytes(), cells)
    return tuple(found.values())


def decide_decimal(ways: Sequence[Cells], texts: Sequence[str]) -> Decimal | None:
    """The decimal separator that a column of numbers decides on; None where it decides nothing.

    Args:
        ways: as `find_number_formats` gave them; `texts`: of those.
    """
    if len(ways) != 1:
        return None
    if ways[0].decimal == ",":
        return ","
    is_marked = ways[0].thousands == (",",) or any("." in text for text in texts)
    return "." if is_marked else None


def find_date_formats(
    texts: Sequence[str], shapes: Sequence[str]
) -> dict[Cells, NDArray[np.int64]]:
    """Every way in which all texts are written as dates, with what they are then; see `read_days`.

    None where a text is no date, or where most are none of the calendar. Where a day beyond 12
    decides between day and month, there is one way; where such days decide for both, two.
    """
    found: dict[Cells, NDArray[np.int64]] = {}
    written: dict[str, NDArray[np.int64]] = {}
    for form in FORMATS if texts else ():
        cells = Cells(dates=form)
        if (values := read_days(texts, cells, shapes)) is None:
            continue
        written[form] = values
        is_new = not any(np.array_equal(values, other) for other in found.values())
        if 2 * _impossible(values) < len(values) and is_new:
            found[cells] = values
        if not form and found:
            break
    for pair in _TWINS:
        if set(pair) <= set(written) and _are_both(*(written[form] for form in pair)):
            likelier = sorted(pair, key=lambda form: _impossible(written[form]))
            return {Cells(dates=form): written[form] for form in likelier}
    fewest = min(map(_impossible, found.values()), default=0)
    return {cells: values for cells, values in found.items() if _impossible(values) == fewest}


def _are_both(one: NDArray[np.int64], other: NDArray[np.int64]) -> bool:
    """Whether some texts are dates by one of two formats alone, and some by the other."""
    return bool((one[other == NAT] != NAT).any() and (other[one == NAT] != NAT).any())


def _impossible(values: NDArray[np.int64]) -> int:
    return int(np.count_nonzero(values == NAT))


def describe_cells(cells: Cells, sample: Sequence[str]) -> str:
    """A grammar of numbers in words, with an example: "a decimal comma and '€'"."""
    parts = ["a decimal comma"] if cells.decimal == "," else []
    if cells.thousands and (used := [s for s in cells.thousands if any(s in t for t in sample)]):
        names = {",": "commas", ".": "points", "'": "apostrophes", "\u2019": "apostrophes"}
        parts.append(f"{names.get(used[0], 'spaces')} between thousands")
    parts += [f"the sign {sign!r}" for sign in cells.signs]
    longest = max(sample, key=len)
    value = parse_number(longest, cells)
    return f"{' and '.join(parts) or 'a decimal point'}: {longest!r} is {value:.15g}"


def format_date_pattern(form: str) -> str:
    """A format of dates as people write it: "DD.MM.YYYY"."""
    names = {"%Y": "YYYY", "%m": "MM", "%d": "DD", "%y": "YY", "%b": "Mon", "%B": "Month"}
    return "".join(names.get(part, part) for part in re.split("(%.)", form)) or "ISO 8601"


def _signs(texts: Collection[str]) -> tuple[str, ...] | None:
    """The one sign beside every number, or none; None if cells disagree or it is no sign."""
    found: tuple[str, ...] | None = None
    for text in texts:
        signs = tuple(_SIGN.findall(text.strip(SPACES + "\t")))
        if found is not None and signs != found:
            return None
        found = signs
    if not found:
        return ()
    is_sign = len(found) == 1 and (
        found[0] in ("%", "\u2030", *CODES)
        or (len(found[0]) == 1 and unicodedata.category(found[0]) == "Sc")
    )
    return found if is_sign else None
